"""The whole suite on PostgreSQL with Redis, worker and browser, then on SQLite all that uses the database; `make test`.

Extra arguments go to pytest in both passes. Exit code 0 only if both passes ran tests and all of them passed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from config.catalogues import compile_stale
from config.supervision import leashed
from tests.processes import processes
from tests.reporting import STACKS
from tests.servers import ServerError, both

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL, SQLITE = "PostgreSQL, Redis, worker, browser", "SQLite: what uses the database"
# The browser and the worker are tried on PostgreSQL, except for the stories that must also hold on the embedded set-up.
ONLY_SQLITE_STORIES = "((not browser and not worker) or sqlite_story) and not postgres"
SETTINGS = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}  # an inherited one would win over pyproject.toml
NO_TESTS = 5
LIMIT_SECONDS = 15 * 60  # for one pass; a single test has pytest-timeout's limit (pyproject.toml)


def _pytest(title: str, environment: dict[str, str], arguments: list[str]) -> tuple[int, str]:
    """One pass: pytest's exit code, and what went wrong in words (empty if nothing did)."""
    with tempfile.TemporaryDirectory(prefix="pingyi-report-") as report:
        code = _run(title, {**environment, "TEST_REPORT": report}, arguments)
        if code in {0, NO_TESTS}:
            return code, ""
        texts = [f"{path.name}:\n{text}" for path in sorted(Path(report).iterdir()) if (text := path.read_text())]
        return code, "\n".join([f"\n== {title}: exit {code}", *texts])


def _run(title: str, environment: dict[str, str], arguments: list[str]) -> int:
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    processes = os.environ.get("TEST_PROCESSES", "2")
    command = [sys.executable, "-m", "pytest", "-n", processes, "--dist", "worksteal", "--durations", "8"]
    with subprocess.Popen(
        [*command, *arguments],
        env={**os.environ, **environment, **SETTINGS},
        stdin=subprocess.DEVNULL,
        preexec_fn=leashed(signal.SIGTERM),
    ) as process:
        try:
            code = process.wait(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"== {title}: still at it after {LIMIT_SECONDS} s; given up", flush=True)
            _ask_for_stacks(process.pid, Path(environment["TEST_REPORT"]))
            code = 1
        finally:
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=10)
                process.kill()
    print(f"== {title}: exit {code} after {time.monotonic() - started:.0f} s", flush=True)
    return code


def _ask_for_stacks(leader: int, report: Path) -> None:
    """Let pytest and xdist's workers write down where they stand, before they are ended."""
    for each in processes():
        if leader in {each.id, each.parent} and (report / f"stacks-{each.id}").exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.id, STACKS)
    time.sleep(2)


def _as_exit(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _as_exit)
    compile_stale(sorted(ROOT.glob("*/locale")))
    try:
        with both() as environment:
            first, wrong = _pytest(POSTGRESQL, environment, arguments)
            with tempfile.TemporaryDirectory(prefix="pingyi-") as scratch:
                embedded = {**environment, "DATA_DIR": scratch, "TEST_DATABASE_URL": "", "DATABASE_URL": ""}
                embedded["TEST_ONLY_DATABASE"] = "1"
                second, wrong_too = _pytest(SQLITE, embedded, ["-m", ONLY_SQLITE_STORIES, *arguments])
            print(wrong + wrong_too, end="", flush=True)  # at the end, where a log is read first
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if arguments and NO_TESTS in {first, second} and {first, second} <= {0, NO_TESTS}:
        return max(0, min(first, second))  # a narrowed run may have nothing for one of the two
    return first or second


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
