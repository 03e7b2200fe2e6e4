"""How a stored number looks in the spreadsheet: digits of codes and phones, dates, percentages, leading zeros."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from foundation.tables import codes
from foundation.tables.raw import Cell, Odd

# Number formats that mean a date or a time without saying so: those of the Chinese and other East Asian editions too.
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_BUILT_IN_PERCENT = frozenset((9, 10))
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]|[eE][+-]', re.IGNORECASE | re.DOTALL)
_PADDED = re.compile(r'((?:"[^"]*"|\\.)*)(0+)((?:"[^"]*"|\\.)*)(?:;.*)?', re.DOTALL)
_PLAIN_WHOLE = 15  # digits that a number in a spreadsheet keeps


class Format(NamedTuple):
    """A number format that changes what the value means: ``kind`` is date, percent or padded."""

    kind: str
    before: str = ""
    width: int = 0
    after: str = ""


def number_format(number: int, code: str | None) -> Format | None:
    """The meaning of a number format, by its built-in number or its code; None where the bare number is what counts."""
    if code is None:
        if number in _BUILT_IN_DATES:
            return Format("date")
        return Format("percent") if number in _BUILT_IN_PERCENT else None
    if padded := _PADDED.fullmatch(code):
        before, zeros, after = _unquoted(padded[1]), padded[2], _unquoted(padded[3])
        return Format("padded", before, len(zeros), after) if before or after or len(zeros) > 1 else None
    bare = _LITERAL.sub("", code.partition(";")[0]).casefold()
    if bare.startswith(("general", "g/", "@")):
        return None
    if re.search(r"[ymdhs]|aaa|e", bare):
        return Format("date")
    return Format("percent") if "%" in bare else None


def _unquoted(text: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)', r"\1\2", text, flags=re.DOTALL)


def number_text(stored: str, shape: Format | None = None, *, epoch_1904: bool = False) -> Cell:
    """A stored number as text: whole numbers of up to 15 digits as their digits, more than that as digits lost."""
    if shape is None and len(stored) <= _PLAIN_WHOLE and stored.isascii() and stored.isdigit():
        return stored if stored[0] != "0" or stored == "0" else str(int(stored))
    try:
        value = float(stored)
    except ValueError:
        return stored
    return float_text(value, shape, epoch_1904=epoch_1904)


def float_text(value: float, shape: Format | None = None, *, epoch_1904: bool = False) -> Cell:
    """The same for a number that is one already."""
    if not math.isfinite(value):
        return Odd(codes.ERROR_VALUE, str(value))
    if shape is not None and shape.kind == "date":
        return Odd(codes.DATE_VALUE, _date_text(value, epoch_1904))
    if abs(value) >= 10**_PLAIN_WHOLE:
        return Odd(codes.DIGITS_LOST, f"{value:.15G}")
    if shape is not None and shape.kind == "percent":
        return _decimal(round(value * 100, 10)) + "%"
    if shape is not None and value >= 0 and value.is_integer():
        return f"{shape.before}{int(value):0{shape.width}d}{shape.after}"
    return _decimal(value)


def _decimal(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    return format(Decimal(f"{value:.15g}"), "f")


def _date_text(value: float, epoch_1904: bool) -> str:
    start = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  # a day, not a moment
    try:
        moment = start + timedelta(days=value)
    except OverflowError:
        return _decimal(value)
    if value < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if value.is_integer() else f"{moment:%Y-%m-%d %H:%M:%S}"
