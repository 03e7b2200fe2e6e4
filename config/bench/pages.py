"""Pages through the whole stack: a real server process, real sessions, one connection kept open."""

from __future__ import annotations

import gzip
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from config import demo_hints
from config.bench.measure import Line, percentile

TRIVIAL = "/b/"
_TIMES = 120


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving() -> Iterator[int]:
    """The site as `manage.py up` serves it, one worker process; yields the port."""
    port = _free_port()
    command = [sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    with subprocess.Popen(  # noqa: S603
        [*command, "--log-level", "error"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for _attempt in range(200):
                try:
                    _fetch(http.client.HTTPConnection("127.0.0.1", port, timeout=5), TRIVIAL, "")
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def _fetch(link: http.client.HTTPConnection, path: str, cookie: str) -> tuple[int, bytes]:
    headers = {"Host": "127.0.0.1", "Accept-Encoding": "gzip"} | ({"Cookie": cookie} if cookie else {})
    link.request("GET", path, headers=headers)
    response = link.getresponse()
    return response.status, response.read()


def times(port: int, path: str, cookie: str) -> list[float]:
    """Milliseconds of each of some requests, one after the other."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    taken = []
    for number in range(_TIMES + 10):
        start = time.perf_counter()
        status, _body = _fetch(link, path, cookie)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        if number >= 10:
            taken.append((time.perf_counter() - start) * 1000)
    return taken


def session_of(username: str) -> str:
    user = User.objects.get(username=username)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


def _queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


def measure() -> Iterator[Line]:
    """Dashboards and the ballot page against a trivial page of the same site."""
    leader = Client(headers={"host": "127.0.0.1"})
    leader.force_login(User.objects.get(username="lingdao"), backend="django.contrib.auth.backends.ModelBackend")
    pages = {
        "leaders' first page": "/",
        "ranking": "/results/2007/",
        "department": "/results/departments/D39/",
        "trend": "/results/trend/",
    }
    with serving() as port:
        trivial = percentile(times(port, TRIVIAL, ""), 0.95)
        cookie = session_of("lingdao")
        for name, path in pages.items():
            taken = percentile(times(port, path, cookie), 0.95)
            yield Line(f"{name}, p95", taken, "ms", trivial, "trivial page p95", 20)
            yield Line(f"{name}, queries", _queries(leader, path), "queries", aim=12)
        yield from _ballot(port)


def _ballot(port: int) -> Iterator[Line]:
    """The first page of departments of a ballot, as an evaluator gets it."""
    client = Client(headers={"host": "127.0.0.1"})
    code = demo_hints.ballot_codes(1)[0]
    client.get(f"/b/{code}", follow=True)
    client.post("/b/ballot/start/", follow=True)
    path = "/b/ballot/1/"
    body = client.get(path).content
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    rate = 1000 / percentile(times(port, path, cookie), 0.5)
    trivial = 1000 / percentile(times(port, TRIVIAL, ""), 0.5)
    yield Line("ballot page, rate", rate, "/s", trivial, "trivial page", 0.1, at_least=True)
    yield Line("ballot page, compressed", len(gzip.compress(body)) / 1000, "kB", aim=100)
    yield Line("ballot page, queries", _queries(client, path), "queries", aim=8)
