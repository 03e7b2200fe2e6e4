"""Fixtures of every test: browser pages, a real Celery worker, throw-away servers.

`make test` starts the servers once and names them in ``TEST_DATABASE_URL`` and ``TEST_REDIS_URL``. Run alone, pytest
uses SQLite, and a Redis of its own for the tests marked `worker`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.db.backends.sqlite3.base import DatabaseOperations
from django.test import Client, SimpleTestCase
from django.utils import translation

from config.catalogues import compile_stale
from tests import reporting, servers
from tests.processes import CeleryProcess, database_url
from tests.watching import PageMaker, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Playwright's synchronous interface runs an event loop in this thread; Django would refuse the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# LibreOffice and Chromium name files by it: under "C" a Chinese name becomes question marks.
os.environ["LC_ALL"] = "C.UTF-8"

ROOT = Path(__file__).resolve().parent.parent


def _flush_past_triggers() -> None:
    """Let Django empty SQLite's tables after a transactional test although the audit log refuses deletion.

    PostgreSQL empties with TRUNCATE, which row triggers do not see.
    """
    flush = DatabaseOperations.sql_flush

    def flush_without_triggers(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drops = [f'DROP TRIGGER "{name}"' for name, _sql in triggers]
        return [*drops, *flush(self, *args, **kwargs), *(sql for _name, sql in triggers)]

    DatabaseOperations.sql_flush = flush_without_triggers  # type: ignore[method-assign]


def pytest_configure(config: pytest.Config) -> None:
    _flush_past_triggers()
    reporting.register(config)
    if not hasattr(config, "workerinput"):  # once, not in every process of xdist
        compile_stale(sorted(ROOT.glob("*/locale")))


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = Path(django_settings.DATA_DIR)
    if not hasattr(config, "workerinput") and folder.name.startswith("pingyi-test-"):  # made by config.settings.test
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("TEST_ONLY_DATABASE"):  # the second pass: what never asks the database has had its turn
        idle = [item for item in items if not _uses_database(item)]
        items[:] = [item for item in items if _uses_database(item)]
        config.hook.pytest_deselected(items=idle)
    if "postgresql" in django_settings.DATABASES["default"]["ENGINE"]:
        return
    needs_postgres = pytest.mark.skip(reason="needs PostgreSQL as the database; `make test` runs it there")
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(needs_postgres)


def _uses_database(item: pytest.Item) -> bool:
    """True if pytest-django lets the test reach the database (to all others it refuses it)."""
    if item.get_closest_marker("django_db") or issubclass(getattr(item, "cls", None) or object, SimpleTestCase):
        return True
    return bool({"db", "transactional_db", "django_db_setup", "live_server"} & set(getattr(item, "fixturenames", ())))


@pytest.fixture(autouse=True)
def _language_of_the_site() -> Iterator[None]:
    """A request leaves its language behind in the thread; the next test starts in the site's own again."""
    yield
    translation.deactivate()


# -- servers and processes ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an empty database on a throw-away PostgreSQL server, for tests that want one beside the default."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if url.startswith("postgres"):
        yield url
        return
    with servers.postgres() as server:
        yield server.url()


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> Iterator[str]:
    """The URL of a throw-away Redis; each process of xdist has a database number of its own."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    named = os.environ.get("TEST_REDIS_URL")
    if named:
        yield f"{named.rpartition('/')[0]}/{number}"
        return
    with servers.redis_server() as base:
        yield f"{base}/{number}"


@pytest.fixture
def real_broker(redis_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Celery of this process sends to an emptied Redis instead of running tasks on the spot; yields its URL."""
    import redis

    from config.celery import app

    # Before the settings change: Celery reads them at the first look at its configuration, which may be this one.
    eager = app.conf.task_always_eager

    def forget_connections() -> None:
        app._pool = None  # kombu keeps one pool for each broker; the next use looks it up by the URL then in force
        app.amqp._producer_pool = None

    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    monkeypatch.setenv("CELERY_BROKER_URL", redis_url)  # Celery reads it before any setting
    settings.CELERY_TASK_ALWAYS_EAGER = False
    app.conf.task_always_eager = False
    forget_connections()
    yield redis_url
    app.conf.task_always_eager = eager
    forget_connections()


@pytest.fixture
def start_celery(real_broker: str, transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., CeleryProcess]]:
    """Starts real Celery processes on the test database: ``start_celery("worker")``, ``start_celery("beat")``.

    ``include`` names a module with jobs for this test alone.
    """
    running: list[CeleryProcess] = []

    def start(kind: str = "worker", *, concurrency: int = 1, include: str = "") -> CeleryProcess:
        log = tmp_path / f"{kind}-{len(running)}.log"
        environment = {
            "CELERY_BROKER_URL": real_broker,
            "TEST_REDIS_URL": real_broker,
            "TEST_DATABASE_URL": database_url(),
            "TEST_CELERY_EAGER": "0",
            "DATA_DIR": str(django_settings.DATA_DIR),
        }
        process = CeleryProcess(kind, environment, log, concurrency, include)
        running.append(process)
        process.start()
        return process

    yield start
    for process in running:
        process.kill()


@pytest.fixture
def celery_worker_process(start_celery: Callable[..., CeleryProcess]) -> CeleryProcess:
    """A real worker over real Redis on the test database; ``kill()`` is kill -9 of it and its pool."""
    return start_celery("worker")


@pytest.fixture
def celery_beat_process(start_celery: Callable[..., CeleryProcess]) -> CeleryProcess:
    """A real beat, which sends the scheduled tasks (the sweeper above all)."""
    return start_celery("beat")


# -- browser -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def live(live_server: Any) -> Any:
    """The site on a loopback port over the test database (transactional); ``live.url``."""
    return live_server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; one per process."""
    yield from chromium()


@pytest.fixture(scope="session", autouse=True)
def _loop_before_database(request: pytest.FixtureRequest) -> None:
    """Start the browser before any database connection, if the run has tests for it.

    From then on an event loop runs in this thread, and Django keeps connections by its context. A connection opened
    before stays behind in the middle of a test's transaction, and holds its locks against every later test.
    """
    if any(item.get_closest_marker("browser") for item in request.session.items):
        request.getfixturevalue("browser")


@pytest.fixture
def open_page(browser: Browser, live: Any) -> Iterator[Callable[..., Page]]:
    """Makes pages, each in a browser session of its own; the test fails on any script error or foreign request.

    ``open_page(width=390, height=844, language="en", javascript=False)``; the defaults are a Chinese desktop.
    """
    maker = PageMaker(browser, live.url)
    try:
        yield maker
    finally:
        problems = maker.close()
    assert not problems, "the browser complained:\n" + "\n".join(problems)


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """One page of a Chinese desktop browser; ``page.goto("/…")`` takes paths of the live site."""
    return open_page()


@pytest.fixture
def sign_in(live: Any) -> Callable[[Page, Any], None]:
    """``sign_in(page, user)``: the page's browser session is logged in without the login form."""

    def sign(page: Page, user: Any) -> None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live.url}])

    return sign
