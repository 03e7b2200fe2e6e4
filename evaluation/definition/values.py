"""Numbers and bytes that read the same on every machine: exact decimals, canonical JSON, fingerprints."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Any

#: A plain decimal: ASCII digits, no exponent, no grouping. `Decimal` alone would also take "1_000", "NaN" and "１".
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
#: Longer than any figure of the field, short enough that exact arithmetic cannot be made to crawl.
MAX_DIGITS = 40


def decimal_or_none(value: object) -> Decimal | None:
    """`value` as an exact `Decimal`, or None when it is empty, not a number, not finite or longer than 40 characters.

    Takes `str` (surrounding white space ignored), `int` and finite `Decimal`; never `float`, whose digits are not
    those that were typed.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        value = str(value)
    if isinstance(value, Decimal):
        if not value.is_finite() or not -MAX_DIGITS <= value.adjusted() <= MAX_DIGITS:
            return None
        value = format(value, "f")
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) > MAX_DIGITS or not _DECIMAL.fullmatch(text):
        return None
    return Decimal(text)


def integer_or_none(value: object) -> int | None:
    """`value` as an `int` (from `int` or a string of ASCII digits), or None. `True` is no number here."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) <= MAX_DIGITS and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return None


def plain(value: Decimal) -> str:
    """The shortest plain notation of an exact decimal: no exponent, no trailing zeros, never "-0".

    >>> plain(Decimal("25.00")), plain(Decimal("1E+2")), plain(Decimal("-0.0"))
    ('25', '100', '0')
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


#: Wide enough to add thousands of numbers of `MAX_DIGITS` on either side of the point without rounding.
_EXACT = Context(prec=4 * MAX_DIGITS)


def exact_sum(values: Iterable[Decimal | None]) -> Decimal:
    """The sum of decimals without any rounding (the default context would round at 28 digits); None counts as 0."""
    total = Decimal(0)
    for value in values:
        if value is not None:
            total = _EXACT.add(total, value)
    return total


def canonical_json(data: Any) -> bytes:
    """UTF-8 JSON with sorted keys, no white space, non-ASCII kept: equal data, equal bytes."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def fingerprint(data: Mapping[str, Any]) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON of `data`."""
    return hashlib.sha256(canonical_json(data)).hexdigest()
