"""``manage.py count_round ROUND``: open the box of a closed round, in this process."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from evaluation.services.counting import count_round


class Command(RoundCommand):
    help = "Opens every envelope of a closed round, writes the ballots, and deletes the key file."

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            report = count_round(actor=console(), round=evaluation, progress=self.progress(options))
        line = _("Counted: %(year)s, %(returned)s returned = %(opened)s opened + %(unopenable)s that cannot be opened")
        self.stdout.write(line % {**report, "year": evaluation.year})
        for row in report["strata"]:
            self.stdout.write(
                f"{row['stratum']:<15} returned {row['returned']} opened {row['opened']} unopenable {row['unopenable']}"
            )
        self.stdout.write(f"root {report['root']}")
