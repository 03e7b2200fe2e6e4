"""Reading assessments: who may see and change which, and a year's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from accounts.models import ScopeKind
from accounts.policies import scope_of
from assessment.marks import Marks
from assessment.models import Assessment
from departments.models import DepartmentYear

#: What the list can be narrowed to, beside words and group.
WITHOUT_SCORE, NOTED = "without_score", "noted"


@dataclass(frozen=True)
class Row:
    """A department that takes part in a year, and what it was given; blank marks where nothing was entered."""

    place: DepartmentYear
    marks: Marks
    may_edit: bool


@dataclass
class Group:
    """The rows of one department group."""

    code: str
    label: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class YearTable:
    """A year's table as one person may see it; ``scored`` of ``total`` visible departments have a score."""

    groups: list[Group]
    found: int
    scored: int
    total: int


def years() -> list[int]:
    """The years that have departments, newest first."""
    return list(DepartmentYear.objects.order_by("-year").values_list("year", flat=True).distinct())


def taking_part(year: int) -> QuerySet[DepartmentYear]:
    """The departments of a year with group and sector, in the order of the groups."""
    return (
        DepartmentYear.objects.filter(year=year)
        .select_related("department", "group", "sector")
        .order_by("group__order", "group__code", "department__code")
    )


def allows(user: Any, permission: str, place: DepartmentYear) -> bool:
    """Whether a permission held for everything, a department or a sector covers this department in its year."""
    scope = scope_of(user, permission)
    return scope.covers(ScopeKind.DEPARTMENT, place.department.code) or bool(
        place.sector and scope.covers(ScopeKind.SECTOR, place.sector.code)
    )


def visible_to(user: Any, year: int) -> QuerySet[DepartmentYear]:
    """The departments of a year whose assessment the user may see (the queryset form of :func:`allows`)."""
    scope = scope_of(user, "assessment.view")
    rows = taking_part(year)
    if scope.everything:
        return rows
    return rows.filter(
        Q(department__code__in=scope.codes.get(ScopeKind.DEPARTMENT, set()))
        | Q(sector__code__in=scope.codes.get(ScopeKind.SECTOR, set()))
    )


def marks_of(row: Assessment | None) -> Marks:
    """What is stored, or blank marks."""
    return Marks(row.score, row.bonus, row.deduction, row.veto, row.problem) if row else Marks()


def marks_by_department(year: int) -> dict[int, Marks]:
    """Department id → marks, of the departments for which something was entered."""
    return {row.department_id: marks_of(row) for row in Assessment.objects.filter(year=year)}


def place_of(year: int, department_id: int) -> DepartmentYear | None:
    """The department in this year; None if it does not take part."""
    return taking_part(year).filter(department_id=department_id).first()


def place_after(user: Any, place: DepartmentYear) -> DepartmentYear | None:
    """The next department of the list that the user may change; None at the end."""
    rows = list(visible_to(user, place.year))
    at = rows.index(place) if place in rows else len(rows)
    return next((row for row in rows[at + 1 :] if allows(user, "assessment.edit", row)), None)


def year_table(user: Any, year: int, wanted: Mapping[str, Any] | None = None) -> YearTable:
    """The year's departments by group, narrowed by ``wanted``: q (words), group (code), show (one of the above)."""
    wanted = wanted or {}
    given = marks_by_department(year)
    rows = [
        Row(place, given.get(place.department_id, Marks()), allows(user, "assessment.edit", place))
        for place in visible_to(user, year)
    ]
    groups: dict[str, Group] = {}
    found = 0
    for row in rows:
        if _fits(row, wanted):
            group = row.place.group
            groups.setdefault(group.code, Group(group.code, group_label(group))).rows.append(row)
            found += 1
    scored = sum(row.marks.score is not None for row in rows)
    return YearTable(list(groups.values()), found, scored, len(rows))


def _fits(row: Row, wanted: Mapping[str, Any]) -> bool:
    department, marks = row.place.department, row.marks
    text = (wanted.get("q") or "").casefold()
    names = (department.code, department.full_name, department.short_name, marks.veto, marks.problem)
    if text and not any(text in name.casefold() for name in names):
        return False
    if wanted.get("group") and row.place.group.code != wanted["group"]:
        return False
    if wanted.get("show") == WITHOUT_SCORE:
        return marks.score is None
    if wanted.get("show") == NOTED:
        return bool(marks.bonus or marks.deduction or marks.veto or marks.problem)
    return True


def group_label(group: Any) -> str:
    """The group's name in the reader's language."""
    chinese = (get_language() or "").startswith("zh")
    return group.name if chinese or not group.name_en else group.name_en
