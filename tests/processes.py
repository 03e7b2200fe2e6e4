"""Real Celery processes for tests, in process groups of their own, so that a test can kill -9 them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from django.db import connection

from config.supervision import leashed, signal_group

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


class Process(NamedTuple):
    """A process of this machine, as /proc tells."""

    id: int
    parent: int
    started: str
    command: str


def processes() -> list[Process]:
    """Every process that runs (one that has ended and waits for its parent does not)."""
    found: list[Process] = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, parent, *rest = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found.append(Process(int(folder.name), int(parent), rest[17], command))
    return found


def database_url() -> str:
    """The running test database in the form of `DATABASE_URL`, for processes beside the tests."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgresql://{quote(values['USER'])}@/{values['NAME']}?host={quote(values['HOST'])}&port={values['PORT']}"


def wait_for(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Wait until `condition` holds.

    Raises:
        AssertionError: it does not within `seconds`.
    """
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"{what}: not within {seconds:g} s"
        time.sleep(0.05)


class CeleryProcess:
    """A `celery worker` or `celery beat` as the site runs it.

    Attributes:
        process_id: of the main process; the pool's processes are in the same group.
    """

    def __init__(
        self, kind: str, environment: Mapping[str, str], log: Path, concurrency: int = 1, include: str = ""
    ) -> None:
        self.kind = kind
        self.log = log
        self._environment = {**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        self._process: subprocess.Popen[bytes] | None = None
        self._command = [sys.executable, "-m", "celery", "-A", "config.celery", kind, "--loglevel", "info"]
        if kind == "worker":
            self._command += ["--concurrency", str(concurrency), "--without-gossip", "--without-mingle"]
            if include:
                self._command += ["--include", include]
            self._ready = b" ready."
        else:
            self._command += ["--pidfile="]
            self._ready = b"beat: Starting..."

    @property
    def process_id(self) -> int:
        assert self._process is not None, f"{self.kind} has not been started"
        return self._process.pid

    def start(self) -> None:
        """Start it (again) and wait until it works."""
        position = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as stream:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=leashed(signal.SIGKILL),
            )
        process = self._process
        wait_for(
            lambda: process.poll() is not None or self._ready in self.log.read_bytes()[position:],
            f"celery {self.kind} is ready",
            START_SECONDS,
        )
        assert process.poll() is None, f"celery {self.kind} ended:\n{self.output[-3000:]}"

    def kill(self) -> None:
        """kill -9 of the process and of everything in its group; harmless when it is gone."""
        if self._process is not None:
            signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @property
    def output(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")
