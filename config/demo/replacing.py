"""A few replacements of the open round, so that their pages have something to show.

Only people are replaced for whom somebody of the same district stands in: as many of each weight class serve as before,
so that the ballots of a seed are the same whoever was drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from accounts.models import User
from evaluation.models import ReplacementReason, Round
from evaluation.replacements import next_in_reserve
from evaluation.selectors import standing_draw
from evaluation.services.replacing import confirm_replacement, request_replacement, withdraw_replacement
from evaluators.models import DrawnPlace, DrawnRole

#: Stratum, reason, what was tried; and what becomes of it.
_CASES = (
    ("residents", ReplacementReason.MOVED, "社区走访得知已迁往外地", "confirm"),
    ("residents", ReplacementReason.UNREACHABLE, "三次电话无人接听，上门两次未遇", "confirm"),
    ("enterprises", ReplacementReason.REFUSED, "本人书面说明不参加", "confirm"),
    ("enterprises", ReplacementReason.UNREACHABLE, "登记的号码已停机", "withdraw"),
)


def ask_for_one(round: Round, first: User) -> None:
    """Leave one replacement waiting, for somebody who has not opened the ballot: call it when the ballots are in."""
    unopened = round.invitations.filter(stratum__code="residents", opened_on=None, replaced_on=None)
    rows = unopened.select_related("place__draw__snapshot", "place__draw__result_file", "place__stratum")
    row = rows.order_by("place__order").first()
    if row is not None and next_in_reserve(row.place) is not None:  # a very small city has used up its reserves
        request_replacement(
            actor=first,
            round=round,
            place=row.place,
            reason=ReplacementReason.UNREACHABLE,
            note="信函退回，号码已停机",
        )


def replace_some(round: Round, first: User, second: User) -> int:
    """Ask for the cases as ``first`` and let ``second`` decide them; returns how many were confirmed."""
    confirmed = 0
    seats = {code: _seats(round, code) for code in {case[0] for case in _CASES}}
    for stratum, reason, note, fate in _CASES:
        place = next(seats[stratum], None)
        if place is None:
            continue
        asked = request_replacement(actor=first, round=round, place=place, reason=reason, note=note)
        if fate == "confirm":
            confirm_replacement(actor=second, replacement=asked)
            confirmed += 1
        else:
            withdraw_replacement(actor=second, replacement=asked, reason="已通过所在单位联系上本人")
    return confirmed


def _seats(round: Round, stratum: str) -> Iterator[DrawnPlace]:
    """Seats of a stratum, in the order of the draw, for which the next in reserve is of the same cell."""
    places = DrawnPlace.objects.filter(draw=standing_draw(round.year), stratum__code=stratum, role=DrawnRole.MAIN)
    for place in places.select_related("draw__snapshot", "draw__result_file", "stratum").order_by("order"):
        found = next_in_reserve(place)
        if found is None:
            return
        if found.cell == place.cell:
            yield place
