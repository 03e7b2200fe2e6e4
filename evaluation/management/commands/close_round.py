"""``manage.py close_round ROUND [--reason R]``: take no more ballots from now on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from evaluation.services.closing import close_round


class Command(RoundCommand):
    help = "Closes an open round at once, forms already open included. By the clock, rounds close by themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--reason", default="", help="why, for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            close_round(actor=console(), round=evaluation, reason=options["reason"])
        self.stdout.write(_("Closed: %(year)s") % {"year": evaluation.year})
