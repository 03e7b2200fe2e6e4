"""A year's assessment as a file: its columns, what it would change, and storing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.policies import require
from assessment.closing import CLOSED, state_of
from assessment.marks import LIMITS, MOST_WORDS, NUMBERS, WORDS, BadNumber, Marks, is_bare_yes, number_in, words_in
from assessment.selectors import Row, marks_by_department, taking_part, years
from assessment.services import set_assessments
from departments.models import Department
from evaluation.refusals import Refused
from evaluation.states import RoundState
from foundation import audit, imports
from foundation.jobs import JobRefused
from foundation.tables import Column, Finding, ImportResult, Sheet, Table, TableSchema
from foundation.tables.codes import gettext_noop

_COLUMNS = (
    Column("code", "编号", "code", kind="code", required=True, max_length=40),
    Column("score", "考核分", "score", max_length=40),
    Column("bonus", "加分", "bonus", max_length=40),
    Column("deduction", "扣分", "deduction", max_length=40),
    Column("veto", "一票否决", "veto", max_length=MOST_WORDS),
    Column("problem", "突出问题", "problem", max_length=MOST_WORDS),
)
#: Beside the code in what is downloaded, for people; nobody is told that the import does not read it.
_NAME_HEADER = "部门"

MESSAGES = {
    "unknown_department": gettext_noop("There is no department %(department)s. Correct the code."),
    "not_taking_part": gettext_noop(
        "The department %(department)s does not take part in %(year)s. Delete the row, or give the department a group "
        "in that year first."
    ),
    "not_a_number": gettext_noop(
        "“%(value)s” is no number. Write digits and a decimal point only, e.g. 87.25, or leave the cell empty."
    ),
    "out_of_range": gettext_noop("%(value)s is outside the range of %(column)s: 0 to %(limit)s. Correct the number."),
    "too_many_decimals": gettext_noop(
        "%(value)s has more than four decimals. Round it in the list (in Excel: the value itself, not its format)."
    ),
    "no_reason": gettext_noop(
        "“%(value)s” in %(column)s gives no reason. It is stored as it stands; write what happened instead."
    ),
}


def schema() -> TableSchema:
    """The columns of the list."""
    return TableSchema(
        name="assessment",
        columns=_COLUMNS,
        header_key=("code", "score"),
        unique=(("code",),),
        silent_headers=frozenset(("原因", "Reason", _NAME_HEADER)),
    )


class YearForm(forms.Form):
    """The year that the list is about."""

    year = forms.TypedChoiceField(label=_("Year of the assessment"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = years()
        self.fields["year"].choices = [(year, str(year)) for year in found]  # type: ignore[attr-defined]
        # The newest year that can still be changed, for most lists are about that one.
        self.fields["year"].initial = next((year for year in found if state_of(year) not in CLOSED), None)


@dataclass
class _Writes:
    year: int
    marks: dict[int, Marks] = field(default_factory=dict)


def plan(table: Table, options: imports.Options) -> imports.Plan:
    """Compare the list with what stands for the year (option ``year``)."""
    year = int(options["year"])
    departments = {place.department.code: place.department for place in taking_part(year)}
    _check_departments(table, year, departments)
    numbers = {name: _numbers(table, name) for name in NUMBERS}
    _warn_of_bare_words(table)
    table.sort_findings()
    problems = [*_closed(year), *table.problems]
    good = frozenset() if any(one.row is None for one in problems) else imports.good_rows(table, problems)
    stored = marks_by_department(year)
    writes, result = _Writes(year), ImportResult(rows=len(table), problems=problems, warnings=table.warnings)
    for at, row in enumerate(table):
        if row.number not in good:
            continue
        department = departments[row.values["code"]]
        before = stored.get(department.pk, Marks())
        wanted = _wanted(table, row.values, {name: values[at] for name, values in numbers.items()}, before)
        if wanted == before:
            result.unchanged += 1
            continue
        if department.pk in stored:
            result.change += 1
        else:
            result.create += 1
        writes.marks[department.pk] = wanted
    return imports.Plan(result, writes)


def _closed(year: int) -> list[Finding]:
    state = state_of(year)
    if state not in CLOSED:
        return []
    code, message = CLOSED[RoundState(state)]
    return [Finding(None, "", code, message, {"year": year})]


def _check_departments(table: Table, year: int, departments: dict[str, Department]) -> None:
    known = set(Department.objects.values_list("code", flat=True))
    for number, code in zip(table.numbers, table.column("code"), strict=True):
        if not code or code in departments or table.is_bad(number, "code"):
            continue
        word = "not_taking_part" if code in known else "unknown_department"
        table.add_problem(number, "code", word, MESSAGES[word], department=code, year=year)


def _numbers(table: Table, name: str) -> list[Decimal | None]:
    """The numbers of a column in row order; None where the cell is empty or no such number (a problem then)."""
    found: list[Decimal | None] = []
    for number, text in zip(table.numbers, table.column(name), strict=True):
        value = None
        if not table.is_bad(number, name):
            try:
                value = number_in(text, LIMITS[name])
            except BadNumber as bad:
                table.add_problem(number, name, bad.code, MESSAGES[bad.code], value=text, limit=str(LIMITS[name]))
        found.append(value)
    return found


def _warn_of_bare_words(table: Table) -> None:
    for name in WORDS:
        for number, text in zip(table.numbers, table.column(name), strict=True):
            if is_bare_yes(text):
                table.add_warning(number, name, "no_reason", MESSAGES["no_reason"], value=text)


def _wanted(table: Table, values: dict[str, str], numbers: dict[str, Decimal | None], before: Marks) -> Marks:
    """The row as it should stand; an empty cell clears, columns that the file lacks keep what is stored."""
    zero = Decimal(0)
    return Marks(
        score=numbers["score"],
        bonus=(numbers["bonus"] or zero) if table.has("bonus") else before.bonus,
        deduction=(numbers["deduction"] or zero) if table.has("deduction") else before.deduction,
        veto=words_in(values["veto"]) if table.has("veto") else before.veto,
        problem=words_in(values["problem"]) if table.has("problem") else before.problem,
    )


def write(actor: User, done: imports.Plan, options: imports.Options, fingerprint: str) -> None:
    """Store a plan: an audit entry for each department that changes, and one for the list."""
    require(actor, "assessment.edit")
    writes: _Writes = done.writes
    if not writes.marks:
        return
    try:
        set_assessments(actor=actor, year=writes.year, marks=writes.marks)
    except Refused as refusal:  # published since the list was compared
        raise JobRefused(refusal.line, refusal.code) from refusal
    except ValidationError as error:  # a department was taken out of the year since then
        raise JobRefused(" ".join(error.messages), "changed_meanwhile") from error
    audit.record(
        actor=actor,
        action="assessment.import",
        year=writes.year,
        after={"create": done.result.create, "change": done.result.change, "sha256": fingerprint},
    )


def export_sheet(year: int, rows: Iterable[Row]) -> Sheet:
    """A year's table in the columns of the import, the department's name beside its code."""
    columns = list(_COLUMNS)
    headers = [columns[0].chinese, _NAME_HEADER, *(column.chinese for column in columns[1:])]
    lines = [
        [
            row.place.department.code,
            row.place.department.full_name,
            row.marks.score,
            row.marks.bonus or None,
            row.marks.deduction or None,
            row.marks.veto,
            row.marks.problem,
        ]
        for row in rows
    ]
    return Sheet(
        name=f"{year}年考核",
        headers=headers,
        rows=lines,
        number_formats=dict.fromkeys((2, 3, 4), "0.00##"),
        frozen_columns=2,
    )


KIND = imports.ImportKind(
    name="assessment",
    title=pgettext_lazy("work of the lead units", "Assessment"),
    lead=_("Score, bonus, deduction, veto and prominent problem of each department in a year."),
    permission="assessment.edit",
    schema=schema,
    plan=plan,
    write=write,
    list_url_name="assessment:assessment-latest",
    options_form=YearForm,
)
