"""Reading the list of the drawn: who holds a place of the draw in force, filtered and page by page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from evaluation.models import Invitation, Round
from evaluators.models import Draw, DrawnPlace, DrawnRole, Stratum
from foundation.models import AuditEntry
from foundation.tables.cleaning import clean_code, clean_text

#: The audit log's words for looking at the list and for taking it.
VIEWED, TAKEN = "drawn_list.view", "drawn_list.export"
LOOKS_SHOWN = 20


@dataclass(frozen=True)
class DrawnSearch:
    """What is looked for among the drawn; empty fields do not matter."""

    text: str = ""
    stratum: Stratum | None = None
    district: str = ""

    def told(self) -> dict[str, Any]:
        """What the audit log hears of it: never the words, which may be somebody's name."""
        told = {
            "stratum": self.stratum.code if self.stratum else "",
            "district": self.district,
            "by_words": bool(self.text),
        }
        return {key: value for key, value in told.items() if value}


def holders(record: Draw) -> QuerySet[DrawnPlace]:
    """The places whose people (or units) are asked: the main ones, and the stand-ins that were used.

    Those in reserve who have not been used stay hidden (draw.md, 7): a place in reserve has an invitation only then.
    """
    used = Exists(Invitation.objects.filter(place=OuterRef("pk")))
    return record.places.filter(Q(role=DrawnRole.MAIN) | Q(used)).order_by(
        "stratum__order", "stratum__code", "role", "order"
    )


def find(record: Draw, round: Round, search: DrawnSearch) -> QuerySet[DrawnPlace]:
    """Those of the drawn who fit, by stratum and order of the draw; people without contact data."""
    rows = holders(record)
    text = clean_text(search.text)
    if text:
        code = clean_code(text)
        rows = rows.filter(
            Q(evaluator__name__startswith=text)
            | Q(evaluator__code=code)
            | Q(unit__name__contains=text)
            | Q(unit__code=code)
        )
    if search.stratum:
        rows = rows.filter(stratum=search.stratum)
    if search.district:
        asked = Invitation.objects.filter(place=OuterRef("pk"), round=round, district=search.district)
        rows = rows.filter(Exists(asked))
    return rows


@dataclass(frozen=True)
class DrawnRow:
    """One of the drawn as the list shows it. ``ballots``: how many a unit hands out, 0 for a person."""

    place: DrawnPlace
    district: str
    ballots: int
    phone: str
    is_replaced: bool = False

    @property
    def is_stand_in(self) -> bool:
        return self.place.role == DrawnRole.RESERVE


def with_particulars(places: Collection[DrawnPlace], round: Round, *, show_contact: bool) -> list[DrawnRow]:
    """The places of one page with district as at the draw, number of ballots, and number in full or its tail."""
    from_invitations = {
        row["place"]: (row["district"], row["ballots"], row["serving"] == 0)
        for row in Invitation.objects.filter(round=round, place__in=[place.pk for place in places])
        .order_by()
        .values("place", "district")
        .annotate(ballots=Count("pk"), serving=Count("pk", filter=Q(replaced_on=None)))
    }
    rows = []
    for place in places:
        district, ballots, is_replaced = from_invitations.get(place.pk, ("", 0, False))
        phone = str(place.evaluator.phone) if place.evaluator else ""
        rows.append(
            DrawnRow(
                place=place,
                district=district,
                ballots=0 if place.evaluator_id else ballots,
                phone=phone if show_contact else _tail(phone),
                is_replaced=is_replaced,
            )
        )
    return rows


def _tail(phone: str) -> str:
    return f"*******{phone[-4:]}" if phone else ""


def districts_of(record: Draw, round: Round) -> list[str]:
    """The districts of those asked in this round, to choose from."""
    return list(
        round.invitations.filter(place__draw=record)
        .exclude(district="")
        .order_by("district")
        .values_list("district", flat=True)
        .distinct()
    )


@dataclass(frozen=True)
class Look:
    """One time that somebody looked at the list, or took it as a file."""

    at: datetime
    who: str
    rows: int
    taken: bool


def looks_at(record: Draw) -> tuple[list[Look], int]:
    """The last times that the list was looked at or taken, newest first, and how often in all."""
    entries = AuditEntry.objects.filter(
        subject_type=Draw._meta.label_lower, subject_id=str(record.pk), action__in=(VIEWED, TAKEN)
    ).order_by("-id")
    looks = [
        Look(entry.at, entry.actor_name, int((entry.after or {}).get("rows", 0)), entry.action == TAKEN)
        for entry in entries[:LOOKS_SHOWN]
    ]
    return looks, entries.count()
