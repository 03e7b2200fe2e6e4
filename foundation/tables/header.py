"""Finding the header of a list, and which of its columns are which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foundation.tables import codes
from foundation.tables.cleaning import clean_text
from foundation.tables.findings import Unreadable
from foundation.tables.raw import Cell, column_letters
from foundation.tables.schema import TableSchema, header_form


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are: known ones by field, the others with the name that stands there."""

    row: int
    positions: dict[str, int]
    others: dict[int, str]


class HeaderFinder:
    """Recognises the header of one kind of list."""

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._by_header = schema.by_header
        self._key = frozenset(schema.header_key)
        self._longest = 8 * max(len(header) for header in self._by_header)

    def _field(self, cell: Cell) -> str | None:
        if not isinstance(cell, str) or len(cell) > self._longest:
            return None
        column = self._by_header.get(header_form(cell))
        return column.field if column else None

    def is_header(self, cells: Mapping[int, Cell]) -> bool:
        """Whether a row names the columns that make a header."""
        return len(cells) >= len(self._key) and self._key <= self._fields(cells)

    def _fields(self, cells: Mapping[int, Cell]) -> set[str]:
        return {field for cell in cells.values() if (field := self._field(cell))}

    def missing_from(self, cells: Mapping[int, Cell]) -> list[str]:
        """What a row with at least two known columns lacks to be a header; nothing for any other row."""
        fields = self._fields(cells)
        return [field for field in self._schema.header_key if field not in fields] if len(fields) > 1 else []

    def read(self, row: int, cells: Mapping[int, Cell]) -> Header:
        """The columns of a header row. Raises Unreadable where a known one is there twice or a required one is not."""
        places: dict[str, list[int]] = {}
        others: dict[int, str] = {}
        for place in sorted(cells):
            field = self._field(cells[place])
            if field is not None:
                places.setdefault(field, []).append(place)
            elif name := clean_text(_shown(cells[place])):
                others[place] = name
        for column in self._schema.columns:
            if len(twice := places.get(column.field, ())) > 1:
                where = ", ".join(column_letters(place) for place in twice)
                raise Unreadable(codes.COLUMN_TWICE, column=column.chinese, places=where)
        missing = [column for column in self._schema.columns if column.required and column.field not in places]
        if missing:
            raise self.without([column.field for column in missing])
        return Header(row, {field: found[0] for field, found in places.items()}, others)

    def without(self, fields: Sequence[str]) -> Unreadable:
        """The list lacks these required columns."""
        column = self._schema.column(fields[0]).chinese
        return Unreadable(codes.MISSING_COLUMN, column=column, columns=self._schema.labels(fields, "、"))


def _shown(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text
