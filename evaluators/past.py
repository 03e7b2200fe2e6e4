"""How people stood earlier: their history in words, and their state on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import Department
from evaluators.models import Evaluator, EvaluatorChange, EvaluatorStatus, Stratum, Unit
from evaluators.services.history import TRACKED, state_of

_AT_ONCE = 5_000
State = dict[str, str]


@dataclass(frozen=True)
class Line:
    """One change as a page shows it."""

    at: datetime
    who: str
    through: str
    what: str
    before: str
    after: str
    reason: str


def as_of(day: date, keys: Sequence[int]) -> dict[int, State]:
    """How people stood at the end of a day: key → stratum, status, unit, weight class and employer as codes.

    Whoever came into the register later is missing. Two queries for every few thousand people.
    """
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    states: dict[int, State] = {}
    for start in range(0, len(keys), _AT_ONCE):
        part = list(keys[start : start + _AT_ONCE])
        rows = Evaluator.objects.only("status", "weight_class", "stratum__code", "unit__code", "employer__code")
        rows = rows.select_related("stratum", "unit", "employer").filter(pk__in=part, created_at__lt=end)
        states |= {row.pk: state_of(row) for row in rows}
        # Newest first: what the oldest of the later changes put aside is what stood on that day.
        later = EvaluatorChange.objects.filter(evaluator__in=part, at__gte=end).order_by("-pk")
        for pk, field, before in later.values_list("evaluator_id", "field", "before"):
            if pk in states:
                states[pk][field] = before
    return states


def field_labels() -> dict[str, str]:
    """What the history follows, in words."""
    return {
        "stratum": _("Stratum"),
        "status": _("Status"),
        "unit": _("Unit"),
        "weight_class": _("Weight class"),
        "employer": _("Works for department"),
    }


class _Names:
    """The names of the codes in some values, looked up once."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        wanted: dict[str, set[str]] = {name: set() for name in TRACKED}
        for field, code in values:
            wanted[field].add(code)
        statuses = {str(code): str(label) for code, label in EvaluatorStatus.choices}
        strata: Any = Stratum.objects.filter(code__in=wanted["stratum"])
        self._names: dict[str, dict[str, str]] = {
            "stratum": {row.code: str(row) for row in strata},
            "status": statuses,
            "unit": dict(Unit.objects.filter(code__in=wanted["unit"]).values_list("code", "name")),
            "weight_class": {},
            "employer": dict(Department.objects.filter(code__in=wanted["employer"]).values_list("code", "full_name")),
        }

    def of(self, field: str, code: str) -> str:
        return self._names[field].get(code, code)


def lines_of(evaluator: Evaluator) -> list[Line]:
    """The history of one person in words, the newest first."""
    changes = list(evaluator.changes.select_related("actor").order_by("-pk"))
    names = _Names((one.field, code) for one in changes for code in (one.before, one.after))
    labels = field_labels()
    return [
        Line(
            at=one.at,
            who=str(one.actor.get_full_name() or one.actor.get_username()) if one.actor else "",
            through=one.get_through_display(),
            what=labels[one.field],
            before=names.of(one.field, one.before),
            after=names.of(one.field, one.after),
            reason=one.reason,
        )
        for one in changes
    ]


def described(evaluator: Evaluator, day: date) -> list[tuple[str, str]] | None:
    """How one person stood at the end of a day, in words; None before it came into the register."""
    state = as_of(day, [evaluator.pk]).get(evaluator.pk)
    if state is None:
        return None
    names, labels = _Names(state.items()), field_labels()
    return [(labels[name], names.of(name, state[name])) for name in TRACKED]
