"""The rows below the header: gathered by column, cleaned, freed of what is no data, checked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import compress
from operator import itemgetter

from foundation.tables import codes
from foundation.tables.checks import check_rows
from foundation.tables.cleaning import Problem, clean_column, clean_text
from foundation.tables.findings import Unreadable
from foundation.tables.header import Header
from foundation.tables.raw import Cell, Limits, Merge, RawRow, SheetFacts, column_letters
from foundation.tables.schema import TableSchema
from foundation.tables.skipping import Candidate, Skipper
from foundation.tables.table import Table

_BLOCK = 4096
_REMEMBERED = 50_000  # incomplete rows kept as they stand; for more of them the known columns have to do
_MERGED_CELLS = 5_000_000  # more than that is no list


class Body:
    """Builds the table from the rows below the header; the steps follow each other in ``build``."""

    def __init__(self, schema: TableSchema, header: Header, facts: SheetFacts, limits: Limits) -> None:
        self._schema, self._header, self._facts, self._limits = schema, header, facts, limits
        self._numbers: list[int] = []
        self._columns: dict[str, list[str]] = {}
        self._problems: dict[tuple[int, str], Problem] = {}  # by position in _numbers and field
        self._incomplete: dict[int, dict[int, Cell]] = {}  # position: the row as it stands in the file
        self._unnamed: dict[int, int] = {}  # column without a header: first row with a value
        self._foreign_rows: list[int] = []  # values only in columns that are not known
        self._filled: list[tuple[int, str, int]] = []  # position, field, row it comes from
        self._across: list[tuple[int, str]] = []
        self._required = [column.field for column in schema.columns if column.required]

    def build(self, rows: Iterable[RawRow], table: Table) -> None:
        """Fill ``table`` (empty so far) from the rows."""
        self._clean(self._gather(rows))
        own = self._own_values()
        self._spread_merged_cells()
        skipped = self._skip(own)
        keep = [has_value and place not in skipped for place, has_value in enumerate(own)]
        self._warn_of_columns(table)
        self._warn_of_rows(table, skipped)
        table.numbers, table.columns = self._numbers, self._columns
        if not all(keep):
            table.numbers = list(compress(self._numbers, keep))
            table.columns = {field: list(compress(values, keep)) for field, values in self._columns.items()}
        self._report_cells(table, keep)
        check_rows(table)
        table.sort_findings()

    def _gather(self, rows: Iterable[RawRow]) -> dict[str, list[Cell]]:
        """The known columns, cell by cell, of the rows with anything in one of them."""
        positions = self._header.positions
        columns: dict[str, list[Cell]] = {field: [] for field in positions}
        named = {*positions.values(), *self._header.others}
        for block in self._blocks(rows, set(positions.values()), named):
            for field, place in positions.items():
                try:
                    columns[field] += list(map(itemgetter(place), block))  # nearly twice as fast
                except KeyError:
                    columns[field] += [cells.get(place, "") for cells in block]
        return columns

    def _blocks(self, rows: Iterable[RawRow], known: set[int], named: set[int]) -> Iterator[list[dict[int, Cell]]]:
        required = {self._header.positions[field] for field in self._required}
        numbers, incomplete = self._numbers, self._incomplete
        block: list[dict[int, Cell]] = []
        for number, cells in rows:
            if not cells.keys() <= named:
                self._note_unnamed(number, cells, named)
            if known.isdisjoint(cells):
                if any(_has_text(cell) for cell in cells.values()):
                    self._foreign_rows.append(number)
                continue
            if not required <= cells.keys() and len(incomplete) < _REMEMBERED:
                incomplete[len(numbers)] = cells
            numbers.append(number)
            block.append(cells)
            if len(block) == _BLOCK:
                yield block
                block = []
        yield block

    def _note_unnamed(self, number: int, cells: dict[int, Cell], named: set[int]) -> None:
        for place in cells.keys() - named:
            if place not in self._unnamed and _has_text(cells[place]):
                self._unnamed[place] = number

    def _clean(self, columns: dict[str, list[Cell]]) -> None:
        for field in list(columns):
            values, problems = clean_column(columns.pop(field), self._schema.column(field))
            self._columns[field] = values
            for place, problem in problems.items():
                self._problems[place, field] = problem

    def _own_values(self) -> list[bool]:
        """Whether a row has a value of its own in a known column; white space is none."""
        if "" not in self._columns[self._required[0]]:
            return [True] * len(self._numbers)
        own = [any(row) for row in zip(*self._columns.values(), strict=True)]
        for place, _ in self._problems:
            own[place] = True
        return own

    # Merged cells

    def _spread_merged_cells(self) -> None:
        """Give the rows below the first of a merged range its value, where that can only be meant so."""
        identity = {field for group in self._schema.unique for field in group}
        fields = {place: field for field, place in self._header.positions.items()}
        spread = 0
        for merge in self._facts.merges:
            if merge.top <= self._header.row:
                continue
            first = bisect_left(self._numbers, merge.top)
            last = bisect_right(self._numbers, merge.bottom)
            covered = [place for place in sorted(fields) if merge.left <= place <= merge.right]
            spread += (last - first) * len(covered)
            if spread > _MERGED_CELLS:
                raise Unreadable(codes.TOO_MANY_CELLS, limit=_MERGED_CELLS)
            for column in covered:
                field = fields[column]
                if column == merge.left:
                    self._spread_down(merge, field, first, last, fill=field not in identity)
                else:
                    self._spread_across(merge, field, first, last)

    def _spread_down(self, merge: Merge, field: str, first: int, last: int, *, fill: bool) -> None:
        if first == last or self._numbers[first] != merge.top:
            return
        values = self._columns[field]
        bad = (first, field) in self._problems
        if not values[first] and not bad:
            return
        for place in range(first + 1, last):
            self._problems.pop((place, field), None)
            if fill and not bad:
                values[place] = values[first]
                self._filled.append((place, field, merge.top))
            else:
                self._problems[place, field] = (codes.MERGED_CELL, {"first": merge.top})

    def _spread_across(self, merge: Merge, field: str, first: int, last: int) -> None:
        for place in range(first, last):
            self._columns[field][place] = ""
            self._problems.pop((place, field), None)
            if self._numbers[place] == merge.top:
                self._across.append((place, field))
            else:
                self._problems[place, field] = (codes.MERGED_CELL, {"first": merge.top})

    # Rows that are no data

    def _skip(self, own: list[bool]) -> dict[int, str]:
        """The rows that are no data: position to the warning's code."""
        skipper = Skipper(self._schema)
        suspects = set(self._incomplete)
        for field in self._required:
            values = self._columns[field]
            if "" in values:
                suspects.update(place for place, value in enumerate(values) if not value)
        for field in self._schema.header_key:
            words = skipper.suspects(field, self._columns[field])
            if words:
                suspects.update(place for place, value in enumerate(self._columns[field]) if value in words)
        spans = {(merge.top, merge.left) for merge in self._facts.merges if merge.right > merge.left}
        filled = {(place, field) for place, field, _ in self._filled}
        skipped = {}
        for place in suspects:
            if own[place] and (code := skipper.reason(self._candidate(place, spans, filled))):
                skipped[place] = code
        return skipped

    def _candidate(self, place: int, spans: set[tuple[int, int]], filled: set[tuple[int, str]]) -> Candidate:
        number = self._numbers[place]
        values = {
            field: column[place]
            for field, column in self._columns.items()
            if column[place] and (place, field) not in filled
        }
        cells: dict[int, Cell] = self._incomplete.get(place) or {
            self._header.positions[field]: value for field, value in values.items()
        }
        texts = [(column, _text(cells[column])) for column in sorted(cells) if _has_text(cells[column])]
        return Candidate(
            values=values,
            leftmost=texts[0][1] if texts else "",
            texts=len(texts),
            spans=any((number, column) in spans for column, _ in texts),
        )

    # What is reported

    def _warn_of_columns(self, table: Table) -> None:
        for _, name in sorted(self._header.others.items()):
            if name not in table.schema.silent_headers:
                table.add_warning(None, None, codes.IGNORED_COLUMN, column=name)
        for place, row in sorted(self._unnamed.items()):
            letters = column_letters(place)
            table.add_warning(None, None, codes.UNNAMED_COLUMN, column=letters, first=row)
        for first, last in self._facts.hidden_columns:
            for field, place in self._header.positions.items():
                if first <= place <= last:
                    table.add_warning(None, field, codes.HIDDEN_COLUMN)

    def _warn_of_rows(self, table: Table, skipped: dict[int, str]) -> None:
        for number in self._foreign_rows:
            table.add_warning(number, None, codes.IGNORED_ROW)
        for place, code in skipped.items():
            table.add_warning(self._numbers[place], None, code)

    def _report_cells(self, table: Table, keep: list[bool]) -> None:
        for number in sorted(self._facts.hidden_rows.intersection(table.numbers)):
            table.add_problem(number, None, codes.HIDDEN_ROW)
        for (place, field), (code, params) in self._problems.items():
            if keep[place]:
                table.add_problem(self._numbers[place], field, code, **params)
        for place, field, first in self._filled:
            if keep[place]:
                table.add_warning(self._numbers[place], field, codes.FILLED_DOWN, first=first)
        for place, field in self._across:
            if keep[place]:
                table.add_warning(self._numbers[place], field, codes.MERGED_ACROSS)
        if self._facts.unclosed_quote_row is not None:
            table.add_problem(self._facts.unclosed_quote_row, None, codes.UNCLOSED_QUOTE)


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def _has_text(cell: Cell) -> bool:
    return not isinstance(cell, str) or bool(clean_text(cell))
