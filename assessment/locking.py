"""Once the result of a year is published, its assessment stands."""

from __future__ import annotations

from django.utils.translation import gettext as _

from evaluation.models import Round
from evaluation.states import RoundState
from foundation.errors import Conflict

_CLOSED = {RoundState.PUBLISHED, RoundState.ARCHIVED}
_SCORED = {RoundState.SCORED}


def locked_reason(year: int, evaluation: Round | None = None) -> str:
    """Why the assessment of a year can no longer be changed; "" while it can. ``evaluation``: its round, if known."""
    found = evaluation or Round.objects.filter(year=year).first()
    if found is None or found.state not in _CLOSED:
        return ""
    return _("The result of %(year)s is published, so its assessment can no longer be changed.") % {"year": year}


def locked_remedy() -> str:
    """What would have to be done first."""
    return _(
        "If it has to be, the publication is first withdrawn with a reason, and the round scored again afterwards."
    )


def is_scored(year: int) -> bool:
    """True if a change needs the round to be scored again before it counts."""
    return Round.objects.filter(year=year, state__in=_SCORED).exists()


def refuse_locked(year: int) -> None:
    """Raise Conflict if the year is locked; holds the round's row, so that nobody publishes before the commit."""
    evaluation = Round.objects.select_for_update().filter(year=year).first()
    if evaluation is not None and (reason := locked_reason(year, evaluation)):
        raise Conflict(reason, remedy=locked_remedy())
