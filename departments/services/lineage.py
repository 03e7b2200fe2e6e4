"""What became of departments over the years."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.freezes import refuse_frozen
from departments.models import Department, Lineage, LineageKind
from foundation import audit
from foundation.errors import Conflict


@transaction.atomic
def add_lineage(*, actor: User, successor: Department, predecessor: Department, kind: str, year: int) -> Lineage:
    """Say what a department carries on from a year.

    Raises PermissionDenied, and ValidationError: the year is frozen; a department would follow from itself, or two
    from each other; a renamed department would have two successors in one year.
    """
    require(actor, "departments.edit")
    refuse_frozen(year)
    if successor.pk == predecessor.pk:
        raise ValidationError({"predecessor": _("A department cannot follow from itself.")})
    if Lineage.objects.filter(successor=predecessor, predecessor=successor, year=year).exists():
        raise ValidationError({"predecessor": _("In the same year these two already follow each other the other way.")})
    others = Lineage.objects.filter(predecessor=predecessor, year=year).exclude(successor=successor)
    if others.exists() and (kind == LineageKind.RENAMED or others.filter(kind=LineageKind.RENAMED).exists()):
        raise ValidationError(
            {"kind": _("A renamed department has one successor only; where there are several it was split.")}
        )
    row = Lineage(successor=successor, predecessor=predecessor, kind=kind, year=year)
    row.full_clean(validate_unique=False, validate_constraints=False)
    if Lineage.objects.filter(successor=successor, predecessor=predecessor, year=year).exists():
        raise ValidationError({"predecessor": _("This is known already.")})
    row.save()
    audit.record(
        actor=actor,
        action="department.lineage",
        subject=successor,
        label=successor.full_name,
        year=year,
        after={"predecessor": predecessor.code, "kind": kind},
    )
    return row


@transaction.atomic
def remove_lineage(*, actor: User, lineage: Lineage) -> None:
    """Take a lineage back. Raises PermissionDenied, ValidationError for a frozen year, Conflict if it is gone."""
    require(actor, "departments.edit")
    refuse_frozen(lineage.year)
    row = Lineage.objects.select_for_update(of=("self",)).filter(pk=lineage.pk).first()
    if row is None:
        raise Conflict(_("Somebody else has removed this already."))
    audit.record(
        actor=actor,
        action="department.lineage",
        subject=row.successor,
        label=row.successor.full_name,
        year=row.year,
        before={"predecessor": row.predecessor.code, "kind": row.kind},
    )
    row.delete()
