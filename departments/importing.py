"""The list of departments as a file: its columns, what it would change, and storing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.policies import require
from departments.freezes import frozen_reason, hold
from departments.models import Department, DepartmentGroup, DepartmentYear, Sector
from departments.years import default_year
from foundation import audit, imports
from foundation.tables import Column, Finding, ImportResult, Table, TableSchema
from foundation.tables.codes import gettext_noop

_ACTIVE = {"有效": True, "在用": True, "active": True, "停用": False, "无效": False, "撤销": False, "inactive": False}

_COLUMNS = (
    Column("code", "编号", "code", kind="code", required=True, max_length=40),
    Column("name", "全称", "name", kind="name", required=True, max_length=100),
    Column("short_name", "简称", "short_name", kind="name", max_length=40),
    Column("group", "组别", "group", kind="choice", required=True),
    Column("sector", "片", "sector", max_length=60),
    Column("status", "状态", "status", kind="choice"),
)

BAD_CODE = gettext_noop("%(code)s is no code: letters, digits, dots, hyphens and underscores, at most 40.")
YEAR_FROZEN = gettext_noop("The departments of %(year)s can no longer be changed: %(reason)s")


def schema() -> TableSchema:
    """The columns of the list, with today's groups."""
    groups = DepartmentGroup.objects.values_list("name", "code", "name_en").order_by("order", "code")
    return TableSchema(
        name="departments", columns=_COLUMNS, header_key=("code", "name"), unique=(("code",),)
    ).with_choices(
        group=dict.fromkeys(word for words in zip(*groups, strict=True) for word in words if word),
        status=_ACTIVE,
    )


def offered() -> dict[str, list[str]]:
    """What the template offers: one word for each group and status."""
    return {"group": list(DepartmentGroup.objects.values_list("name", flat=True)), "status": ["有效", "停用"]}


class YearForm(forms.Form):
    """The year whose groups and sectors the list gives."""

    year = forms.IntegerField(label=_("Year of the round"), min_value=1990, max_value=2200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = default_year()


@dataclass(frozen=True)
class _Wanted:
    """One row as it should stand."""

    code: str
    full_name: str
    short_name: str
    is_active: bool
    group_id: int
    sector: str


@dataclass
class _Writes:
    year: int
    rows: list[_Wanted] = field(default_factory=list)
    new: int = 0


def plan(table: Table, options: imports.Options) -> imports.Plan:
    """Compare the list with the departments and their groups in the year (option ``year``)."""
    year = int(options.get("year") or default_year())
    problems = list(table.problems)
    hold(year)  # to the end of the transaction that stores the plan; a preview lets it go at once
    if reason := frozen_reason(year):
        problems.append(Finding(None, "", "year_frozen", YEAR_FROZEN, {"year": year, "reason": str(reason)}))
    problems += _bad_codes(table)
    good = imports.good_rows(table, problems)
    if any(problem.row is None for problem in problems):
        good = frozenset()
    stored = {row.code: row for row in Department.objects.all()}
    years = {
        row.department.code: row
        for row in DepartmentYear.objects.filter(year=year).select_related("department", "sector")
    }
    groups = {word: pk for pk, *words in DepartmentGroup.objects.values_list("pk", "name", "code", "name_en")
              for word in words if word}  # fmt: skip
    writes, result = _Writes(year), ImportResult(rows=len(table), problems=problems, warnings=table.warnings)
    for row in table:
        if row.number not in good:
            continue
        before, before_year = stored.get(row.values["code"]), years.get(row.values["code"])
        wanted = _wanted(table, row.values, before, before_year, groups)
        if before is None:
            result.create += 1
            writes.new += 1
        elif _stands(before, before_year, wanted):
            result.unchanged += 1
            continue
        else:
            result.change += 1
        writes.rows.append(wanted)
    return imports.Plan(result, writes)


def _bad_codes(table: Table) -> list[Finding]:
    validate = Department._meta.get_field("code").run_validators
    found = []
    for number, code in zip(table.numbers, table.column("code"), strict=True):
        if code and (number, "code") not in table.bad_cells:
            try:
                validate(code)
            except forms.ValidationError:
                found.append(Finding(number, "编号", "bad_code", BAD_CODE, {"code": code}))
    return found


def _wanted(
    table: Table,
    values: dict[str, str],
    before: Department | None,
    before_year: DepartmentYear | None,
    groups: dict[str, int],
) -> _Wanted:
    """The row as it should stand; columns that the file lacks keep what is stored."""
    sector = before_year.sector.name if before_year and before_year.sector else ""
    return _Wanted(
        code=values["code"],
        full_name=values["name"],
        short_name=values["short_name"] if table.has("short_name") or before is None else before.short_name,
        is_active=_ACTIVE.get(values["status"], True) if table.has("status") or before is None else before.is_active,
        group_id=groups[values["group"]],
        sector=values["sector"] if table.has("sector") else sector,
    )


def _stands(before: Department, year: DepartmentYear | None, wanted: _Wanted) -> bool:
    """True if the database says all of it already."""
    if (before.full_name, before.short_name, before.is_active) != (
        wanted.full_name,
        wanted.short_name,
        wanted.is_active,
    ):
        return False
    if not wanted.is_active:
        return year is None
    return year is not None and (year.group_id, year.sector.name if year.sector else "") == (
        wanted.group_id,
        wanted.sector,
    )


def write(actor: User, done: imports.Plan, options: imports.Options, fingerprint: str) -> None:
    """Store a plan; unknown sectors are created, an inactive department does not take part in the year."""
    require(actor, "departments.edit")
    writes: _Writes = done.writes
    stored = {row.code: row for row in Department.objects.filter(code__in=[row.code for row in writes.rows])}
    sectors = _sectors({row.sector for row in writes.rows if row.sector})
    for row in writes.rows:
        department = stored.get(row.code) or Department(code=row.code)
        department.full_name, department.short_name, department.is_active = (
            row.full_name,
            row.short_name,
            row.is_active,
        )
        department.full_clean(validate_unique=department.pk is None)
        department.save()
        if row.is_active:
            DepartmentYear.objects.update_or_create(
                department=department,
                year=writes.year,
                defaults={"group_id": row.group_id, "sector": sectors.get(row.sector)},
            )
        else:
            DepartmentYear.objects.filter(department=department, year=writes.year).delete()
    if writes.rows:
        audit.record(
            actor=actor,
            action="departments.import",
            year=writes.year,
            after={"create": done.result.create, "change": done.result.change, "sha256": fingerprint},
        )


def _sectors(names: set[str]) -> dict[str, Sector]:
    """The sectors of these names; unknown ones are created with the next free number as code."""
    known = {row.name: row for row in Sector.objects.all()}
    taken = {row.code for row in known.values()}
    number = 0
    for name in sorted(names - known.keys()):
        number += 1
        while f"P{number:02d}" in taken:
            number += 1
        taken.add(f"P{number:02d}")
        known[name] = Sector.objects.create(code=f"P{number:02d}", name=name, order=len(known) + 1)
    return known


KIND = imports.ImportKind(
    name="departments",
    title=_("Departments"),
    lead=_("Departments with their group and sector in a year."),
    permission="departments.edit",
    schema=schema,
    plan=plan,
    write=write,
    list_url_name="departments:department-list",
    options_form=YearForm,
    offered=offered,
)
