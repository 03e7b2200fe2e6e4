"""How far the rounds are, for the registry: whom it must leave as they are."""

from __future__ import annotations

from evaluation.models import Round
from evaluation.states import RoundState
from evaluators.commitments import ARCHIVED, KEPT, RUNNING

_RUNNING = {RoundState.DRAWN, RoundState.OPEN}


def states() -> dict[int, str]:
    """Year → running (drawn, the vote is not over), kept (over, not archived) or archived."""
    found = {}
    for year, state in Round.objects.values_list("year", "state"):
        found[year] = RUNNING if state in _RUNNING else ARCHIVED if state == RoundState.ARCHIVED else KEPT
    return found
