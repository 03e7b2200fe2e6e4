"""Keeping a handful of processes alive: start, watch, restart with back-off, show their logs, stop them all.

One thread, no pipes: each process writes its own log file, which the supervisor follows, so that neither a blocked
console nor the supervisor's own end can stall the web server. Linux only (process groups and ``PR_SET_PDEATHSIG``).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
STEADY_SECONDS = 60.0  # a process that lived so long starts again without waiting
LOG_LIMIT_BYTES = 10 * 1024 * 1024
TICK_SECONDS = 0.2


def leashed(death_signal: int) -> Callable[[], None]:
    """What a new process does between fork and exec: ask the kernel for `death_signal` when its parent dies.

    Call it in the parent, pass the result as `preexec_fn`. The parent must be the main thread (the kernel means the
    thread that forked) and must not change credentials afterwards.
    """
    parent = os.getpid()

    def leash() -> None:
        # A shell starts what it puts into the background deaf to Ctrl-C's signal, and children inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), signal.SIGKILL)

    return leash


def group_alive(group: int) -> bool:
    """True while any process of the group is there (a zombie counts until its parent has reaped it)."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def signal_group(group: int, number: int) -> None:
    """Signal every process of a group; one that is gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@dataclass
class Service:
    """A process to keep alive.

    Attributes:
        name: the console prefix and the log file's stem.
        command: argv.
        stop_signals: sent one after the other, each given `patience` seconds, before SIGKILL to the whole group.
        death_signal: what the kernel sends it when the supervisor is killed.
        rank: services are stopped from the highest rank down (a broker goes last).
        unshown: log lines with any of these stay in the log file; they would only worry whoever watches the console.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signals: tuple[int, ...] = (signal.SIGTERM,)
    death_signal: int = signal.SIGTERM
    patience: float = 8.0
    rank: int = 1
    unshown: tuple[str, ...] = ()

    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    next_start: float = 0.0


class LogFollower:
    """Shows what is appended to a log file, line by line, behind a prefix."""

    def __init__(self, path: Path, prefix: str, out: IO[str], unshown: tuple[str, ...] = ()) -> None:
        self.path = path
        self.unshown = unshown
        self.prefix = prefix
        self.out = out
        self.position = path.stat().st_size if path.exists() else 0
        self.rest = b""

    def show_new(self) -> None:
        try:
            with self.path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                if size < self.position:  # emptied
                    self.position = 0
                stream.seek(self.position)
                chunk = stream.read(256 * 1024)
        except FileNotFoundError:
            return
        self.position += len(chunk)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            if text and not any(part in text for part in self.unshown):
                self.out.write(f"{self.prefix} | {text}\n")
        if lines:
            self.out.flush()

    def trim(self) -> None:
        """Move a log that has grown too large aside and empty it; its writer appends, so it goes on at the start."""
        if self.path.exists() and self.path.stat().st_size > LOG_LIMIT_BYTES:
            old = self.path.with_suffix(".old.log")
            old.write_bytes(self.path.read_bytes())
            os.truncate(self.path, 0)
            self.position, self.rest = 0, b""


class Supervisor:
    """Runs services until SIGINT or SIGTERM, then stops them, and everything they started, in order of rank."""

    def __init__(self, log_folder: Path, folder: Path, out: IO[str] | None = None) -> None:
        self.log_folder = log_folder
        self.folder = folder  # the services' working folder
        self.log_folder.mkdir(parents=True, exist_ok=True)
        self.out = out if out is not None else sys.stdout
        self.services: list[Service] = []
        self.followers: dict[str, LogFollower] = {}
        self.asked_to_stop = 0

    def say(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Within this block SIGINT and SIGTERM ask for a stop instead of interrupting whatever runs."""

        def ask(_number: int, _frame: FrameType | None) -> None:
            self.asked_to_stop += 1

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, ask) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def add(self, service: Service) -> Service:
        """Take a service into care and start it."""
        self.services.append(service)
        width = max(6, *(len(each.name) for each in self.services))
        path = self.log_folder / f"{service.name}.log"
        follower = LogFollower(path, service.name.ljust(width), self.out, service.unshown)
        follower.trim()
        self.followers[service.name] = follower
        self._start(service)
        return service

    def _start(self, service: Service) -> None:
        with (self.log_folder / f"{service.name}.log").open("ab") as log:
            service.process = subprocess.Popen(
                list(service.command),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **service.environment},
                start_new_session=True,  # a group of its own: the terminal's Ctrl-C reaches only the supervisor
                preexec_fn=leashed(service.death_signal),
            )
        service.started_at = time.monotonic()

    def tick(self) -> None:
        """Show new log lines; start again what has died, later and later if it keeps dying."""
        for follower in self.followers.values():
            follower.show_new()
        now = time.monotonic()
        for service in self.services:
            if service.process is None:
                if now >= service.next_start:
                    self._start(service)
                continue
            code = service.process.poll()
            if code is None:
                continue
            signal_group(service.process.pid, signal.SIGKILL)  # what it left behind would work beside its successor
            service.process = None
            service.failures = 0 if now - service.started_at > STEADY_SECONDS else service.failures + 1
            wait = BACK_OFF_SECONDS[min(service.failures, len(BACK_OFF_SECONDS)) - 1] if service.failures else 0.0
            service.next_start = now + wait
            self.say(f"{service.name} ended ({describe_exit(code)}); starting it again in {wait:g} s")

    def run_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Keep watching until `condition` holds; False after `timeout` seconds or when asked to stop."""
        limit = time.monotonic() + timeout
        while not self.asked_to_stop and time.monotonic() < limit:
            self.tick()
            if condition():
                return True
            time.sleep(TICK_SECONDS / 2)
        return False

    def run(self) -> None:
        """Watch until asked to stop."""
        next_trim = time.monotonic() + 60
        while not self.asked_to_stop:
            self.tick()
            if time.monotonic() > next_trim:
                next_trim = time.monotonic() + 60
                for follower in self.followers.values():
                    follower.trim()
            time.sleep(TICK_SECONDS)

    def stop(self) -> None:
        """Stop all services with everything they started; a second Ctrl-C stops waiting for them."""
        for rank in sorted({service.rank for service in self.services}, reverse=True):
            self._stop_together([service for service in self.services if service.rank == rank])
            for follower in self.followers.values():
                follower.show_new()

    def _stop_together(self, services: list[Service]) -> None:
        running = [service for service in services if service.process is not None]
        asked_before = self.asked_to_stop
        steps = max((len(service.stop_signals) for service in running), default=0)
        for step in range(steps):
            waiting = [service for service in running if _alive(service)]
            for service in waiting:
                if step < len(service.stop_signals) and service.process is not None:
                    # To the process alone: it stops its own children in its own order.
                    with contextlib.suppress(ProcessLookupError):
                        service.process.send_signal(service.stop_signals[step])
            limit = time.monotonic() + max((service.patience for service in waiting), default=0)
            while any(map(_alive, waiting)) and time.monotonic() < limit and self.asked_to_stop == asked_before:
                for follower in self.followers.values():
                    follower.show_new()
                time.sleep(0.05)
        for service in running:
            if service.process is None:
                continue
            if _alive(service):
                self.say(f"{service.name} did not stop in time and is killed")
            signal_group(service.process.pid, signal.SIGKILL)
            service.process.wait()
            service.process = None


def _alive(service: Service) -> bool:
    return service.process is not None and service.process.poll() is None


def describe_exit(code: int) -> str:
    """An exit code in words: "exit 1", "signal SIGKILL"."""
    if code >= 0:
        return f"exit {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def run_step(command: Sequence[str], *, folder: Path, stop: Callable[[], bool]) -> int:
    """Run one command to its end, its output on our console; its exit code.

    It is ended when `stop` says so, or when this process is killed.
    """
    process = subprocess.Popen(
        list(command),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches only the supervisor, which then ends it in order
        preexec_fn=leashed(signal.SIGTERM),
    )
    asked = False
    give_up = 0.0
    while True:
        try:
            return process.wait(timeout=TICK_SECONDS)
        except subprocess.TimeoutExpired:
            if stop() and not asked:
                asked, give_up = True, time.monotonic() + 10
                process.terminate()
            elif asked and time.monotonic() > give_up:
                signal_group(process.pid, signal.SIGKILL)
