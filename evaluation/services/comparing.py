"""Leaving a department out of the comparison with last year, and taking it back in, while the round is a draft."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from departments.models import DepartmentYear
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.services.configuring import keep, lock_for_editing

#: What the log calls these changes; the page they are made on is no page of the configuration.
SECTION = "baselines"


@transaction.atomic
def set_baseline_aside(*, actor: User, round: Round, code: str, reason: str, version: int) -> Round:
    """Do not compare a department's rates with last year's: no points for its change.

    Args:
        code: of a department of the round's year.
        version: ``Round.version`` as the form was shown.

    Raises:
        PermissionDenied, Refused (frozen, no reason, no such department this year), Stale (saved in between).
    """
    locked = lock_for_editing(actor, round, version)
    if not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why.")))
    if not DepartmentYear.objects.filter(year=locked.year, department__code=code).exists():
        raise Refused(Missing("no_department", _("This department does not take part this year.")))
    return _change(actor, round, locked, {**locked.baselines_set_aside, code: reason.strip()})


@transaction.atomic
def take_baseline_back(*, actor: User, round: Round, code: str, version: int) -> Round:
    """Compare a department with last year after all. Raises PermissionDenied, Refused (frozen), Stale."""
    locked = lock_for_editing(actor, round, version)
    return _change(
        actor, round, locked, {kept: why for kept, why in locked.baselines_set_aside.items() if kept != code}
    )


def _change(actor: User, round: Round, locked: Round, after: dict[str, str]) -> Round:
    before, locked.baselines_set_aside = locked.baselines_set_aside, after
    keep(actor, locked, SECTION, _paths(before), _paths(after))
    round.refresh_from_db()
    return round


def _paths(reasons: dict[str, str]) -> dict[str, str]:
    return {f"baselines_set_aside.{code}": reason for code, reason in reasons.items()}
