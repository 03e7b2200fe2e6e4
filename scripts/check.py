"""Everything that can be checked without running the site; `make check`.

Independent checks run side by side, as many as there are cores; the slowest first. What fails shows its whole output.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "config",
    "portal",
    "followup",
    "scoring",
    "assessment",
    "evaluation",
    "evaluators",
    "departments",
    "accounts",
    "foundation",
)


@dataclass(frozen=True)
class Check:
    """One check: its label, its command, what mends it, and what it needs in its environment."""

    label: str
    command: tuple[str, ...]
    remedy: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "manage.py", *arguments)


# Settings as a real deployment has them (deploy/environment.example); nothing is connected to.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "FIELD_KEY": secrets.token_urlsafe(48),
    "ALLOWED_HOSTS": "pingyi.example",
    "DATABASE_URL": "postgresql:///pingyi",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
}
CHECKS = (
    Check("types", (_program("mypy"), "--no-error-summary", *PACKAGES, "scripts", "tests/servers.py")),
    Check("templates", (_program("djlint"), "templates", "--lint", "--quiet"), "see .venv/bin/djlint templates --lint"),
    Check("translations", _manage("messages", "--check"), "manage.py messages APP, then translate what it leaves open"),
    Check("migrations", _manage("makemigrations", "--check", "--dry-run"), "manage.py makemigrations"),
    Check("layers", (_program("lint-imports"), "--no-cache"), "architecture: imports only point down the layers"),
    Check("django", _manage("check", "--fail-level", "WARNING")),
    Check("production", _manage("check", "--deploy", "--fail-level", "WARNING"), environment=PRODUCTION),
    Check("format", (_program("ruff"), "format", "--check", "."), "make format"),
    Check("lint", (_program("ruff"), "check", "--quiet", "."), "make format mends a part"),
    Check("promises", (sys.executable, "-m", "tests.gate.promises"), "a document names what does not exist"),
)


def _run(check: Check, environment: dict[str, str]) -> tuple[Check, int, str, float]:
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**environment, **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return check, done.returncode, done.stdout.strip(), time.monotonic() - started


def main() -> int:
    failed: list[tuple[Check, str]] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pingyi-check-") as scratch:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATA_DIR": scratch,
            "TEST_DATABASE_URL": "",
            "PYTHONWARNINGS": "ignore",
        }
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for check, code, output, seconds in pool.map(lambda each: _run(each, environment), CHECKS):
                print(f"{'ok  ' if code == 0 else 'FAIL'} {check.label:13} {seconds:5.1f} s", flush=True)
                if code:
                    failed.append((check, output))
    for check, output in failed:
        print(f"\n-- {check.label}: {' '.join(check.command).replace(str(ROOT) + '/', '')}\n{output}")
        if check.remedy:
            print(f"-> {check.remedy}")
    print(f"\n{len(CHECKS) - len(failed)} of {len(CHECKS)} checks passed in {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
