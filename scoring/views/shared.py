"""What the pages of one run share."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation.models import Round
from evaluation.views.shared import Crumbs, crumbs
from scoring.models import ScoreRun


def run_crumbs(evaluation: Round, run: ScoreRun, last: str) -> Crumbs:
    """Rounds › the round › results › the run › this page."""
    year = evaluation.year
    return [
        *crumbs(evaluation)[:-1],
        (str(year), reverse("evaluation:round-detail", args=(year,))),
        (_("Results"), reverse("scoring:run-list", args=(year,))),
        (_("Run %(number)s") % {"number": run.number}, reverse("scoring:run-detail", args=(year, run.pk))),
        (last, ""),
    ]
