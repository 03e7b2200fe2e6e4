"""``manage.py freeze_register ROUND --seed-source S``: fix rules and register before the public seed is known."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from evaluation.services import freeze_register


class Command(RoundCommand):
    help = "Freezes the configuration and the eligible register of a round, and prints what is to be published."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--seed-source", required=True, metavar="S", help="what will give the public seed, and when"
        )
        parser.add_argument(
            "--accept-chances", default="", metavar="REASON", help="why cells with no or a doubled chance are accepted"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            snapshot = freeze_register(
                actor=console(),
                round=evaluation,
                seed_source=options["seed_source"],
                chances_reason=options["accept_chances"],
                progress=self.progress(options),
            )
        self.stdout.write(
            _("Frozen: %(year)s, snapshot %(number)s") % {"year": snapshot.year, "number": snapshot.number}
        )
        self.stdout.write(f"snapshot_hash   {snapshot.snapshot_hash}")
        self.stdout.write(f"plan_hash       {snapshot.plan_hash}")
        self.stdout.write(f"exclusions_hash {snapshot.exclusions_hash}")
        self.stdout.write(f"configuration   {evaluation.configuration_fingerprint}")
        for code, size in (evaluation.populations or {}).items():
            self.stdout.write(f"{code:<15} {size}")
