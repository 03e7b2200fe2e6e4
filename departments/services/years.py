"""Group and sector of departments in a year."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.freezes import refuse_frozen
from departments.models import Department, DepartmentGroup, DepartmentYear, Sector
from departments.years import default_year
from foundation import audit


@transaction.atomic
def copy_year(*, actor: User, from_year: int, to_year: int) -> int:
    """Give the active departments of one year the same group and sector in another that has no departments yet.

    Returns how many were copied: none if the year has departments already. Raises PermissionDenied, ValidationError
    for a year whose round is frozen.
    """
    require(actor, "departments.edit")
    refuse_frozen(to_year)
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
def set_year(
    *, actor: User, department: Department, year: int, group: DepartmentGroup | None, sector: Sector | None
) -> DepartmentYear | None:
    """Give a department its group and sector in a year; without a group it does not take part (None is returned).

    Raises PermissionDenied, and ValidationError for a year whose round is frozen or an inactive department that would
    take part in the present or a later year.
    """
    require(actor, "departments.edit")
    refuse_frozen(year)
    department = Department.objects.select_for_update().get(pk=department.pk)
    if group is not None and not department.is_active and year >= default_year():
        raise ValidationError({"group": _("An inactive department cannot take part. Activate it first.")})
    row = DepartmentYear.objects.filter(department=department, year=year).select_related("group", "sector").first()
    before = _state(row)
    if group is None:
        if row is not None:
            row.delete()
        row = None
    else:
        row = row or DepartmentYear(department=department, year=year)
        row.group, row.sector = group, sector
        row.full_clean()
        row.save()
    after = _state(row)
    if before != after:
        audit.record(
            actor=actor,
            action="department.year",
            subject=department,
            label=department.full_name,
            year=year,
            before=before,
            after=after,
        )
    return row


def _state(row: DepartmentYear | None) -> dict[str, str] | None:
    return {"group": row.group.name, "sector": row.sector.name if row.sector else ""} if row else None
