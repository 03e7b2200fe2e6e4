"""Reading replacements: who would be next in reserve, what is waiting, and how often it happened, by stratum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language

from evaluation.models import DecisionKind, Invitation, Replacement, ReplacementDecision, ReplacementReason, Round
from evaluation.selectors import standing_draw
from evaluators.draw import Place, Replaced, parse_drawn, stand_in
from evaluators.draw.standins import replaced_csv
from evaluators.models import Draw, DrawnPlace, DrawnRole
from evaluators.services.snapshots import plan_of
from foundation import files


def confirmed(draw: Draw) -> QuerySet[ReplacementDecision]:
    """The replacements of a draw in their order."""
    return ReplacementDecision.objects.filter(draw=draw, kind=DecisionKind.CONFIRMED).order_by("number")


def waiting(round: Round) -> QuerySet[Replacement]:
    """What waits for a second person; what was asked of a voided draw does not."""
    rows = Replacement.objects.filter(round=round, decision=None, place__draw__snapshot__voided_at=None)
    return rows.select_related("place__stratum", "place__evaluator", "place__unit", "requested_by").order_by("pk")


def decided(round: Round) -> QuerySet[Replacement]:
    """What was confirmed or withdrawn, newest first."""
    return (
        Replacement.objects.filter(round=round)
        .exclude(decision=None)
        .select_related(
            "place__stratum",
            "place__evaluator",
            "place__unit",
            "requested_by",
            "decision__decided_by",
            "decision__stand_in__evaluator",
            "decision__stand_in__unit",
        )
        .order_by("-decision__pk")
    )


#: So many places are shown to a search.
MOST_FOUND = 20


def find_serving(round: Round, text: str) -> list[DrawnPlace]:
    """Places that serve in a round, by name or code of their person or unit; one more than are shown, if there are."""
    text = text.strip()
    rows = DrawnPlace.objects.filter(draw__snapshot__year=round.year, draw__snapshot__voided_at=None)
    serving = Invitation.objects.filter(round=round, replaced_on=None, place=OuterRef("pk"))
    named = (
        Q(evaluator__name__icontains=text)
        | Q(evaluator__code__iexact=text)
        | Q(evaluator=None, unit__name__icontains=text)
        | Q(evaluator=None, unit__code__iexact=text)
    )
    found = rows.filter(named, Exists(serving)).annotate(
        is_opened=Exists(serving.filter(Q(opened_on__isnull=False) | Q(opened_before=True))),
        is_asked=Exists(Replacement.objects.filter(place=OuterRef("pk"), decision=None)),
    )
    order = ("stratum__order", "stratum__code", "order")
    return list(found.select_related("stratum", "evaluator", "unit").order_by(*order)[: MOST_FOUND + 1])


def next_in_reserve(place: DrawnPlace) -> Place | None:
    """The place that the rule of the draw gives for the seat of ``place``; None where no unused reserve keeps the cap.

    It is computed from the published result, as anybody can. A drawn id whom the register no longer had at the draw
    serves nowhere and cannot stand in.

    Raises:
        FileGone: the stored result is missing or damaged.
        ValueError: the place holds no seat.
    """
    draw = place.draw
    code = place.stratum.code
    places = [row for row in parse_drawn(files.read(draw.result_file)) if row.stratum == code]
    known = set(DrawnPlace.objects.filter(draw=draw, stratum=place.stratum).values_list("candidate", flat=True))
    caps = {stratum.code: stratum.max_per_unit for stratum in plan_of(draw.snapshot).strata}
    pairs = list(confirmed(draw).values_list("place__candidate", "stand_in__candidate"))
    return stand_in(
        places,
        place.candidate,
        max_per_unit=caps.get(code),
        used={used for _left, used in pairs if used},
        left={left for left, _used in pairs} | {row.id for row in places if row.id not in known},
    )


def replaced_file(draw: Draw) -> bytes:
    """``replaced.csv``, with which anybody redoes the replacements of a draw: ids alone, no reasons, no days."""
    rows = confirmed(draw).values_list("number", "place__candidate", "stand_in__candidate")
    return replaced_csv(Replaced(number or 0, left, used or "") for number, left, used in rows)


@dataclass(frozen=True)
class ReserveCell:
    """Reserves of a cell: how many were drawn, how many have been used."""

    cell: str
    drawn: int
    used: int

    @property
    def unused(self) -> int:
        return self.drawn - self.used


@dataclass(frozen=True)
class StratumReplacements:
    """Replacements of one stratum. ``seats``: places drawn; ``replaced``: confirmed, a seat as often as it changed."""

    code: str
    label: str
    seats: int
    replaced: int
    waiting: int
    reasons: dict[str, int]
    cells: list[ReserveCell] = field(default_factory=list)

    @property
    def rate(self) -> Fraction | None:
        """Replacements by seat, a fraction of one; None where nobody was drawn."""
        return Fraction(self.replaced, self.seats) if self.seats else None

    @property
    def reserve(self) -> int:
        """Reserves drawn."""
        return sum(row.drawn for row in self.cells)

    @property
    def unused(self) -> int:
        """Reserves not used yet."""
        return sum(row.unused for row in self.cells)

    @property
    def by_reason(self) -> list[int]:
        """Counts in the order of the reasons."""
        return [self.reasons.get(reason, 0) for reason in ReplacementReason.values]


def by_stratum(round: Round) -> list[StratumReplacements]:
    """The replacements of the draw in force, by stratum in its order; empty before the draw. Five queries."""
    draw = standing_draw(round.year)
    if draw is None:
        return []
    seats, reserves = _drawn(draw)
    used = Counter(confirmed(draw).values_list("stand_in__stratum__code", "stand_in__cell"))
    reasons = Counter(confirmed(draw).values_list("place__stratum__code", "replacement__reason"))
    asked = Counter(waiting(round).values_list("place__stratum__code", flat=True))
    return [
        StratumReplacements(
            code=code,
            label=label,
            seats=count,
            replaced=sum(number for (stratum, _reason), number in reasons.items() if stratum == code),
            waiting=asked[code],
            reasons={reason: number for (stratum, reason), number in reasons.items() if stratum == code},
            cells=[
                ReserveCell(cell, number, used[(code, cell)])
                for (stratum, cell), number in reserves.items()
                if stratum == code
            ],
        )
        for code, label, count in seats
    ]


def together(rows: Iterable[StratumReplacements]) -> StratumReplacements:
    """The sums over the strata."""
    listed = list(rows)
    reasons: Counter[str] = Counter()
    for row in listed:
        reasons.update(row.reasons)
    return StratumReplacements(
        code="",
        label="",
        seats=sum(row.seats for row in listed),
        replaced=sum(row.replaced for row in listed),
        waiting=sum(row.waiting for row in listed),
        reasons=dict(reasons),
        cells=[cell for row in listed for cell in row.cells],
    )


def _drawn(draw: Draw) -> tuple[list[tuple[str, str, int]], dict[tuple[str, str], int]]:
    """Seats by stratum (code, label, number), and reserves by stratum and cell."""
    is_main = Q(role=DrawnRole.MAIN)
    places = DrawnPlace.objects.filter(draw=draw)
    strata = (
        places.values_list("stratum__code", "stratum__name", "stratum__name_en")
        .annotate(seats=Count("pk", filter=is_main))
        .order_by("stratum__order", "stratum__code")
    )
    english = (get_language() or "").startswith("en")
    seats = [(code, name_en if english and name_en else name, count) for code, name, name_en, count in strata]
    cells = (
        places.filter(role=DrawnRole.RESERVE)
        .values_list("stratum__code", "cell")
        .annotate(count=Count("pk"))
        .order_by("stratum__code", "cell")
    )
    return seats, {(code, cell): count for code, cell, count in cells}
