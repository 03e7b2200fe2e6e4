"""Writing lists: Excel workbooks made to be read and printed, and CSV, so that no spreadsheet runs what is in a cell.

Texts are written as texts whatever they begin with; in Excel a cell that begins like a formula is also marked as
quoted, so that it stays a text when somebody edits it. CSV has no types: there such a value gets an apostrophe in
front, which ``read_table`` takes away again.
"""

from __future__ import annotations

import csv
import re
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Target = str | Path | BinaryIO
Value = str | int | float | bool | None | Any

REASON = "原因"  # the default header of the column that says what is wrong with a row

_FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_TEXT = 32_767  # what a cell holds
_MOST_ROWS = 1_048_576
_SAMPLE = 200  # rows that decide on the widths
_NARROWEST, _WIDEST = 6, 48  # characters
_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108
_MEMORY_NEEDED = 512 * 2**20
_FONT = "Microsoft YaHei"
_HEADER_COLOUR, _HEADER_LINE, _MARK_COLOUR = "#E8EEF7", "#8FA3BF", "#FFF4D6"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet to write: a title line if wanted, the header, the rows.

    ``number_formats``: Excel format by column (from 0), e.g. ``0.00%``. ``choices``: allowed values by column, offered
    as a list in Excel. ``marked``: columns to tint. ``frozen_columns``: how many stay in sight when scrolling.
    ``text_columns``: format whole columns as text, so that Excel keeps the digits of what is typed there.
    ``editable``: the columns to fill in; the others are protected against slips (without a password).
    """

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Value]]
    title: str = ""
    widths: Mapping[int, float] = field(default_factory=dict)
    number_formats: Mapping[int, str] = field(default_factory=dict)
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    marked: frozenset[int] = frozenset()
    frozen_columns: int = 0
    portrait: bool = False
    text_columns: bool = False
    editable: frozenset[int] | None = None


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet might run the text: it begins with = + - @ (of either width), perhaps after blanks."""
    return _FORMULA.match(text) is not None


def csv_text(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it; ``read_table`` gives it back as it was."""
    text = _SURROGATE.sub("\ufffd", text)
    return "'" + text if runs_as_formula(text) else text


def display_width(text: str) -> int:
    """Columns that a text takes: two for a Chinese character, one for a Latin one; the longest line counts."""
    return max(
        (sum(2 if unicodedata.east_asian_width(one) in "WFA" else 1 for one in line) for line in text.split("\n")),
        default=0,
    )


def write_csv(target: Target, headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """A CSV file for spreadsheets: UTF-8 with a byte order mark, commas, every field quoted, CRLF."""
    with _opened(target) as stream:
        text = TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in chain([headers], rows):
            writer.writerow(["" if one is None else csv_text(one) if isinstance(one, str) else one for one in row])
        text.flush()
        text.detach()


def write_xlsx(target: Target, sheets: Iterable[Sheet], *, properties: Mapping[str, str] | None = None) -> None:
    """A workbook of formatted sheets, row by row so that memory stays small. Rows may be generators.

    ``properties``: title, author, company, comments. While it is written the rows lie in a temporary file of this
    user alone, in memory where the system has room for that. Raises ValueError for more rows than a sheet holds.
    """
    options = {
        "constant_memory": True,
        "tmpdir": _scratch_folder(),
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
        "default_format_properties": {"font_name": _FONT, "font_size": 10},
    }
    with _opened(target) as stream, xlsxwriter.Workbook(stream, options) as book:
        book.set_properties(dict(properties or {}))
        taken: set[str] = set()
        for sheet in sheets:
            _SheetWriter(book, book.add_worksheet(_sheet_name(sheet.name, taken)), sheet).write()
        if not taken:
            raise ValueError("a workbook has at least one sheet")


def xlsx_bytes(sheets: Iterable[Sheet], *, properties: Mapping[str, str] | None = None) -> bytes:
    """The same workbook as bytes."""
    buffer = BytesIO()
    write_xlsx(buffer, sheets, properties=properties)
    return buffer.getvalue()


class _opened:  # noqa: N801  # used like open()
    """The target as a binary stream, closed afterwards only if it was opened here."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def __enter__(self) -> BinaryIO:
        self._stream = Path(self._target).open("wb") if isinstance(self._target, str | Path) else self._target
        return self._stream  # type: ignore[return-value]

    def __exit__(self, *_: object) -> None:
        if isinstance(self._target, str | Path):
            self._stream.close()


def _scratch_folder() -> str | None:
    """Where the rows wait: a folder in memory with room enough, else the system's own."""
    try:
        roomy = shutil.disk_usage(_MEMORY_FOLDER).free >= _MEMORY_NEEDED
    except OSError:
        return None
    return str(_MEMORY_FOLDER) if roomy else None


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that Excel allows: no []:*?/\\, no apostrophe at the ends, 31 characters, and only once."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip(" '")[:31] or "Sheet"
    if plain.casefold() == "history":
        plain += "_"
    chosen, number = plain, 1
    while chosen.casefold() in taken:
        number += 1
        chosen = f"{plain[: 30 - len(str(number))]}~{number}"
    taken.add(chosen.casefold())
    return chosen


class _SheetWriter:
    """Writes one sheet from top to bottom."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Worksheet, spec: Sheet) -> None:
        self._book, self._sheet, self._spec = book, sheet, spec
        self._header_row = 1 if spec.title else 0
        self._formats: dict[tuple[int, bool], Format] = {}

    def write(self) -> None:
        spec, sheet = self._spec, self._sheet
        rows = iter(spec.rows)
        sample = list(islice(rows, _SAMPLE))
        self._set_columns(sample)
        self._write_head()
        last = self._write_rows(chain(sample, rows))
        if spec.headers:
            sheet.autofilter(self._header_row, 0, max(last, self._header_row), len(spec.headers) - 1)
        sheet.freeze_panes(self._header_row + 1, spec.frozen_columns)
        for column, choices in spec.choices.items():
            self._offer(column, choices, last)
        self._set_print()
        if spec.editable is not None:
            allowed = {"sort": True, "autofilter": True, "format_columns": True, "format_rows": True}
            sheet.protect("", allowed)

    def _write_head(self) -> None:
        spec = self._spec
        if spec.title:
            title = self._book.add_format({"font_name": _FONT, "font_size": 14, "bold": True, "valign": "vcenter"})
            self._sheet.set_row(0, 28)
            self._sheet.write_string(0, 0, _writable(spec.title), title)
        self._sheet.set_row(self._header_row, 24)
        for column, header in enumerate(spec.headers):
            style = self._book.add_format(
                {
                    "font_name": _FONT,
                    "bold": True,
                    "align": "center",
                    "valign": "vcenter",
                    "text_wrap": True,
                    "border": 1,
                    "border_color": _HEADER_LINE,
                    "bg_color": _MARK_COLOUR if column in spec.marked else _HEADER_COLOUR,
                }
            )
            self._sheet.write_string(self._header_row, column, _writable(header), style)

    def _write_rows(self, rows: Iterable[Sequence[Value]]) -> int:
        number = self._header_row
        for number, row in enumerate(rows, start=self._header_row + 1):
            if number >= _MOST_ROWS:
                raise ValueError(f"a sheet holds {_MOST_ROWS} rows at most")
            for column, value in enumerate(row):
                self._write_cell(number, column, value)
        return number

    def _write_cell(self, row: int, column: int, value: Value) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            text = _writable(value)
            self._sheet.write_string(row, column, text, self._format(column, quoted=runs_as_formula(text)))
        elif isinstance(value, bool):
            self._sheet.write_boolean(row, column, value, self._format(column))
        elif isinstance(value, int | float):
            self._sheet.write_number(row, column, value, self._format(column))
        elif hasattr(value, "isoformat"):
            self._sheet.write_string(row, column, value.isoformat(), self._format(column))
        elif hasattr(value, "__float__"):
            self._sheet.write_number(row, column, float(value), self._format(column))
        else:
            text = _writable(str(value))
            self._sheet.write_string(row, column, text, self._format(column, quoted=runs_as_formula(text)))

    def _format(self, column: int, *, quoted: bool = False) -> Format:
        """The cell format of a column, made once; ``quoted`` keeps a text a text when it is edited in Excel."""
        key = (column, quoted)
        if key not in self._formats:
            look: dict[str, Any] = {"font_name": _FONT, "font_size": 10, "valign": "top", "quote_prefix": quoted}
            if column in self._spec.number_formats:
                look["num_format"] = self._spec.number_formats[column]
            elif self._spec.text_columns:
                look["num_format"] = 49  # text
            if self._spec.editable is not None and column in self._spec.editable:
                look["locked"] = False
            if column in self._spec.marked:
                look |= {"bg_color": _MARK_COLOUR, "text_wrap": True}
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]

    def _set_columns(self, sample: Sequence[Sequence[Value]]) -> None:
        spec = self._spec
        for column, header in enumerate(spec.headers):
            shown = [str(row[column]) for row in sample if column < len(row) and row[column] is not None]
            widest = max((display_width(text) for text in (*shown, header)), default=0)
            width = spec.widths.get(column, min(max(widest + 3, _NARROWEST), _WIDEST))
            self._sheet.set_column(column, column, width, self._format(column))

    def _offer(self, column: int, choices: Sequence[str], last: int) -> None:
        """A drop-down; as typed values it may hold 255 characters, more are left to the import to check."""
        if choices and len(",".join(choices)) <= 255 and not any("," in choice for choice in choices):
            rule = {"validate": "list", "source": list(choices), "error_type": "warning"}
            self._sheet.data_validation(self._header_row + 1, column, max(last, self._header_row + 1000), column, rule)

    def _set_print(self) -> None:
        sheet = self._sheet
        if self._spec.portrait:
            sheet.set_portrait()
        else:
            sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, self._header_row)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.set_footer("&C&P / &N")


def _writable(text: str) -> str:
    """A text as a cell can hold it: no half characters, no more than fits."""
    if _SURROGATE.search(text):
        text = _SURROGATE.sub("\ufffd", text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
