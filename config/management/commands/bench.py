"""``manage.py bench``: measure against floors in the same run, on scratch databases; print the table, and write it.

`make bench` starts the servers and calls this. Each part runs in a process of its own, so that none warms another up.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.bench.measure import Line
from evaluation.models import Round
from evaluators.models import Evaluator

PARTS = ("import", "scoring", "pages", "registry", "draw")
#: Takes minutes and some ten gigabytes on disk, so that it is measured only when asked for.
LARGE = "large"
_MARK = "bench-line "


class Command(BaseCommand):
    help = "Measures speed against floors in the same run, on scratch databases."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=[*PARTS, LARGE], help="measure one part; large only so")
        parser.add_argument("--write", type=Path, metavar="FILE", help="also write the table as Markdown")
        parser.add_argument("--part", choices=[*PARTS, LARGE], help="(used by itself: measure here and print lines)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["part"]:
            self._measure(options["part"])
            return
        lines: list[Line] = []
        # One folder for all of them: the keys in it belong to what the database holds.
        with tempfile.TemporaryDirectory(prefix="pingyi-bench-") as folder:
            for part in [options["only"]] if options["only"] else PARTS:
                for name, url in self._databases(part):
                    self.stdout.write(f"measuring {part} on {name} …")
                    lines += self._in_a_process(part, url, folder)
        self._print(lines)
        if options["write"]:
            options["write"].write_text(self._markdown(lines), encoding="utf-8")
        if any(line.reached is False for line in lines):
            self.stderr.write("not every aim is reached")

    def _databases(self, part: str) -> list[tuple[str, str]]:
        """Where a part is measured: PostgreSQL as given; the import on SQLite too."""
        given = os.environ.get("DATABASE_URL", "")
        if not given.startswith("postgres"):
            raise CommandError("bench needs DATABASE_URL of an empty PostgreSQL database; `make bench` starts one")
        found = [("PostgreSQL", given)]
        return [*found, ("SQLite", "")] if part == "import" else found

    def _in_a_process(self, part: str, url: str, folder: str) -> list[Line]:
        environment = {
            **os.environ,
            "DATA_DIR": folder,
            "DATABASE_URL": url or f"sqlite:///{folder}/bench.sqlite3",
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "manage.py", "bench", "--part", part]
        done = subprocess.run(  # noqa: S603
            command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise CommandError(f"measuring {part} failed (exit {done.returncode})")
        marked = [line.removeprefix(_MARK) for line in done.stdout.splitlines() if line.startswith(_MARK)]
        return [Line(**json.loads(line)) for line in marked]

    def _measure(self, part: str) -> None:
        call_command("migrate", verbosity=0)
        if part == "import":
            if Evaluator.objects.exists():
                raise CommandError("the database is not empty")
            from config.bench import imports

            found = imports.measure()
        else:
            if not Round.objects.exists():
                call_command("demo", verbosity=0, stdout=self.stderr)
            if part == "scoring":
                from config.bench import scoring

                found = scoring.measure(Round.objects.get(year=2007))
            elif part == "registry":
                call_command("collectstatic", interactive=False, verbosity=0)
                from config.bench import registry

                found = registry.measure()
            elif part == "draw":
                from config.bench import drawing

                found = drawing.measure()
            elif part == LARGE:
                from config.bench import large

                found = large.measure(Round.objects.get(year=2007))
            else:
                call_command("collectstatic", interactive=False, verbosity=0)
                from config.bench import pages

                found = pages.measure()
        for line in found:
            self.stdout.write(_MARK + json.dumps(asdict(line)))

    def _print(self, lines: list[Line]) -> None:
        for line in lines:
            name, value, floor, ratio, aim, verdict = line.row()
            self.stdout.write(f"{name:<48} {value:>14}  {ratio:>9}  {aim:>9}  {verdict:<8} {floor}")

    def _markdown(self, lines: list[Line]) -> str:
        head = (
            "# Benchmarks\n\n"
            f"`make bench`, {timezone.localdate().isoformat()}, Python {platform.python_version()}, "
            f"{os.cpu_count()} cores. Machines are noisy: the ratios count, not the milliseconds.\n\n"
            "| what | measured | floor in the same run | ratio | aim | |\n|---|---|---|---|---|---|\n"
        )
        rows = []
        for line in lines:
            name, value, floor, ratio, aim, verdict = line.row()
            rows.append(f"| {name} | {value} | {floor} | {ratio} | {aim} | {verdict} |")
        return head + "\n".join(rows) + "\n"
