"""How often other rules were tried on a round, for run page and report: so that nobody shops for weights."""

from __future__ import annotations

from django.utils.translation import gettext as _

from evaluation.models import Round
from scoring.services.whatif import trial_counts


def trial_rows(round: Round) -> list[list[str | int]]:
    """Label and count of the trials before and after publication."""
    before, after = trial_counts(round)
    return [
        [_("Trials of other rules before publication"), before],
        [_("Trials of other rules after publication"), after],
    ]
