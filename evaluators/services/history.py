"""The history of people: every change of stratum, status, unit, weight class and employer. Call inside the transaction
of the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from accounts.models import User
from evaluators.models import ChangeThrough, Evaluator, EvaluatorChange
from foundation.database import bulk_write

#: What is followed over the years; values are codes, which stay.
TRACKED = ("stratum", "status", "unit", "weight_class", "employer")
_COLUMNS = ("evaluator_id", "field", "before", "after", "at", "actor_id", "through", "reason")


class Changed(NamedTuple):
    """One value of a person before and after; codes, "" for none."""

    evaluator_id: int
    field: str
    before: str
    after: str


def state_of(row: Evaluator) -> dict[str, str]:
    """What is followed of a person, as codes."""
    return {
        "stratum": row.stratum.code,
        "status": str(row.status),
        "unit": row.unit.code if row.unit else "",
        "weight_class": row.weight_class,
        "employer": row.employer.code if row.employer else "",
    }


def note(
    *,
    actor: User | None,
    row: Evaluator,
    before: dict[str, str],
    through: ChangeThrough,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """Keep what differs between ``before`` (from :func:`state_of`) and the person as it is now."""
    after = state_of(row)
    found = [Changed(row.pk, name, before[name], after[name]) for name in TRACKED if before[name] != after[name]]
    keep(actor=actor, changed=found, through=through, reason=reason, at=at)


def keep(
    *,
    actor: User | None,
    changed: Iterable[Changed],
    through: ChangeThrough,
    reason: str = "",
    at: datetime | None = None,
) -> int:
    """Keep many changes at once, all of the same moment; returns how many."""
    moment = str(connection.ops.adapt_datetimefield_value(at or timezone.now()))
    tail: tuple[Any, ...] = (moment, actor.pk if actor else None, through.value, reason[:300])
    rows = [(*one, *tail) for one in changed]
    return bulk_write(EvaluatorChange, _COLUMNS, rows) if rows else 0
