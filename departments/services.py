"""Every change of departments, their groups and their lineage."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.policies import require
from departments.models import DepartmentYear
from foundation import audit


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
