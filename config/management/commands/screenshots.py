"""``manage.py screenshots``: every page at 390 and 1440 px, taken from the URL conf; a URL without a picture fails.

Runs on a loaded demo city (it loads a small one into a scratch folder of its own unless told where one is).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Takes a picture of every page at phone and desktop width and lays out a contact sheet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, default=Path("var/screenshots"), metavar="FOLDER")
        parser.add_argument("--docs", action="store_true", help="also renew the ten pictures of docs/screenshots")
        parser.add_argument("--only", default="", metavar="WORD", help="only pages whose URL name holds this")
        parser.add_argument("--scale", default="1/20", help="of the scratch demo city")
        parser.add_argument("--language", default="zh-hans", choices=["zh-hans", "en"])
        parser.add_argument("--inside", action="store_true", help="(used by itself: the database is ready)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["inside"]:
            from config.screens.contact import take

            missing = take(
                out=options["out"],
                only=options["only"],
                language=options["language"],
                docs=settings.BASE_DIR / "docs" / "screenshots" if options["docs"] else None,
                tell=self.stdout.write,
            )
            if missing:
                raise CommandError("pages without a picture: " + ", ".join(missing))
            return
        if not (shutil.which("chromium") or os.environ.get("CHROMIUM")):
            raise CommandError("Chromium is missing; `make screenshots` installs it")
        out = options["out"].resolve()
        with tempfile.TemporaryDirectory(prefix="pingyi-screens-") as folder:
            environment = {
                **os.environ,
                "DATA_DIR": folder,
                "DATABASE_URL": f"sqlite:///{folder}/screens.sqlite3",
                "DJANGO_SETTINGS_MODULE": "config.settings.screens",
                "LOG_LEVEL": "WARNING",
                # Playwright runs an event loop in this thread; Django would refuse the database beside it.
                "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
            }
            self._run(environment, "migrate", "--verbosity", "0")
            self._run(environment, "demo", "--scale", options["scale"])
            own = [
                "--only",
                options["only"],
                "--language",
                options["language"],
                *(["--docs"] if options["docs"] else []),
            ]
            self._run(environment, "screenshots", "--inside", "--out", str(out), *own)

    def _run(self, environment: dict[str, str], *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=False)  # noqa: S603
        if done.returncode:
            raise CommandError(f"manage.py {arguments[0]} failed")
