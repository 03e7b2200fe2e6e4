"""The yearly confirmation by units as a list: its columns, what the answers would change, and storing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.policies import require
from evaluators.contact import phone_hash, phone_tail_hash
from evaluators.models import (
    ChangeThrough,
    Evaluator,
    EvaluatorCount,
    EvaluatorStatus,
    Unit,
    UnitConfirmation,
)
from evaluators.selectors import GROUPED_BY
from evaluators.services import history
from evaluators.services.bulk import NewEvaluator, add_evaluators
from foundation import audit, imports
from foundation.counting import compact
from foundation.database import set_by_id
from foundation.tables import Column, Finding, ImportResult, Table, TableSchema
from foundation.tables.codes import gettext_noop

HERE, LEFT, DIED, REPLACED, CORRECTED, PAUSED = "在职", "已离职", "已去世", "换人", "信息变更", "暂不参加"
MARKS = (HERE, LEFT, DIED, REPLACED, CORRECTED, PAUSED)
#: What becomes of a person by the mark; the others keep their status.
_STATUS = {
    LEFT: EvaluatorStatus.MOVED,
    DIED: EvaluatorStatus.DECEASED,
    REPLACED: EvaluatorStatus.REMOVED,
    PAUSED: EvaluatorStatus.PAUSED,
}
#: Whom a unit is asked about.
ASKED = (EvaluatorStatus.ACTIVE, EvaluatorStatus.PAUSED)

COLUMNS = (
    Column("unit_code", "单位编号", "unit_code", kind="code", required=True, max_length=40),
    Column("unit_name", "单位名称", "unit_name", max_length=200),
    Column("code", "编号", "code", kind="code", required=True, max_length=40),
    Column("name", "姓名", "name", kind="name", required=True, max_length=50),
    Column("tail", "手机尾号", "phone_tail", max_length=4),
    Column("mark", "核实结果", "mark", kind="choice", required=True),
    Column("new_name", "新姓名", "new_name", kind="name", max_length=50),
    Column("new_phone", "新手机", "new_phone", kind="phone"),
)
EDITABLE = ("mark", "new_name", "new_phone")

NOBODY = gettext_noop("The register has nobody of the code %(code)s.")
OTHER_UNIT = gettext_noop("%(code)s does not belong to unit %(unit)s (any more).")
OTHER_NAME = gettext_noop("%(code)s has another name in the register. Correct a name in the column 新姓名.")
NOT_ASKED = gettext_noop("%(code)s is no longer asked about: moved away, deceased, removed, merged or anonymised.")
NAME_NEEDED = gettext_noop("Give the name of the person who takes the place of %(code)s.")
NOTHING_NEW = gettext_noop("Say what is new: a name or a mobile number.")
NEW_UNWANTED = gettext_noop("A new name or number is given, but the result says neither 换人 nor 信息变更.")
PERSON_EXISTS = gettext_noop("The register has a person of this name and mobile number already: %(code)s.")
CODE_TAKEN = gettext_noop("The new person would get the code %(code)s, which somebody has already.")
UNANSWERED = gettext_noop("Unit %(unit)s: the list has no answer about %(count)s of its people.")


class YearForm(forms.Form):
    """The year for which units confirm their people."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = timezone.localdate().year
        self.fields["year"].choices = [(year, str(year)) for year in (now, now - 1)]  # type: ignore[attr-defined]
        self.fields["year"].initial = now


def schema() -> TableSchema:
    """The columns of the sheet."""
    table = TableSchema(name="confirmation", columns=COLUMNS, header_key=("code", "mark"), unique=(("code",),))
    return table.with_choices(mark=MARKS)


class _Person(NamedTuple):
    pk: int
    name: str
    status: str
    unit_id: int | None
    unit_code: str
    stratum_id: int
    district: str
    industry: str
    phone_hash: bytes
    anonymised: bool


@dataclass
class _Answers:
    """What to store: rows by person, the new people, the units that answered, and how many differ in each."""

    year: int
    confirmed: list[int] = field(default_factory=list)
    status: list[tuple[int, str, str]] = field(default_factory=list)  # key, before, after
    names: list[tuple[int, str]] = field(default_factory=list)
    phones: list[tuple[int, str]] = field(default_factory=list)
    new: list[NewEvaluator] = field(default_factory=list)
    units: set[int] = field(default_factory=set)
    differences: Counter[int] = field(default_factory=Counter)


_READ = (
    "pk", "name", "status", "unit_id", "unit__code", "stratum_id", "district", "industry", "phone_hash",
    "anonymised_at",
)  # fmt: skip


def _known(codes: list[str]) -> dict[str, _Person]:
    found = {}
    for at in range(0, len(codes), 5_000):
        rows = Evaluator.objects.filter(code__in=codes[at : at + 5_000]).values_list("code", *_READ)
        for code, *values in rows:
            values[4], values[8], values[9] = values[4] or "", bytes(values[8]), values[9] is not None
            found[code] = _Person(*values)
    return found


def plan(table: Table, options: imports.Options) -> imports.Plan:
    """Compare the answers with the register."""
    year = int(options.get("year") or timezone.localdate().year)
    people = _known(table.column("code"))
    problems, warnings = list(table.problems), list(table.warnings)
    problems += _own_problems(table, people, year)
    good = imports.good_rows(table, problems)
    answers, result = _Answers(year), ImportResult(rows=len(table))
    there = _names_of([_successor(code, year) for code in people])
    for row in table:
        if row.number in good:
            person = people[row.values["code"]]
            done = _successor(row.values["code"], year) in there
            _take(row.values, person, answers, result, replaced_already=done)
    named = {person.pk for person in people.values()}
    for code, count in _unanswered(answers.units, year, named).values():
        params = {"unit": code, "count": count}
        warnings.append(Finding(None, "", "unanswered", UNANSWERED, params, severity="warning"))
    result.problems = sorted(problems, key=lambda one: (one.row is None, one.row or 0))
    result.warnings = warnings
    return imports.Plan(result, answers)


def _take(
    values: dict[str, str], person: _Person, answers: _Answers, result: ImportResult, *, replaced_already: bool
) -> None:
    """Note what one answer changes."""
    mark, differs = values["mark"], False
    after = _STATUS.get(mark, person.status)
    if mark == HERE and person.status == EvaluatorStatus.PAUSED:
        after = EvaluatorStatus.ACTIVE
    if after != person.status:
        answers.status.append((person.pk, person.status, str(after)))
        differs = True
    if mark == CORRECTED:
        if values["new_name"] and values["new_name"] != person.name:
            answers.names.append((person.pk, values["new_name"]))
            differs = True
        if values["new_phone"] and phone_hash(values["new_phone"]) != person.phone_hash:
            answers.phones.append((person.pk, values["new_phone"]))
            differs = True
    if mark == REPLACED and not replaced_already:
        answers.new.append(
            NewEvaluator(
                code=_successor(values["code"], answers.year),
                name=values["new_name"],
                stratum_id=person.stratum_id,
                unit_id=person.unit_id,
                district=person.district,
                industry=person.industry,
                phone=values["new_phone"],
                proposed_by=values["unit_code"],
            )
        )
        result.create += 1
    elif differs:
        result.change += 1
    else:
        result.unchanged += 1
    if mark in (HERE, CORRECTED, PAUSED):
        answers.confirmed.append(person.pk)
    if person.unit_id is not None:
        answers.units.add(person.unit_id)
        answers.differences[person.unit_id] += differs


def _successor(code: str, year: int) -> str:
    """The code of whoever takes somebody's place."""
    return f"{code}-{year}"


def _own_problems(table: Table, people: dict[str, _Person], year: int) -> list[Finding]:
    """Rows that do not fit the register, or say too little or too much."""
    headers = {column.field: column.chinese for column in COLUMNS}
    found: list[Finding] = []
    there = _names_of([_successor(row.values["code"], year) for row in table if row.values["mark"] == REPLACED])
    known_people = _same_people({row.values["new_phone"] for row in table if row.values["new_phone"]})

    def note(number: int, name: str, problem: str, message: str, /, **params: Any) -> None:
        if (number, name) not in table.bad_cells:
            found.append(Finding(number, headers[name], problem, message, params))

    for row in table:
        values, number = row.values, row.number
        code, person = values["code"], people.get(values["code"])
        if not code or (number, "code") in table.bad_cells:
            continue
        if person is None:
            note(number, "code", "unknown_person", NOBODY, code=code)
            continue
        mark, new_name, new_phone = values["mark"], values["new_name"], values["new_phone"]
        # The same sheet once more finds what it has changed: that is no problem, and changes nothing.
        settled = person.status == _STATUS.get(mark)
        renamed = mark == CORRECTED and person.name == new_name
        successor = _successor(code, year)
        if person.anonymised or (person.status not in ASKED and not settled):
            note(number, "code", "not_asked", NOT_ASKED, code=code)
        elif person.unit_code != values["unit_code"]:
            note(number, "unit_code", "other_unit", OTHER_UNIT, code=code, unit=values["unit_code"])
        elif person.name != values["name"] and not renamed:
            note(number, "name", "other_name", OTHER_NAME, code=code)
        if mark == REPLACED and not new_name:
            note(number, "new_name", "name_needed", NAME_NEEDED, code=code)
        if mark == CORRECTED and not new_name and not new_phone:
            note(number, "new_name", "nothing_new", NOTHING_NEW)
        if mark in MARKS and mark not in (REPLACED, CORRECTED) and (new_name or new_phone):
            note(number, "new_name", "new_unwanted", NEW_UNWANTED)
        if mark == REPLACED and there.get(successor, new_name) != new_name:
            note(number, "code", "code_taken", CODE_TAKEN, code=successor)
        other = known_people.get((new_name or values["name"], phone_hash(new_phone))) if new_phone else None
        if other is not None and other != (code if mark == CORRECTED else successor):
            note(number, "new_phone", "person_exists", PERSON_EXISTS, code=other)
    return found


def _same_people(phones: set[str]) -> dict[tuple[str, bytes], str]:
    """Who has one of these numbers: (name, hash) → code."""
    numbers = {phone_hash(phone) for phone in phones}
    tails = {phone_tail_hash(phone) for phone in phones}
    rows = Evaluator.objects.filter(phone_tail_hash__in=tails).exclude(status=EvaluatorStatus.MERGED)
    found = rows.values_list("name", "phone_hash", "code") if phones else ()
    return {(name, bytes(hashed)): code for name, hashed, code in found if bytes(hashed) in numbers}


def _names_of(codes: list[str]) -> dict[str, str]:
    """Code → name of those of these codes whom the register has."""
    found: dict[str, str] = {}
    for at in range(0, len(codes), 5_000):
        found |= dict(Evaluator.objects.filter(code__in=codes[at : at + 5_000]).values_list("code", "name"))
    return found


def _unanswered(units: Iterable[int], year: int, named: Set[int] = frozenset()) -> dict[int, tuple[str, int]]:
    """Unit → its code, and how many of its people have no answer for the year, those ``named`` aside."""
    waiting: Counter[tuple[int, str]] = Counter()
    rows = Evaluator.objects.filter(unit__in=units, status__in=ASKED, anonymised_at=None)
    rows = rows.exclude(confirmed_year__isnull=False, confirmed_year__gte=year)
    for pk, unit, code in rows.values_list("pk", "unit_id", "unit__code"):
        if pk not in named:
            waiting[unit, code] += 1
    return {unit: (code, count) for (unit, code), count in waiting.items()}


def write(actor: User, done: imports.Plan, options: imports.Options, fingerprint: str) -> None:
    """Store the answers; history and one audit entry with counts."""
    require(actor, "registry.edit")
    answers: _Answers = done.writes
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    set_by_id(Evaluator, ["confirmed_year"], [[pk, answers.year] for pk in answers.confirmed])
    set_by_id(Evaluator, ["status", "updated_at"], [[pk, after, now] for pk, _before, after in answers.status])
    set_by_id(Evaluator, ["name", "updated_at"], [[pk, name, now] for pk, name in answers.names])
    seal: Any = Evaluator._meta.get_field("phone")
    set_by_id(
        Evaluator,
        ["phone", "phone_hash", "phone_tail_hash", "updated_at"],
        [[pk, seal.encrypt(new), phone_hash(new), phone_tail_hash(new), now] for pk, new in answers.phones],
    )
    history.keep(
        actor=actor,
        changed=(history.Changed(pk, "status", before, after) for pk, before, after in answers.status),
        through=ChangeThrough.CONFIRMATION,
    )
    if answers.new:
        names = dict(Unit.objects.filter(pk__in=[one.unit_id for one in answers.new]).values_list("pk", "name"))
        add_evaluators(one._replace(proposed_by=names.get(one.unit_id or 0, "")) for one in answers.new)
        codes = [one.code for one in answers.new]
        fresh = Evaluator.objects.filter(code__in=codes).values_list("pk", flat=True)
        set_by_id(Evaluator, ["confirmed_year"], [[pk, answers.year] for pk in fresh])
    compact(EvaluatorCount, GROUPED_BY, "people")
    _note_returned(actor, answers)
    audit.record(
        actor=actor,
        action="confirmation.take",
        year=answers.year,
        after={
            "units": len(answers.units),
            "people": len(answers.confirmed),
            "change": done.result.change,
            "create": done.result.create,
            "sha256": fingerprint,
        },
    )


def _note_returned(actor: User, answers: _Answers) -> None:
    """Which units have answered, for how many nothing was said, and how many answers changed something."""
    waiting = _unanswered(answers.units, answers.year)
    for unit in sorted(answers.units):
        row, _made = UnitConfirmation.objects.get_or_create(unit_id=unit, year=answers.year)
        row.returned_at, row.returned_by = timezone.now(), actor
        row.differences += answers.differences[unit]
        row.missing = waiting.get(unit, ("", 0))[1]
        row.save()


KIND = imports.ImportKind(
    name="confirmation",
    title=_("Confirmation by units"),
    lead=_("The sheets that came back: who is still there, who has left, who takes whose place."),
    permission="registry.edit",
    schema=schema,
    plan=plan,
    write=write,
    list_url_name="evaluators:confirmation-list",
    options_form=YearForm,
    offered=lambda: {"mark": list(MARKS)},
)
