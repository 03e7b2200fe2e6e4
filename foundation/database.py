"""What differs between SQLite and PostgreSQL, in one place."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Sequence
from io import BufferedReader, RawIOBase
from itertools import islice
from typing import Any

from django.db import connection, models, transaction


def is_postgresql() -> bool:
    """True on PostgreSQL, false on the embedded SQLite."""
    return connection.vendor == "postgresql"


def serialise(name: str) -> None:
    """Let one transaction at a time pass from here to its commit.

    PostgreSQL: an advisory lock on the name. SQLite: nothing to do, since IMMEDIATE transactions are alone already.
    """
    if is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def share_lock() -> str:
    """How a subquery ends so that the rows it read stay as they are until the commit (SQLite: they do anyway)."""
    return " FOR SHARE" if is_postgresql() else ""


# Few enough that the server has something to do from early on, many enough that a batch costs little.
_COPIED_AT_ONCE = 250
_READ_AT_ONCE = 1 << 16
_INSERTED_AT_ONCE = 5_000


def _copy_cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (bytes, memoryview)):
        return "\\\\x" + value.hex()
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def _copy_column(values: Sequence[Any]) -> Sequence[str]:
    """A column of a COPY, whole columns of one kind at once: cell by cell it would take longer than the database."""
    kinds = set(map(type, values))
    if kinds == {str}:
        # One look at all of them: nothing to escape, and no line end but those that join them.
        joined = "\n".join(values)
        if not ("\\" in joined or "\t" in joined or "\r" in joined) and joined.count("\n") == len(values) - 1:
            return values
    elif kinds == {bytes}:
        return ["\\\\x" + value.hex() for value in values]
    elif kinds <= {int, type(None)}:
        return ["\\N" if value is None else str(value) for value in values]
    return list(map(_copy_cell, values))


class _CopyText(RawIOBase):
    """Rows as the text of a COPY, made while it is read: the server stores one batch while the next is prepared."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows = 0
        self._waiting = iter(rows)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(self._batch())
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken

    def _batch(self) -> bytes:
        batch = list(islice(self._waiting, _COPIED_AT_ONCE))
        self.rows += len(batch)
        if not batch:
            return b""
        lines = map("\t".join, zip(*map(_copy_column, zip(*batch, strict=True)), strict=True))
        return ("\n".join(lines) + "\n").encode()


def bulk_write(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert many rows fast: COPY on PostgreSQL, executemany on SQLite. Returns how many.

    ``columns`` are database column names; values are what the database stores (bytes, str, int, None, ISO dates; JSON
    as text). Call inside a transaction: either all rows are there or none. ``rows`` are taken while the database reads
    them, so they must not come from a query of the same connection.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    count = 0
    if is_postgresql():
        text = _CopyText(rows)
        with connection.cursor() as cursor, connection.wrap_database_errors:  # Django's cursor lets COPY past itself
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", BufferedReader(text, _READ_AT_ONCE), _READ_AT_ONCE)
        return text.rows
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 -- quoted identifiers only
        waiting = iter(rows)
        while batch := list(islice(waiting, _INSERTED_AT_ONCE)):
            count += len(batch)
            cursor.executemany(statement, batch)
    return count


def analyze(*model_classes: type[models.Model]) -> None:
    """Let the planner know what these tables hold now, inside the transaction that has filled them (SQLite: nothing).

    Without it PostgreSQL plans for the empty tables they were, until its own worker comes by after the commit.
    """
    if is_postgresql():
        with connection.cursor() as cursor:
            for model in model_classes:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


class StillRead(Exception):
    """Somebody else's transaction can still see rows that were to be forgotten, so that they cannot go."""


#: Connections to this database that see it as it was before the transaction asking (a backup, a hung session, the
#: server's own ANALYZE). Of other users' connections the server says so only to pg_monitor.
_OLD_READERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND age(backend_xmin) > 0
"""


def vacuum(*model_classes: type[models.Model], patience: float = 60.0) -> None:
    """Physically forget deleted and replaced rows of these tables. Must run outside a transaction.

    PostgreSQL: VACUUM FULL rewrites the tables, once no transaction is left that could still see the old rows; waited
    for at most ``patience`` seconds. SQLite: secure_delete has zeroed the pages; VACUUM rewrites the file and the
    write-ahead log is truncated. Raises StillRead: nothing was rewritten.
    """
    with connection.cursor() as cursor:
        if is_postgresql():
            _wait_for_readers(cursor, patience)
            for model in model_classes:
                cursor.execute(f"VACUUM (FULL, ANALYZE) {connection.ops.quote_name(model._meta.db_table)}")
        else:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _wait_for_readers(cursor: Any, patience: float) -> None:
    cursor.execute("SELECT txid_current()")  # whoever begins from here on sees the tables as they are now
    end = time.monotonic() + patience
    while True:
        cursor.execute(_OLD_READERS)
        if not cursor.fetchone()[0]:
            return
        if time.monotonic() > end:
            raise StillRead
        time.sleep(0.1)


class _JoinedBytes(models.Aggregate):
    """``string_agg`` over bytea."""

    function = "string_agg"
    template = "%(function)s(%(expressions)s, ''::bytea)"
    output_field = models.BinaryField()


Joined = Callable[[tuple[Any, ...], bytes], None]


def each_joined(rows: models.QuerySet, keys: Sequence[str], column: str, take: Joined) -> None:
    """Call ``take`` with each combination of ``keys`` and its joined values, once each, as soon as it is there.

    PostgreSQL joins in the database (string_agg) and goes on with the next while ``take`` works on the last; SQLite,
    which cannot join blobs, streams the rows. The order within one string is of no meaning; ``take`` must not use the
    connection.
    """
    if is_postgresql():
        _each_by_copy(rows, keys, column, take)
        return
    parts: dict[tuple[Any, ...], list[bytes]] = {}
    for row in rows.order_by().values_list(*keys, column).iterator(chunk_size=5_000):
        parts.setdefault(tuple(row[:-1]), []).append(row[-1])
    for key, values in parts.items():
        take(key, b"".join(values))


_COPY_HEADER = 19  # signature, flags and length of the extension, which PostgreSQL leaves empty


def _each_by_copy(rows: models.QuerySet, keys: Sequence[str], column: str, take: Joined) -> None:
    """Through binary COPY: an ordinary answer carries bytea as hexadecimal text, twice as long and to be decoded.

    Group after group along an index, where there is one: hashing would keep back the first until the last is joined.
    """
    readers = [_binary_reader(rows.model._meta.get_field(name)) for name in keys]
    joined = rows.order_by().values_list(*keys).annotate(_joined=_JoinedBytes(column))
    statement, parameters = joined.query.sql_with_params()

    def row(values: list[memoryview | None]) -> None:
        *key, answers = values
        read = [None if value is None else reader(value) for reader, value in zip(readers, key, strict=True)]
        take(tuple(read), bytes(answers or b""))

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashagg TO off; SET LOCAL enable_sort TO off")
        query = cursor.mogrify(statement, parameters).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", _CopiedRows(row))
        cursor.execute("SET LOCAL enable_hashagg TO DEFAULT; SET LOCAL enable_sort TO DEFAULT")


def _binary_reader(field: models.Field) -> Callable[[memoryview], Any]:
    """How PostgreSQL's binary form of a column is read. Raises TypeError for one that is no key of anything here."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.IntegerField):
        return lambda value: int.from_bytes(value, "big", signed=True)
    if isinstance(target, models.CharField):
        return lambda value: str(value, "utf-8")
    raise TypeError(f"no binary reader for {field}")


class _CopiedRows:
    """Takes PostgreSQL's binary COPY as it arrives, a message per row, and calls ``take`` with the fields of each.

    A row is a count of fields (-1 ends), then of each its length (-1: NULL) and bytes.
    """

    def __init__(self, take: Callable[[list[memoryview | None]], None]) -> None:
        self.take = take
        self.at = _COPY_HEADER  # before the first row

    def write(self, message: bytes) -> int:
        data = memoryview(message)
        at, self.at = self.at, 0
        while at < len(data):
            (count,) = struct.unpack_from("!h", data, at)
            at += 2
            if count < 0:
                break
            row: list[memoryview | None] = []
            for _field in range(count):
                (length,) = struct.unpack_from("!i", data, at)
                at += 4
                row.append(None if length < 0 else data[at : at + length])
                at += max(0, length)
            self.take(row)
        return len(message)


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
    step = _VALUES_A_STATEMENT // (width + 1)
    count = 0
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            batch = rows[start : start + step]
            marks = ", ".join(["(" + ", ".join(["%s"] * width) + ")"] * len(batch))
            # Naming the ids twice keeps a planner without fresh statistics from trying every row with every value.
            ids = ", ".join(["%s"] * len(batch))
            cursor.execute(
                f"UPDATE {table} SET {assignments} FROM (VALUES {marks}) AS v "  # noqa: S608 -- names from the model
                f"WHERE {table}.id IN ({ids}) AND {table}.id = v.column1{extra}",
                [value for row in batch for value in row] + [row[0] for row in batch],
            )
            count += cursor.rowcount
    return count


def first_in_order(
    model: type[models.Model],
    columns: Sequence[str],
    groups: Sequence[Sequence[Any]],
    order: str,
    *,
    limit: int,
    beyond: Any = None,
    descending: bool = False,
    begins: tuple[str, str] | None = None,
) -> list[Any]:
    """The first ``limit`` values of ``order``, a unique column, among the rows whose ``columns`` have the values of one
    of the ``groups``; with ``beyond`` only what comes after it. ``begins``: a column and how its text has to begin.

    PostgreSQL takes the first ones of each group along an index on (columns, order), however the groups lie in that
    order; left to itself it walks along the order and may meet the wanted rows last. SQLite asks plainly.
    """
    if not groups:
        return []
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(order)
    way, sign = ("DESC", "<") if descending else ("ASC", ">")
    more = [] if beyond is None else [(f"{key} {sign} %s", beyond)]
    if begins:
        text = begins[1].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        more.append((f"{quote(begins[0])} LIKE %s ESCAPE '\\'", f"{text}%"))
    values = [value for group in groups for value in group]
    marks = ", ".join(["(" + ", ".join(["%s"] * len(columns)) + ")"] * len(groups))
    extra = "".join(f" AND {condition}" for condition, _value in more)
    last = f"ORDER BY {key} {way} LIMIT {int(limit)}"
    if is_postgresql():
        fits = " AND ".join(f"t.{quote(name)} = g.column{at}" for at, name in enumerate(columns, start=1))
        statement = (
            f"SELECT {key} FROM (VALUES {marks}) AS g CROSS JOIN LATERAL "  # noqa: S608 -- names from the model
            f"(SELECT t.{key} FROM {table} AS t WHERE {fits}{extra} {last}) AS found {last}"
        )
    else:
        names = ", ".join(map(quote, columns))
        statement = f"SELECT {key} FROM {table} WHERE ({names}) IN (VALUES {marks}){extra} {last}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *(value for _condition, value in more)])
        return [row[0] for row in cursor.fetchall()]
