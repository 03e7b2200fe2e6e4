"""``manage.py quality_report ROUND``: what the ballots show, and how the ranking would change without them."""

from __future__ import annotations

from typing import Any

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from scoring.quality_pages import report_lines
from scoring.services import make_quality_report


class Command(RoundCommand):
    help = "Reports on the quality of a round's ballots; leaves nothing out and changes no result."

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            report = make_quality_report(actor=console(), round=evaluation, progress=self.progress(options))
        for line in report_lines(report):
            self.stdout.write(line)
