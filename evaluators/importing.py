"""The registry as a file: its columns, what it would change, and storing it. Up to some 200,000 rows at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.policies import require
from departments.models import Department, code_validator
from evaluators.contact import email_hash, phone_hash, phone_tail_hash
from evaluators.models import ChangeThrough, Evaluator, EvaluatorCount, EvaluatorStatus, Stratum, Unit
from evaluators.selectors import GROUPED_BY, survivor_codes
from evaluators.services import history
from evaluators.services.bulk import NewEvaluator, NewUnit, add_evaluators, add_units
from foundation import audit, imports
from foundation.counting import compact
from foundation.database import set_by_id
from foundation.tables import Column, Finding, ImportResult, Table, TableSchema
from foundation.tables.codes import gettext_noop

_STATUS = {
    "有效": EvaluatorStatus.ACTIVE, "正常": EvaluatorStatus.ACTIVE, "active": EvaluatorStatus.ACTIVE,
    "暂停": EvaluatorStatus.PAUSED, "停用": EvaluatorStatus.PAUSED, "paused": EvaluatorStatus.PAUSED,
    "迁出": EvaluatorStatus.MOVED, "调离": EvaluatorStatus.MOVED, "moved": EvaluatorStatus.MOVED,
    "去世": EvaluatorStatus.DECEASED, "死亡": EvaluatorStatus.DECEASED, "deceased": EvaluatorStatus.DECEASED,
    "移除": EvaluatorStatus.REMOVED, "无效": EvaluatorStatus.REMOVED, "removed": EvaluatorStatus.REMOVED,
}  # fmt: skip

_COLUMNS = (
    Column("code", "编号", "code", kind="code", required=True, max_length=40),
    Column("name", "姓名", "name", kind="name", required=True, max_length=50),
    Column("stratum", "层面", "stratum", kind="choice", required=True),
    Column("unit_code", "单位编号", "unit_code", kind="code", max_length=40),
    Column("unit_name", "单位名称", "unit_name", max_length=200),
    Column("district", "区县", "district", max_length=100),
    Column("industry", "行业", "industry", max_length=100),
    Column("phone", "手机", "phone", kind="phone"),
    Column("email", "邮箱", "email", kind="email", max_length=254),
    Column("weight_class", "权重类别", "weight_class", max_length=40),
    Column("status", "状态", "status", kind="choice"),
    Column("department_code", "工作部门编号", "department_code", kind="code", max_length=40),
    Column("proposed_by", "推荐单位", "proposed_by", max_length=200),
)

BAD_CODE = gettext_noop("%(code)s is no code: letters, digits, dots, hyphens and underscores, at most 40.")
UNKNOWN_DEPARTMENT = gettext_noop("There is no department %(code)s. Correct the code or import the department first.")
PERSON_EXISTS = gettext_noop("The register has a person of this name and mobile number already: %(code)s.")
REACHES_SURVIVOR = gettext_noop(
    "%(code)s has been merged into %(survivor)s; the row changes that entry. Use the new code from now on."
)
MERGED_LISTED = gettext_noop(
    "%(code)s has been merged into %(survivor)s, which the list has too; this row is left as it is."
)
ANONYMISED = gettext_noop("%(code)s has been anonymised; its code is used up. Give this person a new code.")
UNIT_NAMELESS = gettext_noop("A unit name without a unit code is left out. Add the code.")
UNIT_UNNAMED = gettext_noop("Unit %(code)s is new and has no name; its code stands in for the name.")
UNIT_RENAMED = gettext_noop("Unit %(code)s is renamed from %(before)s to %(after)s.")


def schema() -> TableSchema:
    """The columns of the list, with today's strata."""
    strata = Stratum.objects.values_list("name", "code", "name_en").order_by("order", "code")
    return TableSchema(
        name="evaluators",
        columns=_COLUMNS,
        header_key=("code", "name"),
        unique=(("code",), ("name", "phone")),
        consistent=(("unit_code", "unit_name"),),
    ).with_choices(
        stratum=dict.fromkeys(word for words in zip(*strata, strict=True) for word in words if word),
        status=_STATUS,
    )


def offered() -> dict[str, list[str]]:
    """What the template offers: one word for each stratum and status."""
    return {
        "stratum": list(Stratum.objects.values_list("name", flat=True)),
        "status": ["有效", "暂停", "迁出", "去世", "移除"],
    }


class Stored(NamedTuple):
    """A person as the database has it: contact data as hashes only."""

    pk: int
    name: str
    stratum_id: int
    unit_code: str
    district: str
    industry: str
    phone_hash: bytes
    email_hash: bytes
    weight_class: str
    status: str
    employer_id: int | None
    proposed_by: str


#: Field of the list → name in ``Stored``.
_COMPARED = {
    "name": "name",
    "stratum": "stratum_id",
    "unit_code": "unit_code",
    "district": "district",
    "industry": "industry",
    "phone": "phone_hash",
    "email": "email_hash",
    "weight_class": "weight_class",
    "status": "status",
    "department_code": "employer_id",
    "proposed_by": "proposed_by",
}


@dataclass
class _Known:
    """What the database has, by code."""

    people: dict[str, Stored]
    units: dict[str, tuple[int, str]]
    strata: dict[str, int]
    departments: dict[str, int]
    survivors: dict[str, str]  # code of a merged entry → that of the entry that stands for it


@dataclass
class _Writes:
    """What to store. `create` says of each row of the list whether it is to be added: the people are made ready only
    while the database takes them in."""

    table: Table
    known: _Known
    create: bytearray
    new_units: dict[str, NewUnit] = field(default_factory=dict)
    renamed_units: dict[str, str] = field(default_factory=dict)
    change: list[tuple[Stored, dict[str, Any]]] = field(default_factory=list)


def _known(codes: set[str]) -> _Known:
    survivors = survivor_codes()
    codes = codes | {survivors[code] for code in codes & survivors.keys()}
    fields = [name for name in Stored._fields if name not in {"unit_code"}]
    names = [*fields[:3], "unit__code", *fields[3:]]
    people = {
        row[0]: Stored._make([*row[1:4], row[4] or "", *row[5:7], bytes(row[7]), bytes(row[8]), *row[9:]])
        for row in Evaluator.objects.order_by().values_list("code", *names).iterator(chunk_size=10_000)
        if row[0] in codes
    }
    strata = {
        word: pk
        for pk, *words in Stratum.objects.values_list("pk", "name", "code", "name_en")
        for word in words
        if word
    }
    return _Known(
        people,
        {code: (pk, name) for code, pk, name in Unit.objects.values_list("code", "pk", "name")},
        strata,
        dict(Department.objects.values_list("code", "pk")),
        survivors,
    )


def plan(table: Table, options: imports.Options) -> imports.Plan:
    """Compare the list with the registry."""
    known = _known(set(table.column("code")))
    problems, warnings = list(table.problems), list(table.warnings)
    problems += _own_problems(table, known)
    good = imports.good_rows(table, problems)
    writes = _Writes(table, known, bytearray(len(table)))
    result = ImportResult(rows=len(table))
    present = [name for name in _COMPARED if table.has(name)]
    settled: dict[tuple[str, str], bool] = {}
    reached = set(table.column("code")) if known.survivors else set()
    rows = zip(table.numbers, table.column("code"), table.column("unit_code"), table.column("unit_name"), strict=True)
    for place, (number, code, *unit) in enumerate(rows):
        if number not in good:
            continue
        renamed = settled.get((unit[0], unit[1]), False)
        if any(unit) and (unit[0], unit[1]) not in settled:
            renamed = _note_unit(number, table.row(place), known, writes, warnings)
            if unit[0]:
                settled[unit[0], unit[1]] = renamed
        survivor = known.survivors.get(code)
        if survivor is not None:
            listed = survivor in reached
            reached.add(survivor)
            message = MERGED_LISTED if listed else REACHES_SURVIVOR
            params = {"code": code, "survivor": survivor}
            warnings.append(Finding(number, "编号", "merged_code", message, params, severity="warning"))
            if listed:
                result.unchanged += 1
                continue
        before = known.people.get(survivor or code)
        if before is None:
            result.create += 1
            writes.create[place] = True
            continue
        values = _resolved(table.row(place), known)
        changed = {name for name in present if _compared(values, name) != getattr(before, _COMPARED[name])}
        if changed:
            writes.change.append((before, {name: values[name] for name in changed}))
        if changed or renamed:
            result.change += 1
        else:
            result.unchanged += 1
    result.problems = sorted(problems, key=lambda one: (one.row is None, one.row or 0))
    result.warnings = warnings
    return imports.Plan(result, writes)


def _resolved(values: dict[str, str], known: _Known) -> dict[str, Any]:
    """The row with keys in the place of names; empty class and status mean the default."""
    return {
        **values,
        "stratum": known.strata[values["stratum"]],
        "status": _status(values["status"]),
        "department_code": known.departments.get(values["department_code"]),
    }


def _status(word: str) -> str:
    return str(_STATUS.get(word, EvaluatorStatus.ACTIVE))


def _compared(values: dict[str, Any], name: str) -> Any:
    if name == "phone":
        return phone_hash(values[name])
    if name == "email":
        return email_hash(values[name])
    return values[name]


def _note_unit(number: int, values: dict[str, str], known: _Known, writes: _Writes, warnings: list[Finding]) -> bool:
    """Note units to create or rename; true if this row renames one."""
    code, name = values["unit_code"], values["unit_name"]
    if not code:
        if name:
            warnings.append(Finding(number, "单位名称", "unit_without_code", UNIT_NAMELESS, severity="warning"))
        return False
    stored = known.units.get(code)
    if stored is None:
        if code not in writes.new_units:
            district, industry = values["district"], values["industry"]
            stratum = known.strata[values["stratum"]]
            writes.new_units[code] = NewUnit(code, name or code, district, industry, stratum)
            if not name:
                warnings.append(
                    Finding(number, "单位名称", "unit_unnamed", UNIT_UNNAMED, {"code": code}, severity="warning")
                )
        elif name and writes.new_units[code].name == code:
            new = writes.new_units[code]
            writes.new_units[code] = NewUnit(code, name, new.district, new.industry, new.stratum_id)
        return False
    if not name or name == stored[1]:
        return False
    if code not in writes.renamed_units:
        writes.renamed_units[code] = name
        params = {"code": code, "before": stored[1], "after": name}
        warnings.append(Finding(number, "单位名称", "unit_renamed", UNIT_RENAMED, params, severity="warning"))
    return True


def _own_problems(table: Table, known: _Known) -> list[Finding]:
    """Bad codes, unknown departments, and people that the registry has under another code."""
    found = []
    fits = re.compile(code_validator.regex).fullmatch
    for field_name, column in (("code", "编号"), ("unit_code", "单位编号")):
        for number, code in zip(table.numbers, table.column(field_name), strict=True):
            # The field's own rule, without the error it would raise: there are as many codes as rows.
            if code and not fits(code) and (number, field_name) not in table.bad_cells:
                found.append(Finding(number, column, "bad_code", BAD_CODE, {"code": code}))
    for number, code in zip(table.numbers, table.column("department_code"), strict=True):
        if code and code not in known.departments and (number, "department_code") not in table.bad_cells:
            found.append(Finding(number, "工作部门编号", "unknown_department", UNKNOWN_DEPARTMENT, {"code": code}))
    gone = set(Evaluator.objects.filter(anonymised_at__isnull=False).values_list("code", flat=True))
    if gone:
        for number, code in zip(table.numbers, table.column("code"), strict=True):
            if code in gone or known.survivors.get(code) in gone:
                found.append(Finding(number, "编号", "anonymised", ANONYMISED, {"code": code}))
    return found + _registered_elsewhere(table)


def _registered_elsewhere(table: Table) -> list[Finding]:
    """Rows whose name and phone somebody has who stands in the registry under a code that the list does not hold."""
    if not table.has("phone"):
        return []
    listed = set(table.column("code"))
    stored = {
        (name, bytes(hashed)): code
        for name, hashed, code in Evaluator.objects.exclude(phone_hash=b"")
        .exclude(status=EvaluatorStatus.MERGED)
        .order_by()
        .values_list("name", "phone_hash", "code")
        .iterator(chunk_size=10_000)
        if code not in listed
    }
    if not stored:
        return []
    survivors = survivor_codes()
    found = []
    for number, code, name, phone in zip(
        table.numbers, table.column("code"), table.column("name"), table.column("phone"), strict=True
    ):
        if phone and (number, "phone") not in table.bad_cells:
            other = stored.get((name, phone_hash(phone)))
            if other is not None and other not in (code, survivors.get(code)):
                found.append(Finding(number, "手机", "person_exists", PERSON_EXISTS, {"code": other}))
    return found


def write(actor: User, done: imports.Plan, options: imports.Options, fingerprint: str) -> None:
    """Store a plan: units first, then new people, then changes; one audit entry with counts only."""
    require(actor, "registry.edit")
    writes: _Writes = done.writes
    add_units(writes.new_units.values())
    units = dict(Unit.objects.values_list("code", "pk"))
    if writes.renamed_units:
        set_by_id(Unit, ["name"], [(units[code], name) for code, name in writes.renamed_units.items()])
    if any(writes.create):
        add_evaluators(_new(writes, units))
    _change(writes.change, units)
    history.keep(actor=actor, changed=_followed(writes), through=ChangeThrough.IMPORT)
    if any(writes.create) or writes.change:
        compact(EvaluatorCount, GROUPED_BY, "people")
    if done.result.create or writes.change or writes.renamed_units:
        audit.record(
            actor=actor,
            action="evaluators.import",
            after={
                "create": done.result.create,
                "change": done.result.change,
                "new_units": len(writes.new_units),
                "problem_rows_left_out": len({one.row for one in done.result.problems}),
                "sha256": fingerprint,
            },
        )


_ADDED = (
    "code", "name", "stratum", "unit_code", "district", "industry", "phone", "email", "weight_class", "status",
    "department_code", "proposed_by",
)  # fmt: skip


def _new(writes: _Writes, units: dict[str, int]) -> Iterator[NewEvaluator]:
    """The people to add, with keys in the place of names."""
    table, known = writes.table, writes.known
    strata, employers = known.strata, known.departments
    statuses = {word: _status(word) for word in set(table.column("status"))}
    rows = compress(zip(*map(table.column, _ADDED), strict=True), writes.create)
    for code, name, stratum, unit, district, industry, phone, email, weight, status, employer, proposed_by in rows:
        yield NewEvaluator(
            code, name, strata[stratum], units.get(unit), district, industry, phone, email, weight, statuses[status],
            employers.get(employer), proposed_by,
        )  # fmt: skip


#: Field of the list → what the history calls it.
_FOLLOWED = {
    "stratum": "stratum",
    "status": "status",
    "unit_code": "unit",
    "weight_class": "weight_class",
    "department_code": "employer",
}


def _followed(writes: _Writes) -> Iterator[history.Changed]:
    """What the history keeps of the changes, as codes."""
    codes: dict[str, dict[int, str]] = {
        "stratum": dict(Stratum.objects.values_list("pk", "code")),
        "department_code": {pk: code for code, pk in writes.known.departments.items()},
    }
    for stored, values in writes.change:
        for name, followed in _FOLLOWED.items():
            if name in values:
                pair: list[Any] = [getattr(stored, _COMPARED[name]), values[name]]
                if name in codes:
                    pair = [codes[name].get(value, "") for value in pair]
                yield history.Changed(stored.pk, followed, *map(str, pair))


def _change(changes: list[tuple[Stored, dict[str, Any]]], units: dict[str, int]) -> None:
    """Write changed columns, rows with the same columns together."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    grouped: dict[tuple[str, ...], list[list[Any]]] = {}
    for stored, values in changes:
        columns: dict[str, Any] = {"updated_at": now}
        for name, value in values.items():
            columns |= _stored_as(name, value, units)
        grouped.setdefault(tuple(columns), []).append([stored.pk, *columns.values()])
    for names, rows in grouped.items():
        set_by_id(Evaluator, list(names), rows)


def _stored_as(name: str, value: Any, units: dict[str, int]) -> dict[str, Any]:
    """A field of the list as columns of the table."""
    match name:
        case "stratum":
            return {"stratum_id": value}
        case "unit_code":
            return {"unit_id": units.get(value)}
        case "department_code":
            return {"employer_id": value}
        case "phone":
            stored = Evaluator._meta.get_field("phone").encrypt(value)  # type: ignore[union-attr]
            return {"phone": stored, "phone_hash": phone_hash(value), "phone_tail_hash": phone_tail_hash(value)}
        case "email":
            stored = Evaluator._meta.get_field("email").encrypt(value)  # type: ignore[union-attr]
            return {"email": stored, "email_hash": email_hash(value)}
    return {name: value}


KIND = imports.ImportKind(
    name="evaluators",
    title=_("Register of evaluators"),
    lead=_("People by stratum, with their unit, district, industry and contact data."),
    permission="registry.edit",
    schema=schema,
    plan=plan,
    write=write,
    list_url_name="evaluators:evaluator-list",
    offered=offered,
)
