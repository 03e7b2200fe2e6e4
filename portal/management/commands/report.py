"""``manage.py report ROUND workbook FILE``: write a report of a round to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from foundation import files
from portal.services import make_workbook


class Command(RoundCommand):
    help = "Writes a report of a scored or published round to a file; it is kept in the system as well."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("kind", choices=["workbook"], help="which report")
        parser.add_argument("file", type=Path, metavar="FILE", help="where to write it")

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        actor = console()
        with self.one_line_refusals():
            made = make_workbook(actor=actor, round=evaluation, progress=self.progress(options))
        target: Path = options["file"]
        partial = target.with_name(target.name + ".part")
        try:
            partial.write_bytes(files.fetch(made, user=actor).getvalue())
            partial.replace(target)
        except OSError as error:
            raise CommandError(f"{target}: {error.strerror}") from error
        self.stdout.write(f"{target} {made.sha256}")
