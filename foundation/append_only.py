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


def triggers(*tables: str) -> tuple[_Step, _Step]:
    """The two functions of a ``RunPython`` that make the database refuse updates and deletes of these tables' rows.

    PostgreSQL's TRUNCATE, which empties the tables between tests, is no row operation and passes.
    """

    def create(apps: Any, editor: Any) -> None:
        for table in tables:
            _run(editor, _created(table, editor.connection.vendor == "postgresql"))

    def drop(apps: Any, editor: Any) -> None:
        for table in tables:
            _run(editor, _dropped(table, editor.connection.vendor == "postgresql"))

    return create, drop


def _created(table: str, on_postgresql: bool) -> Sequence[str]:
    message = f"{table} is append-only"
    if on_postgresql:
        return [
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{message}'); END"
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
