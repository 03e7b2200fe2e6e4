"""``manage.py draw ROUND --public-seed S``: draw the evaluators with the seed that the announced source gave."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from evaluation.services import draw_evaluators
from evaluation.services.representing import make_representation


class Command(RoundCommand):
    help = "Draws the evaluators of a frozen round and makes their invitations."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--public-seed", required=True, metavar="S", help="what the announced source gave")
        parser.add_argument(
            "--witnesses",
            default="",
            metavar="NAMES",
            help="who was there; without it the result says that nobody was named",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            record = draw_evaluators(
                actor=console(),
                round=evaluation,
                public_seed=options["public_seed"],
                witnesses=options["witnesses"].strip() or _("nobody named; drawn by command"),
                progress=self.progress(options),
            )
            make_representation(actor=console(), record=record, progress=self.progress(options))
        self.stdout.write(
            _("Drawn: %(year)s, %(count)s invitations")
            % {"year": evaluation.year, "count": record.summary["invitations"]}
        )
        self.stdout.write(f"seed {record.seed}")
        for code, row in record.summary["strata"].items():
            self.stdout.write(
                f"{code:<15} quota {row['quota']} chosen {row['chosen']} reserve {row['reserve']} "
                f"shortfall {row['shortfall']}"
            )
