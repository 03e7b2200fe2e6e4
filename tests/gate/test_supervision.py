"""The supervisor's parts: back-off, stopping in order, logs, ports, the lock of a data folder, a broker's memory."""

from __future__ import annotations

import io
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import embedded
from config.supervision import (
    LOG_LIMIT_BYTES,
    LogFollower,
    Service,
    Supervisor,
    describe_exit,
    group_alive,
    run_step,
)
from tests.processes import wait_for
from tests.servers import free_port


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    return Supervisor(tmp_path / "logs", tmp_path, io.StringIO())


def _python(name: str, program: str, **options: object) -> Service:
    return Service(name, [sys.executable, "-u", "-c", program], **options)  # type: ignore[arg-type]


def _console(supervisor: Supervisor) -> str:
    assert isinstance(supervisor.out, io.StringIO)
    return supervisor.out.getvalue()


def test_what_keeps_dying_is_started_later_and_later(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.supervision.BACK_OFF_SECONDS", (0.01, 0.02, 0.05))
    supervisor.add(_python("dies", "raise SystemExit(3)"))
    supervisor.run_until(lambda: _console(supervisor).count("ended") == 5, timeout=30)
    waits = [line.rpartition(" in ")[2] for line in _console(supervisor).splitlines()]
    assert waits == ["0.01 s", "0.02 s", "0.05 s", "0.05 s", "0.05 s"]  # the last step stays
    assert "dies ended (exit 3)" in _console(supervisor)
    supervisor.stop()


def test_children_of_a_dead_service_do_not_work_on(supervisor: Supervisor) -> None:
    program = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); sys.exit(1)"
    )
    service = supervisor.add(_python("parent", program))
    assert service.process is not None
    group = service.process.pid
    supervisor.run_until(lambda: "ended" in _console(supervisor), timeout=30)
    wait_for(lambda: not group_alive(group), "the group is gone", 10)
    supervisor.stop()


def test_stopping_goes_from_the_highest_rank_down(supervisor: Supervisor) -> None:
    on_term = "signal.signal(15, lambda *_: sys.exit(print('bye', flush=True)))"
    program = f"import signal, sys; {on_term}; print('up'); signal.pause()"
    for name, rank in (("broker", 0), ("worker", 1), ("web", 2)):
        supervisor.add(_python(name, program, rank=rank))
    supervisor.run_until(lambda: _console(supervisor).count("| up") == 3, timeout=30)
    supervisor.stop()
    farewells = [line.split()[0] for line in _console(supervisor).splitlines() if line.endswith("bye")]
    assert farewells == ["web", "worker", "broker"]


def test_what_does_not_listen_is_asked_otherwise_and_then_killed(supervisor: Supervisor) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    second = _python("second", deaf, stop_signals=(signal.SIGTERM, signal.SIGINT), patience=1.5)
    third = _python("third", deaf, patience=0.3)
    for service in (second, third):
        supervisor.add(service)
    supervisor.run_until(lambda: _console(supervisor).count("| up") == 2, timeout=30)
    started = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - started < 20  # a busy machine takes a while to end an interpreter
    assert "third did not stop in time" in _console(supervisor)
    assert "second did not stop" not in _console(supervisor)  # the second signal was enough


def test_log_is_shown_with_prefix_and_without_what_worries_nobody(tmp_path: Path) -> None:
    path, out = tmp_path / "web.log", io.StringIO()
    path.write_text("from an earlier start\n")
    follower = LogFollower(path, "web", out, unshown=("overcommit",))
    with path.open("a") as stream:
        stream.write("one\nMemory overcommit …\nhalf a li")
        stream.flush()
        follower.show_new()
        stream.write("ne\n")
        stream.flush()
        follower.show_new()
    assert out.getvalue() == "web | one\nweb | half a line\n"


def test_a_log_too_large_is_set_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    path, out = tmp_path / "web.log", io.StringIO()
    with path.open("a") as stream:
        stream.write("x" * (LOG_LIMIT_BYTES + 1) + "\n")
        stream.flush()
        follower = LogFollower(path, "web", out)
        follower.trim()
        stream.write("after\n")
        stream.flush()
        follower.show_new()
    assert path.read_text() == "after\n"
    assert (tmp_path / "web.old.log").stat().st_size > LOG_LIMIT_BYTES
    assert out.getvalue() == "web | after\n"


def test_a_step_ends_when_asked(tmp_path: Path) -> None:
    assert run_step([sys.executable, "-c", "raise SystemExit(7)"], folder=tmp_path, stop=lambda: False) == 7
    started = time.monotonic()
    code = run_step([sys.executable, "-c", "import time; time.sleep(60)"], folder=tmp_path, stop=lambda: True)
    assert code == -signal.SIGTERM
    assert time.monotonic() - started < 15


def test_exits_in_words() -> None:
    assert [describe_exit(code) for code in (0, 2, -9)] == ["exit 0", "exit 2", "signal SIGKILL"]


def test_the_next_free_port_is_found() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port = taken.getsockname()[1]
        assert not embedded.is_free("127.0.0.1", port)
        assert embedded.free_port("127.0.0.1", port) > port
        with pytest.raises(OSError, match="no free port"):
            embedded.free_port("127.0.0.1", port, tries=1)


def test_one_supervisor_for_a_data_folder(tmp_path: Path) -> None:
    with embedded.lock_data_folder(tmp_path) as lock:
        embedded.note_holder(lock, "http://127.0.0.1:8000/")
        with pytest.raises(embedded.AlreadyRunningError, match="127.0.0.1:8000"):
            embedded.lock_data_folder(tmp_path)
    with embedded.lock_data_folder(tmp_path) as lock:
        assert embedded.was_killed(lock)  # nobody signed off
        embedded.note_holder(lock, "")
    with embedded.lock_data_folder(tmp_path) as lock:
        assert not embedded.was_killed(lock)


def test_bundled_broker_keeps_its_queue_and_lets_no_stranger_in(supervisor: Supervisor, tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "broker"  # a space in the path, as on many desktops
    broker = embedded.Broker.prepare(folder)
    supervisor.add(broker.service())
    assert supervisor.run_until(broker.answers, timeout=30)
    with redis.Redis.from_url(broker.url) as client:
        client.lpush("celery", "a job")
    once = Retry(NoBackoff(), 0)
    with redis.Redis("127.0.0.1", broker.port, retry=once) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.lrange("celery", 0, -1)
    assert (folder / "valkey.conf").stat().st_mode & 0o077 == 0
    supervisor.stop()

    again = embedded.Broker.prepare(folder)
    assert again == broker  # same port, same password
    second = Supervisor(tmp_path / "logs", tmp_path, io.StringIO())
    second.add(again.service())
    assert second.run_until(again.answers, timeout=30)
    with redis.Redis.from_url(again.url) as client:
        assert client.lrange("celery", 0, -1) == [b"a job"]
    second.stop()
