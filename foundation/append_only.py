"""Tables that only grow: the model refuses to change or delete a row, and the database itself does, by triggers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from django.db import models


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete a row of an append-only table."""


class _AppendOnlyQuerySet(models.QuerySet):
    """A queryset that only adds and reads."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only")

    def delete(self) -> NoReturn:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only")


AppendOnlyManager = models.Manager.from_queryset(_AppendOnlyQuerySet)


class AppendOnlyModel(models.Model):
    """A row that is written once; a migration puts `triggers` on its table."""

    objects = AppendOnlyManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.label} is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self._meta.label} is append-only")


_Step = Callable[[Any, Any], None]


def triggers(*tables: str, erasable: Sequence[str] = ()) -> tuple[_Step, _Step]:
    """The two functions of a ``RunPython`` that make the database refuse updates and deletes of these tables' rows.

    ``erasable`` text columns can be emptied, and nothing else about the row changes then: what a law on personal data
    may ask for. PostgreSQL's TRUNCATE, which empties the tables between tests, is no row operation and passes.
    """

    def create(apps: Any, editor: Any) -> None:
        for table in tables:
            if editor.connection.vendor == "postgresql":
                _run(editor, _created(table, True, _untouched_jsonb(erasable) if erasable else ""))
            else:
                _run(editor, _created(table, False, _untouched_columns(editor, table, erasable) if erasable else ""))

    def drop(apps: Any, editor: Any) -> None:
        for table in tables:
            _run(editor, _dropped(table, editor.connection.vendor == "postgresql"))

    return create, drop


def _emptied(erasable: Sequence[str]) -> str:
    return " AND ".join(f"(NEW.{name} = OLD.{name} OR NEW.{name} = '')" for name in erasable)


def _untouched_jsonb(erasable: Sequence[str]) -> str:
    """The condition under which an update only empties columns, for PostgreSQL."""
    names = ", ".join(f"'{name}'" for name in erasable)
    rest = f"to_jsonb(NEW) - ARRAY[{names}] = to_jsonb(OLD) - ARRAY[{names}]"
    return f"{rest} AND {_emptied(erasable)}"


def _untouched_columns(editor: Any, table: str, erasable: Sequence[str]) -> str:
    """The same for SQLite, which has to name every column."""
    with editor.connection.cursor() as cursor:
        described = editor.connection.introspection.get_table_description(cursor, table)
    rest = " AND ".join(
        f"NEW.{column.name} IS OLD.{column.name}" for column in described if column.name not in erasable
    )
    return f"{rest} AND {_emptied(erasable)}"


def _created(table: str, on_postgresql: bool, allowed: str = "") -> Sequence[str]:
    message = f"{table} is append-only"
    if on_postgresql:
        passes = f"IF TG_OP = 'UPDATE' THEN IF {allowed} THEN RETURN NEW; END IF; END IF; " if allowed else ""
        return [
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {passes}RAISE EXCEPTION '{message}'; END $$",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        ]
    when = {"UPDATE": f" WHEN NOT ({allowed})" if allowed else "", "DELETE": ""}
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}{when[verb]} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _dropped(table: str, on_postgresql: bool) -> Sequence[str]:
    if on_postgresql:
        return [
            f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
            f"DROP FUNCTION IF EXISTS {table}_append_only()",
        ]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


def _run(editor: Any, statements: Sequence[str]) -> None:
    for statement in statements:
        editor.execute(statement)
