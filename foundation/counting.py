"""How many rows there are of each kind, kept beside the table, so that nobody counts a million rows for a page.

On PostgreSQL triggers add the difference that each statement makes as rows of a second table; their sum is the exact
number in every transaction, no two writers wait for each other, and whoever writes is counted. SQLite, whose triggers
would fire row by row, counts anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Count, Sum

from foundation.database import is_postgresql

_Step = Callable[[Any, Any], None]


def triggers(table: str, counts: str, columns: Sequence[str], number: str) -> tuple[_Step, _Step]:
    """The two functions of a ``RunPython`` that fill ``counts`` and keep it (PostgreSQL; elsewhere nothing).

    ``columns`` are columns of both tables; ``number`` is the one of ``counts`` that holds the differences.
    """
    names = ", ".join(columns)
    add = f"INSERT INTO {counts} ({names}, {number}) "  # noqa: S608 -- names from the migration
    new = f"{add} SELECT {names}, count(*) FROM new_rows GROUP BY {names};"
    old = f"{add} SELECT {names}, -count(*) FROM old_rows GROUP BY {names};"
    both = (
        f"{add} SELECT {names}, sum(one) FROM (SELECT {names}, 1 AS one FROM new_rows "  # noqa: S608
        f"UNION ALL SELECT {names}, -1 FROM old_rows) AS moved GROUP BY {names} HAVING sum(one) <> 0;"
    )
    parts = {
        "insert": ("REFERENCING NEW TABLE AS new_rows", new),
        "delete": ("REFERENCING OLD TABLE AS old_rows", old),
        "update": ("REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows", both),
        "truncate": ("", f"DELETE FROM {counts};"),  # noqa: S608
    }

    def create(apps: Any, editor: Any) -> None:
        if editor.connection.vendor != "postgresql":
            return
        editor.execute(f"{add} SELECT {names}, count(*) FROM {table} GROUP BY {names}")
        for verb, (tables, body) in parts.items():
            function = f"{counts}_{verb}"
            editor.execute(
                f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
            )
            editor.execute(
                f"CREATE TRIGGER {function} AFTER {verb.upper()} ON {table} {tables} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )

    def drop(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            for verb in parts:
                editor.execute(f"DROP TRIGGER IF EXISTS {counts}_{verb} ON {table}")
                editor.execute(f"DROP FUNCTION IF EXISTS {counts}_{verb}()")

    return create, drop


def counted(
    model: type[models.Model], counts: type[models.Model], columns: Sequence[str], number: str
) -> dict[tuple[Any, ...], int]:
    """How many rows of ``model`` there are of each combination of ``columns``; none has zero."""
    manager = counts._default_manager if is_postgresql() else model._default_manager
    total = Sum(number) if is_postgresql() else Count("pk")
    rows = manager.order_by().values_list(*columns).annotate(total=total)
    return {tuple(row[:-1]): int(row[-1]) for row in rows if row[-1]}


def compact(counts: type[models.Model], columns: Sequence[str], number: str) -> None:
    """Sum the differences up to one row each. One statement: nobody sees a number between."""
    if not is_postgresql():
        return
    quote = connection.ops.quote_name
    table, names, total = quote(counts._meta.db_table), ", ".join(map(quote, columns)), quote(number)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH gone AS (DELETE FROM {table} RETURNING {names}, {total}) "  # noqa: S608 -- names from the model
            f"INSERT INTO {table} ({names}, {total}) SELECT {names}, sum({total}) FROM gone "
            f"GROUP BY {names} HAVING sum({total}) <> 0"
        )
