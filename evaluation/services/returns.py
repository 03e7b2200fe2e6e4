"""Return counts: who was sent a code, opened it, returned it; by stratum, district, unit and day. Counts only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import get_language

from accounts.policies import scope_of
from evaluation.models import Invitation, Round
from evaluation.states import RoundState
from evaluators.models import DrawnRole

#: The box has been opened: the list of receipts is public.
COUNTED = (RoundState.COUNTED, RoundState.SCORED, RoundState.PUBLISHED, RoundState.ARCHIVED)


@dataclass(frozen=True)
class Returns:
    """Invitations of one kind: drawn, sent (a code was made and not revoked), opened (Start was pressed), returned.

    ``drawn`` counts seats: the invitation of somebody replaced counts no longer, that of the stand-in does.
    ``replaced`` are those that ended that way, ``stand_ins`` those of reserves who serve now;
    ``spoilt`` slips that came back spoiled.
    """

    label: str
    drawn: int
    sent: int
    opened: int
    returned: int
    replaced: int = 0
    stand_ins: int = 0
    spoilt: int = 0

    @property
    def rate(self) -> Fraction | None:
        """Returned by sent, a fraction of one; None where nothing was sent."""
        return Fraction(self.returned, self.sent) if self.sent else None

    @property
    def outstanding(self) -> int:
        """Sent and not returned."""
        return max(0, self.sent - self.returned)


@dataclass(frozen=True)
class Day:
    """How many ballots came back on a day, and up to its end."""

    day: date
    returned: int
    so_far: int


_COUNTS: dict[str, Any] = {
    "drawn": Count("pk", filter=Q(replaced_on=None)),
    "sent": Count("pk", filter=Q(issued_on__isnull=False, revoked_on=None)),
    "opened": Count("pk", filter=Q(opened_on__isnull=False)),
    "returned": Count("pk", filter=Q(returned_on__isnull=False)),
    "spoilt": Sum("spoiled", default=0),
    "replaced": Count("pk", filter=Q(replaced_on__isnull=False)),
}
#: Looks into the places as well: where a page shows it.
_WITH_STAND_INS = _COUNTS | {"stand_ins": Count("pk", filter=Q(replaced_on=None, place__role=DrawnRole.RESERVE))}


@dataclass(frozen=True)
class Reach:
    """Whose counts somebody may see who may not see all: strata by code, and the packets of units by code."""

    strata: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()

    @property
    def is_units_alone(self) -> bool:
        """True for the contact person of a unit, who sees how many of its ballots are back and nothing else."""
        return not self.strata

    @property
    def condition(self) -> Q:
        """Of a unit only the ballots it hands out: people drawn by name who belong to it are not its business."""
        return Q(stratum__code__in=self.strata) | Q(unit__code__in=self.units, evaluator=None)


def reach_of(user: Any) -> Reach | None:
    """What return counts a user may see; None for all of them, an empty reach for none."""
    scope = scope_of(user, "returns.view")
    if scope.everything:
        return None
    return Reach(frozenset(scope.codes.get("stratum", ())), frozenset(scope.codes.get("unit", ())))


def visible(round: Round, reach: Reach | None) -> QuerySet[Invitation]:
    """The invitations of a round within reach (None = all)."""
    rows = round.invitations.order_by()
    return rows if reach is None else rows.filter(reach.condition)


def total(round: Round, reach: Reach | None = None) -> Returns:
    """All of them together. One query."""
    return Returns(label="", **visible(round, reach).aggregate(**_WITH_STAND_INS))


def by_stratum(round: Round, reach: Reach | None = None) -> list[Returns]:
    """By stratum in its order. One query."""
    order = ["stratum__order", "stratum__code"]
    rows = visible(round, reach).values(*order, "stratum__name", "stratum__name_en").annotate(**_WITH_STAND_INS)
    return [
        _returns(stratum_label(row["stratum__name"], row["stratum__name_en"]), row) for row in rows.order_by(*order)
    ]


def stratum_label(name: str, name_en: str) -> str:
    """A stratum's name in the reader's language, where it has one."""
    return name_en if name_en and (get_language() or "").startswith("en") else name


def by_district(round: Round, reach: Reach | None = None) -> list[Returns]:
    """By district, by name. One query."""
    rows = visible(round, reach).values("district").annotate(**_COUNTS).order_by("district")
    return [_returns(row["district"], row) for row in rows]


def by_round(reach: Reach | None = None) -> list[tuple[Round, Returns]]:
    """Rounds with invitations, newest first, each with its counts. Two queries."""
    rows = Invitation.objects.order_by() if reach is None else Invitation.objects.filter(reach.condition)
    counted: dict[int, Any] = {row["round_id"]: row for row in rows.values("round_id").annotate(**_COUNTS).order_by()}
    rounds = Round.objects.filter(pk__in=counted).defer("configuration", "ballot_definition", "baselines")
    return [(each, _returns(str(each.year), counted[each.pk])) for each in rounds]


def of_unit(row: dict[str, Any]) -> Returns:
    """A row of `by_unit` as counts."""
    return _returns(row["unit__name"], row)


def by_unit(round: Round, reach: Reach | None = None, search: str = "") -> QuerySet[Any]:
    """By unit, by name: rows with ``unit__name``, ``unit__code`` and the counts (see `of_unit`).

    Within a limited reach packets alone: a unit of one person drawn would name who was drawn.
    """
    rows = visible(round, reach).exclude(unit=None)
    if reach is not None:
        rows = rows.filter(evaluator=None)
    if search:
        rows = rows.filter(Q(unit__name__icontains=search) | Q(unit__code__iexact=search))
    return rows.values("unit_id", "unit__name", "unit__code").annotate(**_COUNTS).order_by("unit__name", "unit_id")


def by_day(round: Round, reach: Reach | None = None) -> list[Day]:
    """By the day on which ballots came back, oldest first. One query."""
    rows = (
        visible(round, reach)
        .filter(returned_on__isnull=False)
        .values_list("returned_on")
        .annotate(count=Count("pk"))
        .order_by("returned_on")
    )
    days, so_far = [], 0
    for day, count in rows:
        so_far += count
        days.append(Day(day, count, so_far))
    return days


def rounds_with_receipts() -> QuerySet[Round]:
    """Rounds whose box has been opened, newest first."""
    return Round.objects.filter(state__in=COUNTED).exclude(receipts_root="")


def _returns(label: str, row: Any) -> Returns:
    return Returns(label=label, **{name: row[name] for name in _WITH_STAND_INS if name in row})
