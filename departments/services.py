"""Every change of departments, their groups and their lineage."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.freezes import frozen_reason
from departments.models import Department, DepartmentGroup, DepartmentYear, Lineage, Sector
from foundation import audit

_SHOWN = ("code", "full_name", "short_name", "is_active")


@transaction.atomic
def copy_year(*, actor: User, from_year: int, to_year: int) -> int:
    """Give the active departments of one year the same group and sector in another that has no departments yet.

    Returns how many were copied: none if the year has departments already. Raises PermissionDenied.
    """
    require(actor, "departments.edit")
    if DepartmentYear.objects.filter(year=to_year).exists():
        return 0
    rows = DepartmentYear.objects.filter(year=from_year, department__is_active=True)
    copies = [
        DepartmentYear(department_id=row.department_id, year=to_year, group_id=row.group_id, sector_id=row.sector_id)
        for row in rows
    ]
    DepartmentYear.objects.bulk_create(copies)
    audit.record(
        actor=actor,
        action="departments.copy_year",
        year=to_year,
        after={"from_year": from_year, "departments": len(copies)},
    )
    return len(copies)


@transaction.atomic
def save_department(
    *, actor: User, department: Department | None, code: str, full_name: str, short_name: str, is_active: bool
) -> Department:
    """Create a department, or change one (its code stays). Raises PermissionDenied, ValidationError."""
    require(actor, "departments.edit")
    row = Department.objects.select_for_update().get(pk=department.pk) if department else Department(code=code)
    before = {key: getattr(row, key) for key in _SHOWN} if department else {}
    row.full_name, row.short_name, row.is_active = full_name, short_name, is_active
    row.full_clean()
    row.save()
    old, new = audit.changes(before, {key: getattr(row, key) for key in _SHOWN})
    if new:
        action = "department.change" if department else "department.create"
        audit.record(actor=actor, action=action, subject=row, label=row.full_name, before=old or None, after=new)
    return row


@transaction.atomic
def set_year(
    *, actor: User, department: Department, year: int, group: DepartmentGroup | None, sector: Sector | None
) -> None:
    """Give a department its group and sector in a year; without a group it does not take part.

    Raises PermissionDenied, ValidationError for a year whose round is frozen.
    """
    require(actor, "departments.edit")
    if reason := frozen_reason(year):
        raise ValidationError(
            _("The departments of %(year)s can no longer be changed: %(reason)s") % {"year": year, "reason": reason}
        )
    row = DepartmentYear.objects.filter(department=department, year=year).select_related("group", "sector").first()
    before = {"group": row.group.name, "sector": row.sector.name if row.sector else ""} if row else None
    if group is None:
        if row is not None:
            row.delete()
    else:
        row = row or DepartmentYear(department=department, year=year)
        row.group, row.sector = group, sector
        row.full_clean()
        row.save()
    after = {"group": group.name, "sector": sector.name if sector else ""} if group else None
    if before != after:
        audit.record(actor=actor, action="department.year", subject=department, year=year, before=before, after=after)


@transaction.atomic
def add_lineage(*, actor: User, successor: Department, predecessor: Department, kind: str, year: int) -> Lineage:
    """Say what a department carries on from a year. Raises PermissionDenied, ValidationError."""
    require(actor, "departments.edit")
    if reason := frozen_reason(year):
        raise ValidationError(
            _("The departments of %(year)s can no longer be changed: %(reason)s") % {"year": year, "reason": reason}
        )
    if successor.pk == predecessor.pk:
        raise ValidationError(_("A department cannot follow from itself."))
    row = Lineage(successor=successor, predecessor=predecessor, kind=kind, year=year)
    row.full_clean()
    row.save()
    audit.record(
        actor=actor,
        action="department.lineage",
        subject=successor,
        year=year,
        after={"predecessor": predecessor.code, "kind": kind},
    )
    return row


@transaction.atomic
def remove_lineage(*, actor: User, lineage: Lineage) -> None:
    """Take a lineage back. Raises PermissionDenied, ValidationError for a frozen year."""
    require(actor, "departments.edit")
    if reason := frozen_reason(lineage.year):
        raise ValidationError(
            _("The departments of %(year)s can no longer be changed: %(reason)s")
            % {"year": lineage.year, "reason": reason}
        )
    audit.record(
        actor=actor,
        action="department.lineage",
        subject=lineage.successor,
        year=lineage.year,
        before={"predecessor": lineage.predecessor.code, "kind": lineage.kind},
    )
    lineage.delete()
