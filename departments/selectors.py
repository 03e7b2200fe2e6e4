"""Reading departments by year, within what a person may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, FilteredRelation, Max, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.policies import scope_of
from departments.freezes import frozen_reason
from departments.models import Department, DepartmentYear

_LAST = Value(32_767)  # without a group or sector: at the end, in either database


def years_with_departments() -> list[int]:
    """The years in which departments take part, newest first."""
    return list(DepartmentYear.objects.order_by("-year").values_list("year", flat=True).distinct())


def visible_to(user: Any, permission: str = "departments.view") -> QuerySet[Department]:
    """The departments for which the user holds the permission: all, single ones, or those ever in a sector."""
    scope = scope_of(user, permission)
    if scope.everything:
        return Department.objects.all()
    in_sectors = DepartmentYear.objects.filter(sector__code__in=scope.codes.get("sector", ()))
    return Department.objects.filter(
        Q(code__in=scope.codes.get("department", ())) | Q(pk__in=in_sectors.values("department"))
    )


def in_year(rows: QuerySet[Department], year: int) -> QuerySet[Any]:
    """Departments with what they are in a year: ``group_pk``, ``group_name`` …, None where they do not take part."""
    return rows.annotate(
        of_year=FilteredRelation("years", condition=Q(years__year=year)),
        group_pk=F("of_year__group"),
        group_order=Coalesce(F("of_year__group__order"), _LAST),
        group_name=F("of_year__group__name"),
        group_name_en=F("of_year__group__name_en"),
        sector_pk=F("of_year__sector"),
        sector_order=Coalesce(F("of_year__sector__order"), _LAST),
        sector_name=F("of_year__sector__name"),
    )


def taking_part(rows: QuerySet[Department], year: int) -> QuerySet[Any]:
    """Those of the departments that take part in a year, in the order of the groups; as :func:`in_year`."""
    return in_year(rows, year).filter(group_pk__isnull=False).order_by("group_order", "group_pk", "code")


def not_taking_part_count(rows: QuerySet[Department], year: int) -> int:
    """How many active departments do not take part in a year."""
    return (
        rows.filter(is_active=True)
        .exclude(pk__in=DepartmentYear.objects.filter(year=year).values("department"))
        .count()
    )


def years_of(department: Department) -> list[tuple[DepartmentYear, str]]:
    """A department's years, newest first, each with why it can no longer be changed ("" while it can)."""
    rows = department.years.select_related("group", "sector").order_by("-year")
    return [(row, str(frozen_reason(row.year))) for row in rows]


def sizes(field: str) -> dict[int, tuple[int, int]]:
    """Primary key of a group or sector (``field``) → its newest year with departments, and how many it had then."""
    rows = DepartmentYear.objects.exclude(**{field: None}).order_by()
    newest = dict(rows.values(field).annotate(newest=Max("year")).values_list(field, "newest"))
    counts = {
        (key, year): number
        for key, year, number in rows.values(field, "year")
        .annotate(number=Count("pk"))
        .values_list(field, "year", "number")
    }
    return {key: (year, counts[key, year]) for key, year in newest.items()}
