"""What every kind of file is first turned into: sheets of rows of text, with the odd cells marked as such."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

LAST_ROW, COLUMNS = 1_048_576, 16_384  # of a sheet

# Memory a cell may cost before it is certainly over-long: more than Excel's own 32,767 characters.
LONGEST_CELL = 40_000


class Odd(NamedTuple):
    """A cell whose value cannot be trusted: the problem's code, and what the spreadsheet shows of it."""

    code: str
    text: str


Cell = str | Odd
RawRow = tuple[int, dict[int, Cell]]  # row as the spreadsheet shows it; column (from 0) to value, empty cells left out


class Merge(NamedTuple):
    """A merged range, rows as shown (from 1), columns from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class SheetFacts:
    """What a sheet says beside its values; complete once its rows have been read to the end."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # from, to (from 0, ends included)
    merges: list[Merge] = field(default_factory=list)
    unclosed_quote_row: int | None = None


class RawSheet(Protocol):
    """One sheet of a workbook, or the one table of a CSV file (then without a name)."""

    name: str
    visible: bool

    def rows(self, facts: SheetFacts) -> Iterator[RawRow]:
        """The rows with any value, from the top; fills ``facts`` on the way. Raises Unreadable."""

    def is_empty(self) -> bool:
        """Whether the sheet certainly holds no value."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost. Sizes in bytes."""

    file_bytes: int = 64 * 2**20
    unpacked_bytes: int = 256 * 2**20  # a list of 200,000 rows and 13 columns unpacks to about 130 MB
    parts: int = 5_000  # files inside the container
    strings: int = 3_000_000  # texts in the workbook's shared table
    cells: int = 12_000_000  # cells of one sheet, formatted empty ones included
    exact_cells: int = 3_000_000  # the same where the XML needs the slower reader
    header_rows: int = 20  # rows of a sheet in which the header is looked for


def column_letters(index: int) -> str:
    """The spreadsheet's name of a column, counted from 0: A, B, …, Z, AA, …"""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The column of a spreadsheet name, counted from 0."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
