"""``manage.py export_bundle ROUND DIR [--public]``: write a round so that it can be recounted without this system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from scoring.core.bundle_files import BundleError
from scoring.services import export_bundle


class Command(RoundCommand):
    help = "Writes the bundle of a round's published run (else its newest) to a new or empty folder, or to a new zip."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("target", type=Path, metavar="DIR", help="the folder; a zip if it ends in .zip")
        parser.add_argument("--public", action="store_true", help="counts instead of ballots")
        parser.add_argument(
            "--confirm-unanimous",
            action="store_true",
            help="the cells that tell everybody's answer, which the public bundle has to hold, have been looked at",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        try:
            with self.one_line_refusals():
                made = export_bundle(
                    actor=console(),
                    round=evaluation,
                    target=options["target"],
                    public=options["public"],
                    confirmed=options["confirm_unanimous"],
                )
        except BundleError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("Written: %(target)s, %(year)s, run %(number)s")
            % {"target": options["target"], "year": evaluation.year, "number": made.run.number}
        )
        if not made.is_public:
            self.stdout.write(f"input {made.run.input_fingerprint}")
        else:
            self.stdout.write(f"results.json {made.results_sha256}")
