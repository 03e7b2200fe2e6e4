"""Importing lists: one mechanism for every kind of list that an app declares.

A file is read (foundation.tables), compared with the database by the kind's ``plan`` and, when somebody says so,
written by its ``write`` in one transaction. What the preview shows and what the command prints is the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise

from foundation.collector import collector_paused
from foundation.database import serialise
from foundation.jobs import Progress
from foundation.tables import Finding, ImportResult, Sheet, Table, TableSchema, Unreadable, read_table, xlsx_bytes

Options = Mapping[str, Any]


@dataclass
class Plan:
    """What an import would do: its counts and findings, and (``writes``) what the kind's ``write`` needs."""

    result: ImportResult
    writes: Any = None


@dataclass(frozen=True)
class ImportKind:
    """A kind of list that can be imported.

    ``schema`` is made anew for each file, with the choices as they stand in the database. ``plan`` compares a table
    with the database and leaves rows with problems out of ``writes``. ``write`` stores a plan inside the caller's
    transaction and writes the audit entry. ``options_form`` asks for what a file does not say (its class, or None).
    """

    name: str
    title: str | Promise
    lead: str | Promise
    permission: str
    schema: Callable[[], TableSchema]
    plan: Callable[[Table, Options], Plan]
    write: Callable[[Any, Plan, Options, str], None]
    list_url_name: str
    options_form: Any = None
    #: Words that the template offers, by field, where the schema accepts more spellings than these.
    offered: Callable[[], Mapping[str, Sequence[str]]] = dict


_kinds: dict[str, ImportKind] = {}


def register(kind: ImportKind) -> None:
    """Declare a kind of list; called by its app when it starts."""
    _kinds[kind.name] = kind


def kind_named(name: str) -> ImportKind | None:
    """The kind of this name."""
    return _kinds.get(name)


@dataclass
class Preview:
    """A file as the database would take it now; ``table`` is None for one that cannot be read."""

    table: Table | None
    plan: Plan

    @property
    def result(self) -> ImportResult:
        return self.plan.result


def preview(kind: ImportKind, content: Any, options: Options) -> Preview:
    """Read a file (bytes or path) and compare it with the database; stores nothing."""
    try:
        table = read_table(content, kind.schema())
    except Unreadable as error:
        return Preview(None, Plan(ImportResult.of_unreadable(error)))
    return Preview(table, kind.plan(table, options))


def apply(
    kind: ImportKind,
    content: Any,
    options: Options,
    *,
    actor: Any,
    fingerprint: str,
    skip_problem_rows: bool,
    progress: Progress,
) -> Preview:
    """Read, compare and store in one transaction. With problems nothing is stored unless their rows are to be skipped.

    The caller has checked ``kind.permission``; the services behind ``write`` check it again.
    """
    try:
        table = read_table(content, kind.schema())
    except Unreadable as error:
        return Preview(None, Plan(ImportResult.of_unreadable(error)))
    with collector_paused(), transaction.atomic():
        # One import at a time: the plan is only true while nobody else writes the same list.
        serialise(f"import:{kind.name}")
        done = Preview(table, kind.plan(table, options))
        if not done.result.problems or skip_problem_rows:
            kind.write(actor, done.plan, options, fingerprint)
            progress.confirm()
    return done


def template_workbook(kind: ImportKind) -> bytes:
    """An empty list to fill in: the columns in order, required ones tinted, choices offered."""
    schema, offered = kind.schema(), kind.offered()
    sheet = Sheet(
        name=str(kind.title),
        headers=[column.chinese for column in schema.columns],
        rows=(),
        choices={at: offered[column.field] for at, column in enumerate(schema.columns) if column.field in offered},
        marked=frozenset(at for at, column in enumerate(schema.columns) if column.required),
        frozen_columns=2,
        text_columns=True,
    )
    return xlsx_bytes([sheet])


def good_rows(table: Table, problems: Iterable[Finding]) -> frozenset[int]:
    """The row numbers that have no problem of their own."""
    bad = {problem.row for problem in problems if problem.row is not None}
    return frozenset(number for number in table.numbers if number not in bad)
