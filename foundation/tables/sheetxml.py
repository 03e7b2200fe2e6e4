"""The rows of one worksheet's XML.

Two readers with one result. The usual one cuts cells out of the XML with one regular expression: about as fast as
python-calamine, and unlike it, it sees types, formats, hidden rows and formulas without a result. It counts whether it
has understood every cell; if not, the exact one reads the sheet again with expat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from foundation.tables.cells import Context, add_merge, too_many_cells, without_value
from foundation.tables.exactsheet import ExactSheet
from foundation.tables.findings import damaged
from foundation.tables.numbertext import number_text
from foundation.tables.raw import LAST_ROW, Cell, RawRow, SheetFacts, column_index
from foundation.tables.sharedstrings import NotUsual, pieces, rich_text, text_of
from foundation.tables.xmlevents import is_true

_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]+)")?(?: t="(\w+)")?'
    r'(?:/>|>(?:<v>([^<]*)</v></c>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is></c>'
    r"|([^<]*+(?:<(?!c[ >]|/c>)[^<]*+)*+)</c>))"
)
_VALUE = re.compile(r"<v(?:\s[^>]*)?(?<!/)>([^<]*)</v>")
_INLINE = re.compile(r"<is>(.*)</is>", re.DOTALL)
_ROW = re.compile(r"<row\s([^>]*)>")
_HEIGHT_ZERO = re.compile(r'\sht="0(?:\.0*)?"')
_ROW_NUMBER = re.compile(r'(?:^|\s)r="([0-9]{1,7})"')
_HIDDEN = re.compile(r'\shidden="(\w+)"')
_COL = re.compile(r"<col\s([^>]*)>")
_MERGE = re.compile(r'<mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?"')
_ROOT = re.compile(r"\ufeff?\s*(?:<\?xml[^>]*\?>)?\s*<worksheet[\s>]")
# In the first piece, which shows the hand of the program: spaces around "=", single quotes, tags broken over lines.
_UNUSUAL = re.compile(r"""<(?:row|c)\s[^<>]*(?:\s=|=\s|='|\s\s)|<(?:row|c)[\t\r\n]|</c\s""")


class _Columns(dict[str, int]):
    """Column names to numbers, remembered."""

    def __missing__(self, letters: str) -> int:
        index = self[letters] = column_index(letters)
        return index


_columns = _Columns()


def rows(blocks: Callable[[], Iterator[bytes]], context: Context, facts: SheetFacts) -> Iterator[RawRow]:
    """The rows of a sheet that hold any value, from the top; ``facts`` is complete at the end. Raises Unreadable.

    The exact reader, where it has to take over, leaves out the rows that were given out already.
    """
    given = 0
    try:
        for whole_rows in _usual(blocks(), context, facts):
            yield from whole_rows
            given += len(whole_rows)
        return
    except NotUsual:
        facts.merges.clear()
        facts.hidden_columns.clear()
    yield from islice(ExactSheet(context, facts).rows(blocks()), given, None)


def _usual(blocks: Iterator[bytes], context: Context, facts: SheetFacts) -> Iterator[list[RawRow]]:
    count = last = 0
    in_head = True
    for piece in pieces(blocks, "row"):
        if in_head:
            in_head = False
            _head(piece, facts)
        if "hidden" in piece or ' ht="0' in piece:
            _hidden_rows(piece, facts)
        piece, _, tail = piece.partition("</sheetData>")
        _merges(tail, facts)
        found = _CELL.findall(piece)
        if len(found) != piece.count("<c ") + piece.count("<c>"):
            raise NotUsual
        count += len(found)
        if count > context.limits.cells:
            raise too_many_cells(context.limits.cells)
        if whole_rows := _collect(found, context, last):
            last = whole_rows[-1][0]
            yield whole_rows


def _collect(found: list[tuple[str, ...]], context: Context, last: int) -> list[RawRow]:
    """The cells of some whole rows, row by row."""
    strings, formats = context.strings, context.formats
    rows: list[RawRow] = []
    cells: dict[int, Cell] = {}
    current, number = "", last
    for letters, row, style, kind, value, inline, body in found:
        if row != current:
            if cells:
                rows.append((number, cells))
                cells = {}
            current = row
            if not number < int(row) <= LAST_ROW:
                raise NotUsual
            number = int(row)
        cell: Cell
        if value:
            if kind == "s":
                try:
                    cell = strings[int(value)]
                except (ValueError, IndexError) as error:
                    raise damaged("content") from error
            elif kind == "" and style not in formats:
                cell = number_text(value)
            else:
                cell = context.value(kind, style, text_of(value))
        elif inline:
            cell = text_of(inline) if "&" in inline or "_x" in inline or "\r" in inline else inline
        elif body:
            cell = _cell_of_body(context, kind, style, body)
        else:
            continue
        if cell:
            cells[_columns[letters]] = cell
    if cells:
        rows.append((number, cells))
    return rows


def _cell_of_body(context: Context, kind: str, style: str, body: str) -> Cell:
    """A cell with more than a bare value: a formula, rich text, extensions."""
    if "<is" in body:
        inline = _INLINE.search(body)
        if inline is None:
            raise NotUsual
        return rich_text(inline[1])
    value = _VALUE.search(body)
    stored = value[1] if value else ""
    if value is None and "</v>" in body:
        raise NotUsual
    if stored:
        return context.value(kind, style, text_of(stored))
    has_value = value is not None or "<v/>" in body
    return without_value(kind, has_formula="<f" in body, has_value=has_value)


def _head(piece: str, facts: SheetFacts) -> None:
    """What stands before the rows; and whether tags are written the usual way at all."""
    if not _ROOT.match(piece) or _UNUSUAL.search(piece):
        raise NotUsual
    for match in _COL.finditer(piece.partition("<sheetData")[0]):
        hidden = _HIDDEN.search(" " + match[1])
        if hidden and is_true(hidden[1]):
            ends = {key: int(value) for key, value in re.findall(r'(min|max)="([0-9]{1,5})"', match[1])}
            if len(ends) == 2:
                facts.hidden_columns.append((ends["min"] - 1, ends["max"] - 1))


def _hidden_rows(piece: str, facts: SheetFacts) -> None:
    for match in _ROW.finditer(piece):
        hidden = _HIDDEN.search(" " + match[1])
        if (hidden and is_true(hidden[1])) or _HEIGHT_ZERO.search(" " + match[1]):
            number = _ROW_NUMBER.search(match[1])
            if number is None:
                raise NotUsual
            facts.hidden_rows.add(int(number[1]))


def _merges(tail: str, facts: SheetFacts) -> None:
    for left, top, right, bottom in _MERGE.findall(tail):
        add_merge(facts, _columns[left], int(top), _columns[right or left], int(bottom or top))
