"""`manage.py up` on an empty data folder: it starts everything, keeps it alive, and leaves nothing behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, processes, wait_for
from tests.servers import free_port

pytestmark = [pytest.mark.worker, pytest.mark.slow]

START_SECONDS = 90
SERVICES = ("valkey-server", "MainProcess", "celery beat", "granian")


class Site:
    """A running `manage.py up` and what can be seen of it from outside."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.console = folder / "console"
        self.seen: set[tuple[int, str]] = set()
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("TEST_")}
        for name in ("CELERY_BROKER_URL", "REDIS_URL", "DATABASE_URL", "SECRET_KEY", "FIELD_KEY", "KEY_DIR"):
            inherited.pop(name, None)
        self.environment = {**inherited, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
        self.command = [sys.executable, "manage.py", "up", "--no-demo", "--port", str(port)]
        with self.console.open("ab") as stream:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )

    @property
    def said(self) -> str:
        return self.console.read_text(encoding="utf-8")

    def await_ready(self) -> None:
        wait_for(lambda: "Ctrl-C stops" in self.said or self.process.poll() is not None, "up is ready", START_SECONDS)
        assert self.process.poll() is None, self.said
        wait_for(lambda: all(each in " ".join(self.family().values()) for each in SERVICES), "all services are up")

    def status(self, port: int | None = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        connection.request("GET", "/")
        return connection.getresponse().status

    def family(self) -> dict[int, str]:
        """The supervisor's descendants, by process id, with their command lines; remembered for `left`."""
        parents = {process.id: process.parent for process in processes()}
        found: dict[int, str] = {}
        for process in processes():
            ancestor = process.parent
            while ancestor in parents and ancestor != self.process.pid:
                ancestor = parents[ancestor]
            if ancestor == self.process.pid:
                found[process.id] = process.command
                self.seen.add((process.id, process.started))
        return found

    def left(self) -> list[str]:
        """Those of the processes ever seen that still run."""
        return [process.command for process in processes() if (process.id, process.started) in self.seen]

    def main_process_of(self, part: str) -> int:
        return min(pid for pid, command in self.family().items() if part in command)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def start(port: int) -> Site:
        sites.append(Site(tmp_path, port))
        return sites[-1]

    yield start
    for each in sites:
        each.process.kill()
        each.process.wait()


def test_up_serves_and_ctrl_c_stops_everything(site: Callable[..., Site]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        wanted = taken.getsockname()[1]
        first = site(wanted)
        first.await_ready()
    used = int(first.said.split("is taken; using ")[1].split()[0])
    assert used > wanted
    assert f"http://127.0.0.1:{used}/" in first.said
    assert first.status(used) in {200, 302}

    second = subprocess.run(first.command, cwd=ROOT, env=first.environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"http://127.0.0.1:{used}/" in second.stderr  # it says where the running one is

    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(timeout=30) == 0
    assert first.left() == []


def test_up_restarts_what_dies_and_ends_with_its_supervisor(site: Callable[..., Site]) -> None:
    running = site(free_port())
    running.await_ready()
    before = {name: running.main_process_of(name) for name in ("valkey-server", "MainProcess", "granian")}
    for process_id in before.values():
        os.kill(process_id, signal.SIGKILL)
    wait_for(lambda: running.said.count("starting it again") == len(before), "their deaths are noticed")

    def all_back() -> bool:
        family = running.family()
        return not set(before.values()) & set(family) and all(
            any(name in command for command in family.values()) for name in before
        )

    wait_for(all_back, "all are back")

    def answers() -> bool:
        try:
            return running.status() in {200, 302}
        except OSError:
            return False

    wait_for(answers, "the site answers again")
    running.process.kill()
    running.process.wait()
    wait_for(lambda: running.left() == [], "everything ends with the supervisor", 20)
