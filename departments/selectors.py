"""Reading departments by year."""

from __future__ import annotations

from django.db.models import QuerySet

from departments.models import Department, DepartmentYear


def years_with_departments() -> list[int]:
    """The years in which departments take part, newest first."""
    return list(DepartmentYear.objects.order_by("-year").values_list("year", flat=True).distinct())


def taking_part(year: int) -> QuerySet[DepartmentYear]:
    """The departments of a year with group and sector, in the order of the groups."""
    return (
        DepartmentYear.objects.filter(year=year)
        .select_related("department", "group", "sector")
        .order_by("group__order", "group__code", "department__code")
    )


def without_year(year: int) -> QuerySet[Department]:
    """Departments that do not take part in a year."""
    return Department.objects.exclude(years__year=year).order_by("code")
