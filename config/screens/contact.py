"""Taking the pictures: a server process on a loopback port, headless Chromium, two widths, one contact sheet."""

from __future__ import annotations

import html
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from config import demo_hints
from config.bench.imports import write_registry
from config.screens.addresses import Address, addresses
from evaluation.models import Round
from evaluators.models import Evaluator
from evaluators.services import bulk_status, confirmation, merging, retention
from foundation import files, jobs
from foundation.import_jobs import UPLOAD_KIND

WIDTHS = (390, 1440)
_POST_ONLY = "answers only a POST"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
#: The ten that matter, for the README: URL name → width.
IN_DOCS = {
    "home": 1440, "portal:ranking": 1440, "portal:department": 1440, "evaluation:round-detail": 1440,
    "evaluation:section-edit": 1440, "evaluation:draw-detail": 1440, "foundation:import-preview": 1440,
    "ballot:intro": 390, "ballot:page": 390, "ballot:receipt": 390,
}  # fmt: skip


@contextmanager
def _server() -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    with subprocess.Popen(command, env={**os.environ}, cwd=settings.BASE_DIR) as process:  # noqa: S603
        try:
            address = f"http://127.0.0.1:{port}"
            for _attempt in range(300):
                try:
                    with urllib.request.urlopen(f"{address}/b/", timeout=5):  # noqa: S310 -- loopback
                        break
                except urllib.error.HTTPError:
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def _session(username: str) -> str:
    user = User.objects.get(username=username)
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def prepare(folder: Path) -> None:
    """Something to see on the pages of imports and jobs: a registry checked and stored by the staff login."""
    user = User.objects.get(username="gongwei")
    path = folder / "registry.xlsx"
    folder.mkdir(parents=True, exist_ok=True)
    write_registry(path, rows=1_200)
    stored = files.store(
        path.read_bytes(), kind=UPLOAD_KIND, name="评议人名册.xlsx", content_type=files.XLSX,
        permission="registry.edit", user=user, encrypted=True,
    )  # fmt: skip
    path.unlink()
    params: dict[str, Any] = {"kind": "evaluators", "file": str(stored.pk), "options": {}, "user_id": user.pk}
    jobs.enqueue("foundation.import_preview", params=params, user=user, permission="registry.edit")
    jobs.enqueue(
        "foundation.import_apply",
        params={**params, "skip_problem_rows": True},
        user=user,
        permission="registry.edit",
    )
    _duplicates(user)
    somebody = Evaluator.objects.order_by("-code").values_list("code", flat=True)[0]
    unit = Evaluator.objects.exclude(unit=None).order_by("code")[0].unit
    confirmation.make_sheets(actor=user, year=timezone.localdate().year, unit=unit, progress=jobs.SilentProgress())
    bulk_status.prepare(actor=user, status="moved", reason="示范", selection={"codes": [somebody, "X1"]})
    retention.set_policy(actor=user, years=5, grace_days=30, reason="示范")
    long_ago = timezone.now() - timedelta(days=2_500)
    gone = Evaluator.objects.filter(places=None).order_by("-code")[1:3]
    Evaluator.objects.filter(pk__in=[row.pk for row in gone]).update(status="moved", created_at=long_ago)
    retention.announce(actor=user, progress=jobs.SilentProgress())
    retention.hold(actor=user, evaluator=gone[0], reason="示范")


def _duplicates(user: User) -> None:
    """Two people who stand in the register twice: one pair to decide, one merged."""
    first, second, third = Evaluator.objects.filter(places=None).exclude(unit=None).order_by("code")[:3]
    Evaluator.objects.filter(pk__in=[second.pk, third.pk]).update(name=first.name, unit=first.unit)
    merging.merge(actor=user, survivor=first, other=third)
    merging.refresh_suggestions(actor=user, progress=jobs.SilentProgress())


def take(*, out: Path, only: str, language: str, docs: Path | None, tell: Callable[[str], object]) -> list[str]:
    """Take all pictures into ``out`` with an index.html; returns the names that got none."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    prepare(out)
    wanted, missing = addresses()
    wanted = [entry for entry in wanted if only in entry.name]
    missing = [name for name in missing if only in name]
    taken: list[tuple[Address, int, str]] = []
    with _server() as site, sync_playwright() as playwright:
        program = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for width in WIDTHS:
            visitors: dict[str, Any] = {}
            for entry in wanted:
                visitor = visitors.get(entry.username)
                if visitor is None:
                    visitor = visitors[entry.username] = _visitor(browser, site, entry.username, width, language)
                problem = _picture(visitor, site, entry, width, out)
                if problem == _POST_ONLY:
                    continue
                if problem:
                    missing.append(f"{entry.name} ({problem})")
                    tell(f"{entry.name} {width}: {problem}")
                    continue
                taken.append((entry, width, _file(entry, width)))
        browser.close()
    _contact_sheet(out, taken)
    if docs is not None:
        docs.mkdir(parents=True, exist_ok=True)
        for entry, width, name in taken:
            if IN_DOCS.get(entry.name) == width:
                shutil.copy(out / name, docs / f"{entry.name.replace(':', '-')}.png")
    tell(f"{len(taken)} pictures in {out}; contact sheet {out / 'index.html'}")
    return missing


def _visitor(browser: Any, site: str, username: str, width: int, language: str) -> Any:
    """A page in a browser session of its own: logged in, or an evaluator with an open ballot."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    cookies = [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": site}]
    if username:
        cookies.append({"name": settings.SESSION_COOKIE_NAME, "value": _session(username), "url": site})
    context.add_cookies(cookies)
    page = context.new_page()
    if not username:
        position = WIDTHS.index(width)
        page.goto(f"{site}/b/{demo_hints.ballot_codes(2)[position]}")
        page.locator("form[action$='start/'] button[type=submit]").first.click()
        page.wait_for_load_state()
    return page


def _file(entry: Address, width: int) -> str:
    return f"{entry.name.replace(':', '_')}-{width}.png"


def _picture(page: Any, site: str, entry: Address, width: int, out: Path) -> str:
    """Look at a page; returns what is wrong with it, "" if nothing."""
    if entry.name == "ballot:receipt":
        page.goto(site + reverse("ballot:review"))
        page.locator("[form=submit-form], #submit-form button[type=submit]").first.click()
        page.wait_for_load_state()
        status = 200
    else:
        probe = page.context.request.get(site + entry.path, max_redirects=0)
        if probe.status == 405:
            return _POST_ONLY
        response = page.goto(site + entry.path)
        status = response.status if response else 0
    page.wait_for_timeout(350)
    page.screenshot(path=out / _file(entry, width), full_page=True)
    if status >= 500 or status in (403, 404):
        return f"answered {status}"
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return f"scrolls {overflow} px sideways" if overflow > 1 else ""


def _contact_sheet(out: Path, taken: list[tuple[Address, int, str]]) -> None:
    figures = "\n".join(
        f'<figure><a href="{html.escape(name)}"><img src="{html.escape(name)}" width="{160 if width < 500 else 420}" '
        f'loading="lazy" alt=""></a><figcaption>{html.escape(entry.name)} · {width}</figcaption></figure>'
        for entry, width, name in taken
    )
    rounds = ", ".join(map(str, Round.objects.values_list("year", flat=True)))
    (out / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Pages</title><h1>Pages</h1><p>Rounds {rounds}.</p>"
        "<style>figure{display:inline-block;vertical-align:top;margin:8px}img{border:1px solid #ccc}</style>" + figures,
        encoding="utf-8",
    )
