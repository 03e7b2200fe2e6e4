"""``manage.py score_round ROUND``: compute the result of a counted round."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from scoring.services import score_round


class Command(RoundCommand):
    help = "Computes the result of a counted round; of a scored one again, with a reason, beside the earlier runs."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--reason", default="", metavar="TEXT", help="why a scored round is scored again")

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            run = score_round(
                actor=console(), round=evaluation, reason=options["reason"], progress=self.progress(options)
            )
        self.stdout.write(
            _("Scored: %(year)s, run %(number)s, input %(fingerprint)s")
            % {"year": evaluation.year, "number": run.number, "fingerprint": run.input_fingerprint}
        )
