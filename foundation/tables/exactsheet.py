"""A worksheet read with a real XML parser: slower, for whatever is not written the usual way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foundation.tables.cells import Context, add_merge, too_many_cells, without_value
from foundation.tables.findings import damaged
from foundation.tables.raw import COLUMNS, LAST_ROW, LONGEST_CELL, Cell, RawRow, SheetFacts, column_index
from foundation.tables.sharedstrings import unescape_office
from foundation.tables.xmlevents import attribute, is_true, parse

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class ExactSheet:
    """The events of one sheet, gathered into rows. Positions left out follow from those before, as the format says."""

    def __init__(self, context: Context, facts: SheetFacts) -> None:
        self._context = context
        self._facts = facts
        self._done: list[RawRow] = []
        self._in_data = False
        self._row = 0
        self._column = -1
        self._cells: dict[int, Cell] = {}
        self._count = 0
        self._open_cell("", "")

    def rows(self, blocks: Iterator[bytes]) -> Iterator[RawRow]:
        """See ``sheetxml.rows``."""
        for _ in parse(blocks, self._start, self._end, self._text):
            yield from self._done
            self._done.clear()

    def _open_cell(self, kind: str, style: str) -> None:
        self._kind, self._style = kind, style
        self._parts: list[str] = []
        self._length = 0
        self._taking = self._has_formula = self._has_value = self._inline = False
        self._phonetic = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._in_data:
            self._outside(name, attributes)
        elif name == "row":
            self._open_row(attributes)
        elif name == "c":
            self._place(attributes.get("r", ""))
            self._open_cell(attributes.get("t", ""), attributes.get("s", ""))
        elif name == "v":
            self._has_value = self._taking = True
        elif name == "f":
            self._has_formula = True
        elif name == "is":
            self._inline = True
        elif name == "rPh":
            self._phonetic += 1
        elif name == "t":
            self._taking = self._inline and not self._phonetic

    def _outside(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheetData":
            self._in_data = True
        elif name == "col" and is_true(attributes.get("hidden", "")):
            ends = attributes.get("min", ""), attributes.get("max", "")
            if all(end.isascii() and end.isdigit() for end in ends):
                self._facts.hidden_columns.append((int(ends[0]) - 1, int(ends[1]) - 1))
        elif name == "mergeCell":
            ends = attribute(attributes, "ref").partition(":")[::2]
            corners = [_REFERENCE.fullmatch(end) for end in (ends[0], ends[1] or ends[0])]
            if corners[0] and corners[1]:
                (left, top), (right, bottom) = corners[0].groups(), corners[1].groups()
                add_merge(self._facts, column_index(left), int(top), column_index(right), int(bottom))

    def _open_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self._move_to(int(number) if number.isascii() and number.isdigit() and len(number) < 8 else self._row + 1)
        self._column = -1
        height = attributes.get("ht", "")
        if is_true(attributes.get("hidden", "")) or re.fullmatch(r"0(?:\.0*)?", height):
            self._facts.hidden_rows.add(self._row)

    def _move_to(self, row: int) -> None:
        if self._cells:
            self._done.append((self._row, self._cells))
            self._cells = {}
        if row > LAST_ROW:
            raise damaged("content")
        self._row = row

    def _place(self, reference: str) -> None:
        self._count += 1
        if self._count > self._context.limits.exact_cells:
            raise too_many_cells(self._context.limits.exact_cells)
        if match := _REFERENCE.fullmatch(reference.replace("$", "").upper()):
            if int(match[2]) != self._row:
                self._move_to(int(match[2]))
            self._column = column_index(match[1])
        else:
            self._column += 1
        if self._column >= COLUMNS:
            raise damaged("content")

    def _text(self, data: str) -> None:
        if self._taking and self._length < LONGEST_CELL:
            self._parts.append(data)
            self._length += len(data)

    def _end(self, name: str) -> None:
        if name == "c" and self._in_data:
            if cell := self._cell():
                self._cells[self._column] = cell
        elif name in ("v", "t"):
            self._taking = False
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "row":
            self._move_to(self._row)
        elif name == "sheetData":
            self._in_data = False

    def _cell(self) -> Cell:
        stored = unescape_office("".join(self._parts))
        if self._inline:
            return stored
        if stored:
            return self._context.value(self._kind, self._style, stored)
        return without_value(self._kind, has_formula=self._has_formula, has_value=self._has_value)
