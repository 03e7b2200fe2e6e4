"""Delimited text (.csv and what passes for it): encoding, separator and line ends found out from the content."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from itertools import islice

from foundation.tables.findings import damaged, not_a_table
from foundation.tables.raw import Cell, RawRow, SheetFacts

HasHeader = Callable[[dict[int, Cell]], bool]

_SAMPLE = 256 * 1024
_SEPARATORS = (",", ";", "\t")
_SEP_LINE = re.compile(r'\A\s*"?sep=([^\r\n"])"?[ \t,;]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_LONGEST_RECORD = 2_000_000  # characters
_EVIDENCE = 100_000  # characters beyond ASCII that decide between two encodings
_WRITTEN_AS_TEXT = re.compile(r"'[\s']*[=+\-@＝＋－＠]")


class DelimitedSheet:
    """The one table of a CSV file. Rows are records, blank lines counted, a ``sep=`` line not."""

    name = ""
    visible = True

    def __init__(self, text: str, separator: str) -> None:
        self._text = text
        self._separator = separator

    def rows(self, facts: SheetFacts) -> Iterator[RawRow]:
        """See ``RawSheet.rows``."""
        number = 0
        last: list[str] = []
        try:
            for number, last in enumerate(_records(self._text, self._separator), start=1):
                if any(last):
                    yield number, {place: _as_text(value) for place, value in enumerate(last) if value}
        except csv.Error as error:
            raise damaged("quote") if number else not_a_table("binary") from error
        if self._text.count('"') % 2 and any("\n" in value or "\r" in value for value in last):
            facts.unclosed_quote_row = number

    def is_empty(self) -> bool:
        """See ``RawSheet.is_empty``."""
        return not self._text.strip()


def _as_text(value: str) -> str:
    """Without the quote that ``writing.write_csv`` puts before what a spreadsheet would run."""
    return value[1:] if value[0] == "'" and _WRITTEN_AS_TEXT.match(value) else value


def _records(text: str, separator: str) -> Iterator[list[str]]:
    """The records. Raises csv.Error for a value or record without end."""
    lines = _Lines(text)
    for record in csv.reader(lines, delimiter=separator, skipinitialspace=separator != " "):
        yield record
        lines.taken = 0


class _Lines:
    """The lines of a text with their ends, whatever those are, without a second copy of the text."""

    def __init__(self, text: str) -> None:
        self._matches = _LINE.finditer(text)
        self.taken = 0  # characters since the last whole record

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._matches)[0]
        self.taken += len(line)
        if self.taken > _LONGEST_RECORD:
            raise csv.Error("a record without end")
        return line


def read_delimited(data: bytes, has_header: HasHeader, header_rows: int) -> DelimitedSheet:
    """The table in ``data``, by the encoding and separator under which ``has_header`` finds a header.

    Where none does, the likeliest ones: the caller then reports that there is no header. Bytes that do not fit the
    encoding come as lone surrogates. Raises Unreadable for binary content.
    """

    def separator_of(text: str) -> str | None:
        best: tuple[int, int] | None = None
        chosen = None
        for separator in _separators(text):
            for number, record in _first_records(text, separator, header_rows):
                if has_header(dict(enumerate(record))):
                    rank = (number, -len(record))
                    if best is None or rank < best:
                        best, chosen = rank, separator
                    break
        return chosen

    text = _decode(data, lambda sample: separator_of(_without_sep_line(sample)[0]) is not None)
    text, stated = _without_sep_line(text.removesuffix("\x1a"))
    separator = separator_of(text[:_SAMPLE]) or stated or ","
    if stated and separator != stated and _header_with(text, stated, has_header, header_rows):
        separator = stated
    return DelimitedSheet(text, separator)


def _separators(text: str) -> tuple[str, ...]:
    return tuple(separator for separator in _SEPARATORS if separator in text) or (",",)


def _header_with(text: str, separator: str, has_header: HasHeader, rows: int) -> bool:
    return any(has_header(dict(enumerate(record))) for _, record in _first_records(text[:_SAMPLE], separator, rows))


def _first_records(text: str, separator: str, rows: int) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from enumerate(islice(_records(text, separator), rows), start=1)
    except csv.Error:
        return


def _without_sep_line(text: str) -> tuple[str, str | None]:
    """The text after a leading ``sep=`` line, and the separator it states."""
    if match := _SEP_LINE.match(text):
        return text[match.end() :], match[1]
    return text, None


def _decode(data: bytes, finds_header: Callable[[str], bool]) -> str:
    """The text. A byte order mark decides; else the encodings under which a header is found; else the fewest errors."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _lenient(data[len(bom) :], encoding)
    sample = data[:_SAMPLE]
    candidates = ["utf-8", "gb18030"]
    wide = _looks_wide(sample)
    if wide:
        candidates = [wide, *candidates]
    elif b"\0" in sample:
        candidates += ["utf-16-le", "utf-16-be"]
    if wide is None and _looks_binary(sample):
        raise not_a_table("binary")
    found = [encoding for encoding in candidates if finds_header(_lenient(sample, encoding))]
    if found == ["utf-8", "gb18030"] or not found:
        # A header in English, or none: UTF-8 unless more of the other characters is wrong than right in it.
        text = _lenient(data, "utf-8")
        return text if _mostly_right(text) else _lenient(data, "gb18030")
    return _lenient(data, found[0])


def _mostly_right(text: str) -> bool:
    """Whether a text decoded leniently has more characters beyond ASCII than bytes that did not fit."""
    wrong = right = 0
    for start in range(0, len(text), _SAMPLE):
        piece = text[start : start + _SAMPLE]
        if not piece.isascii():
            wrong += len(re.findall("[\udc80-\udcff]", piece))
            right += len(re.findall("[^\x00-\x7f\udc80-\udcff]", piece))
            if wrong + right > _EVIDENCE:
                break
    return not wrong or right > wrong


def _lenient(data: bytes, encoding: str) -> str:
    """Decoded, with whatever does not fit as lone surrogates or U+FFFD."""
    if encoding.startswith("utf-16"):
        text = data[: len(data) // 2 * 2].decode(encoding, "surrogatepass")
        return text + "\ufffd" if len(data) % 2 else text
    try:
        return data.decode(encoding, "surrogateescape")
    except UnicodeDecodeError:  # gb18030 has errors that begin with a byte below 0x80
        return data.decode(encoding, "replace")


def _looks_wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: separators, digits and line ends have a zero byte, all on the same side."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 50 < len(sample) or min(even, odd) * 4 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _looks_binary(sample: bytes) -> bool:
    strange = sum(sample.count(byte) for byte in (*range(9), *range(14, 27), *range(28, 32)))
    return strange * 10 > len(sample)
