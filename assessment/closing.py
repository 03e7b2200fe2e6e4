"""Until when the assessment of a year can be changed: until its result is published."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.policies import may
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.states import RoundState
from foundation.tables.codes import gettext_noop

#: Code and message by state; the import shows the same words.
CLOSED = {
    RoundState.PUBLISHED: (
        "round_published",
        gettext_noop(
            "The result of %(year)s is published; its assessment can no longer be changed. Withdraw the publication "
            "first, then change the assessment, score the round again and publish it again."
        ),
    ),
    RoundState.ARCHIVED: (
        "round_archived",
        gettext_noop("The round of %(year)s is archived; its assessment stays as it is for good."),
    ),
}


def state_of(year: int) -> str | None:
    """The state of the year's round; None where there is none."""
    return Round.objects.filter(year=year).values_list("state", flat=True).first()


def closed(year: int, state: str | None, user: Any) -> Missing | None:
    """Why the assessment can no longer be changed, with the way to the page that mends it for those who may use it."""
    if state not in CLOSED:
        return None
    code, message = CLOSED[RoundState(state)]
    text = _(message) % {"year": year}
    if state == RoundState.PUBLISHED and may(user, "round.publish"):
        return Missing(code, text, "", "scoring:round-withdraw", (year,), _("Withdraw the publication"))
    return Missing(code, text)


def refuse_if_closed(year: int, user: Any) -> None:
    """Raise Refused if the year is closed; else it stays open until the caller's transaction ends."""
    state = Round.objects.select_for_update().filter(year=year).values_list("state", flat=True).first()
    if problem := closed(year, state, user):
        raise Refused(problem)
