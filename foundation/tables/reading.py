"""Reading a list: any Excel or CSV file in, cleaned rows with problems and warnings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from foundation.collector import collector_paused
from foundation.tables import codes
from foundation.tables.body import Body
from foundation.tables.findings import Unreadable
from foundation.tables.formats import open_sheets
from foundation.tables.header import Header, HeaderFinder
from foundation.tables.raw import Limits, RawRow, RawSheet, SheetFacts
from foundation.tables.schema import TableSchema
from foundation.tables.table import Table

Source = str | Path | bytes | BinaryIO

DEFAULT_LIMITS = Limits()


def read_table(source: Source, schema: TableSchema, limits: Limits = DEFAULT_LIMITS) -> Table:
    """Read a list from a path, from bytes or from an open binary file; its name plays no part.

    The header is looked for in the first rows of the visible sheets, in order. Raises Unreadable where the file as a
    whole cannot be read, OSError where it cannot be opened. Anything else that is wrong is in the table's ``problems``.
    """
    with collector_paused():
        return _read(_load(source, limits), schema, limits)


def _read(data: bytes, schema: TableSchema, limits: Limits) -> Table:
    finder = HeaderFinder(schema)
    nearly: list[str] = []
    form, sheets = open_sheets(data, finder.is_header, limits)
    for sheet in sheets:
        if not sheet.visible:
            continue
        facts = SheetFacts()
        rows = sheet.rows(facts)
        above: list[RawRow] = []
        header = _find_header(rows, finder, limits.header_rows, above)
        if header is None:
            nearly = nearly or next((lack for _, cells in above if (lack := finder.missing_from(cells))), [])
            continue
        table = Table(schema, form, sheet.name, header.row, header.positions, [], {})
        _warn_of_surroundings(table, sheets, sheet, above)
        Body(schema, header, facts, limits).build(rows, table)
        return table
    if nearly:
        raise finder.without(nearly)
    raise Unreadable(
        codes.NO_HEADER,
        column=schema.column(schema.header_key[0]).chinese,
        columns=schema.labels(schema.header_key),
        rows=limits.header_rows,
    )


def _load(source: Source, limits: Limits) -> bytes:
    """The content; no more of it than is needed to see that it is too much."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            return file.read(limits.file_bytes + 1)
    return source.read(limits.file_bytes + 1)


def _find_header(rows: Iterator[RawRow], finder: HeaderFinder, limit: int, above: list[RawRow]) -> Header | None:
    """The header among the first rows; the rows with any value above it are kept in ``above``."""
    for number, cells in rows:
        if number > limit:
            return None
        if finder.is_header(cells):
            return finder.read(number, cells)
        above.append((number, cells))
    return None


def _warn_of_surroundings(table: Table, sheets: Iterable[RawSheet], read: RawSheet, above: list[RawRow]) -> None:
    for sheet in sheets:
        if sheet is not read and not sheet.is_empty():
            table.add_warning(None, None, codes.IGNORED_SHEET, sheet=sheet.name, read=read.name)
    for number, _ in above:
        table.add_warning(number, None, codes.ROW_ABOVE_HEADER)
