"""Setting columns of many rows at once, each to its own value: one statement for some hundred rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

_VALUES_A_STATEMENT = 900  # SQLite's smallest limit in the field is 999


def set_by_id(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, condition: str = ""
) -> int:
    """Update ``columns`` of the rows named by their id, the first value of each of ``rows``; returns how many.

    Values are what the database stores. ``condition`` is SQL over the table's own columns, never from outside. Call
    inside a transaction.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    width = len(columns) + 1
    types = [model._meta.get_field(name).db_type(connection) for name in columns]
    assignments = ", ".join(
        f"{quote(name)} = CAST(v.column{at + 2} AS {kind})" if connection.vendor == "postgresql"
        else f"{quote(name)} = v.column{at + 2}"
        for at, (name, kind) in enumerate(zip(columns, types, strict=True))
    )  # fmt: skip
    extra = f" AND {condition}" if condition else ""
    step = _VALUES_A_STATEMENT // width
    count = 0
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            batch = rows[start : start + step]
            marks = ", ".join(["(" + ", ".join(["%s"] * width) + ")"] * len(batch))
            cursor.execute(
                f"UPDATE {table} SET {assignments} FROM (VALUES {marks}) AS v "  # noqa: S608 -- names from the model
                f"WHERE {table}.id = v.column1{extra}",
                [value for row in batch for value in row],
            )
            count += cursor.rowcount
    return count
