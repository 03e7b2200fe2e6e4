"""``manage.py publish_round ROUND``: let readers see the latest result of a scored round."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.services import console
from evaluation.management.rounds import RoundCommand
from scoring.services import publish_round


class Command(RoundCommand):
    help = "Publishes the latest run of a scored round."

    def handle(self, *args: Any, **options: Any) -> None:
        evaluation = self.round(options)
        with self.one_line_refusals():
            publication = publish_round(actor=console(), round=evaluation)
        self.stdout.write(
            _("Published: %(year)s, run %(number)s") % {"year": evaluation.year, "number": publication.run.number}
        )
