"""Old Excel workbooks (.xls, BIFF5 and BIFF8), read record by record after Microsoft's [MS-XLS]."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from foundation.tables import codes
from foundation.tables.biffstrings import Texts, shared_strings
from foundation.tables.findings import Unreadable, damaged, not_a_table
from foundation.tables.numbertext import Format, float_text, number_format
from foundation.tables.raw import Cell, Limits, Merge, Odd, RawRow, SheetFacts

BOF, EOF, FILEPASS, CODEPAGE, DATEMODE = 0x0809, 0x000A, 0x002F, 0x0042, 0x0022
BOUNDSHEET, SST, CONTINUE, FORMAT, XF, RECALCID = 0x0085, 0x00FC, 0x003C, 0x041E, 0x00E0, 0x01C1
ROW, COLINFO, MERGEDCELLS = 0x0208, 0x007D, 0x00E5
LABELSST, LABEL, RSTRING, NUMBER, RK, MULRK, BOOLERR = 0x00FD, 0x0204, 0x00D6, 0x0203, 0x027E, 0x00BD, 0x0205
FORMULA, STRING = (0x0006, 0x0206, 0x0406), 0x0207
_GLOBALS, _WORKSHEET = 0x0005, 0x0010
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x20, 0x01
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


class Record(NamedTuple):
    """One record: its kind, and its data cut at the end of the file."""

    kind: int
    data: bytes


def records(stream: bytes, offset: int = 0) -> Iterator[Record]:
    """The records from ``offset`` on. Raises Unreadable where the stream ends within one."""
    end = len(stream)
    while offset + 4 <= end:
        kind, length = struct.unpack_from("<HH", stream, offset)
        offset += 4
        if offset + length > end:
            raise damaged("cut_off")
        yield Record(kind, stream[offset : offset + length])
        offset += length
    raise damaged("cut_off")  # a substream ends with its EOF record, at which the caller stops


class BiffSheet:
    """One worksheet; ``rows`` as in ``RawSheet``."""

    def __init__(self, book: BiffWorkbook, name: str, visible: bool, offset: int) -> None:
        self.book, self.name, self.visible, self._offset = book, name, visible, offset

    def rows(self, facts: SheetFacts) -> Iterator[RawRow]:
        """See ``RawSheet.rows``: cells come in blocks of rows, so they are gathered before the first is given out."""
        try:
            rows = _SheetReader(self.book, facts).read(self._offset)
        except (struct.error, IndexError) as error:
            raise damaged("content") from error
        for number in sorted(rows):
            yield number + 1, rows[number]

    def is_empty(self) -> bool:
        """See ``RawSheet.is_empty``."""
        return next(iter(self.rows(SheetFacts())), None) is None


class BiffWorkbook:
    """The workbook globals: what the cells of all sheets refer to. ``stream`` is the Workbook or Book stream."""

    def __init__(self, stream: bytes, limits: Limits) -> None:
        self.limits = limits
        self.stream = stream
        self.sheets: list[BiffSheet] = []
        self.strings: list[str] = []
        self.formats: dict[int, Format] = {}
        self.epoch_1904 = False
        self.calculated = False  # by an Excel that leaves its engine's number
        self.biff8 = True
        self.texts = Texts(self.biff8, "cp1252")
        try:
            self._read_globals()
        except (struct.error, IndexError) as error:
            raise damaged("content") from error

    def _read_globals(self) -> None:
        custom: dict[int, str] = {}
        styles: list[int] = []
        listed: list[tuple[int, int, int, bytes]] = []
        table: list[bytes] = []
        previous = 0
        for index, (kind, data) in enumerate(records(self.stream)):
            if index == 0:
                self._check_version(kind, data)
            elif kind == EOF:
                break
            elif kind == FILEPASS:
                raise Unreadable(codes.ENCRYPTED)
            elif kind == CODEPAGE:
                self.texts = Texts(self.biff8, _codec(struct.unpack_from("<H", data)[0]))
            elif kind == RECALCID:
                self.calculated = True
            elif kind == DATEMODE:
                self.epoch_1904 = data[:1] == b"\x01"
            elif kind == BOUNDSHEET:
                offset, state, sort = struct.unpack_from("<IBB", data)
                listed.append((offset, state, sort, data[6:]))
            elif kind == SST or (kind == CONTINUE and previous == SST):
                table.append(data)
                kind = SST
            elif kind == FORMAT:
                custom[struct.unpack_from("<H", data)[0]] = self.texts.with_length(data, 2, wide=self.biff8)
            elif kind == XF:
                styles.append(struct.unpack_from("<H", data, 2)[0])
            previous = kind
        for place, number in enumerate(styles):
            if shape := number_format(number, custom.get(number)):
                self.formats[place] = shape
        if table:
            self.strings = shared_strings(table, self.limits)
        for offset, state, sort, name in listed:
            if sort == 0:  # a worksheet, no chart or macro sheet
                self.sheets.append(BiffSheet(self, self.texts.with_length(name, 0, wide=False), state & 3 == 0, offset))
        if not self.sheets:
            raise Unreadable(codes.EMPTY_FILE) if listed else damaged("content")

    def _check_version(self, kind: int, data: bytes) -> None:
        if kind in (0x0009, 0x0209, 0x0409):
            raise not_a_table("old_excel")
        if kind != BOF:
            raise damaged("content")
        version, sort = struct.unpack_from("<HH", data)
        if version not in (0x0500, 0x0600) or sort != _GLOBALS:
            raise not_a_table("old_excel")
        self.biff8 = version == 0x0600
        self.texts = Texts(self.biff8, "cp1252")


def _codec(codepage: int) -> str:
    """Python's name of a Windows code page; the Chinese one by its superset."""
    name = {936: "gb18030", 54936: "gb18030", 1200: "utf-16-le", 65001: "utf-8"}.get(codepage, f"cp{codepage}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "gb18030"
    return name


class _SheetReader:
    """Collects the cells of one sheet; one method per kind of record."""

    def __init__(self, book: BiffWorkbook, facts: SheetFacts) -> None:
        self._book, self._facts = book, facts
        self._rows: dict[int, dict[int, Cell]] = {}
        self._awaiting: tuple[int, int] | None = None  # the formula whose text result follows
        self._count = 0
        self._readers: dict[int, Callable[[bytes], None]] = {
            LABELSST: self._shared,
            LABEL: self._label,
            RSTRING: self._label,
            NUMBER: self._number,
            RK: self._rk,
            MULRK: self._rks,
            BOOLERR: self._bool_or_error,
            STRING: self._string,
            ROW: self._row,
            COLINFO: self._columns,
            MERGEDCELLS: self._merges,
            **dict.fromkeys(FORMULA, self._formula),
        }

    def read(self, offset: int) -> dict[int, dict[int, Cell]]:
        """The cells by row and column, both from 0."""
        depth = 0
        readers = self._readers
        for kind, data in records(self._book.stream, offset):
            if kind == BOF:
                depth += 1  # charts lie within the sheet as substreams of their own
                if depth == 1 and struct.unpack_from("<H", data, 2)[0] != _WORKSHEET:
                    return {}
            elif kind == EOF:
                depth -= 1
                if depth <= 0:
                    break
            elif depth == 1 and kind in readers:
                readers[kind](data)
            elif depth == 0:
                raise damaged("content")
        return self._rows

    def _put(self, row: int, column: int, cell: Cell) -> None:
        if cell:
            self._rows.setdefault(row, {})[column] = cell

    def _shared(self, data: bytes) -> None:
        row, column, _, index = struct.unpack_from("<HHHI", data)
        self._put(row, column, self._book.strings[index])

    def _label(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        self._put(row, column, self._book.texts.with_length(data, 6, wide=True))

    def _number(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", data)
        self._put_number(row, column, style, value)

    def _put_number(self, row: int, column: int, style: int, value: float) -> None:
        shape = self._book.formats.get(style)
        self._put(row, column, float_text(value, shape, epoch_1904=self._book.epoch_1904))

    def _rk(self, data: bytes) -> None:
        row, column, style, packed = struct.unpack_from("<HHHI", data)
        self._put_number(row, column, style, _rk_value(packed))

    def _rks(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        for place in range(4, len(data) - 2 - 5, 6):
            style, packed = struct.unpack_from("<HI", data, place)
            self._put_number(row, column, style, _rk_value(packed))
            column += 1

    def _bool_or_error(self, data: bytes) -> None:
        row, column, _, value, is_error = struct.unpack_from("<HHHBB", data)
        self._put(row, column, _error(value) if is_error else _truth(value))

    def _formula(self, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        result = data[6:14]
        self._awaiting = None
        if result[6:8] != b"\xff\xff":
            self._put_number(row, column, style, struct.unpack("<d", result)[0])
        elif result[0] == 0:
            self._awaiting = (row, column)
        elif result[0] == 1:
            self._put(row, column, _truth(result[2]))
        elif result[0] == 2:
            self._put(row, column, _error(result[2]))
        elif (
            not self._book.calculated
        ):  # "empty": an empty text from Excel, nothing yet from a program that cannot count
            self._put(row, column, Odd(codes.FORMULA_WITHOUT_VALUE, ""))

    def _string(self, data: bytes) -> None:
        if self._awaiting is not None:
            self._put(*self._awaiting, self._book.texts.with_length(data, 0, wide=True))
            self._awaiting = None

    def _row(self, data: bytes) -> None:
        if data[12] & _HIDDEN_ROW:
            self._facts.hidden_rows.add(struct.unpack_from("<H", data)[0] + 1)

    def _columns(self, data: bytes) -> None:
        first, last, _, _, options = struct.unpack_from("<HHHHH", data)
        if options & _HIDDEN_COLUMN:
            self._facts.hidden_columns.append((first, last))

    def _merges(self, data: bytes) -> None:
        for place in range(2, len(data) - 7, 8):
            top, bottom, left, right = struct.unpack_from("<HHHH", data, place)
            if bottom >= top and right >= left and (bottom, right) != (top, left):
                self._facts.merges.append(Merge(top + 1, left, bottom + 1, right))


def _rk_value(packed: int) -> float:
    """The number in an RK: 30 bits of an integer or of a double, perhaps to be divided by 100."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        value = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", packed & 0xFFFFFFFC))[0]
    return value / 100 if packed & 1 else value


def _truth(value: int) -> str:
    return "TRUE" if value else "FALSE"


def _error(value: int) -> Odd:
    return Odd(codes.ERROR_VALUE, _ERRORS.get(value, "#N/A"))
