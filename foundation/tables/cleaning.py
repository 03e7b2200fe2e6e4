"""Mending what can be mended without asking, and naming what cannot.

Silently mended: white space of any kind, zero-width, soft-hyphen and direction characters everywhere; full-width
letters and digits in codes, phones and e-mail addresses; the many ways to write a mobile number. Names keep ``·``, rare
characters, private-use and non-BMP ones: nothing is normalised away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from foundation.tables import codes
from foundation.tables.raw import Cell, Odd

if TYPE_CHECKING:
    from foundation.tables.schema import Column

Problem = tuple[str, dict[str, Any]]  # code, parameters of its message
Cleaned = tuple[str, Problem | None]

# Contents of character classes. Zero-width, soft hyphen, direction marks, tags; no variation selectors: they choose the
# glyph of a rare character.
INVISIBLE = (
    r"\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\U000E0001\U000E0020-\U000E007F"
)
WHITE = r"\t-\r\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
CONTROL = r"\x00-\x08\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF"
DAMAGED = r"\uD800-\uDFFF\uFFFD"
# Characters between which a space is never meant: ideographs with their selectors, their punctuation, middle dots.
_CHINESE = (
    r"\u2E80-\u2FFF\u3001-\u303F\u3105-\u312F\u31A0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uE000-\uFAFF\uFE30-\uFE4F"
    r"\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65\U00020000-\U0003FFFF\U000E0100-\U000E01EF"
    r"\U000F0000-\U0010FFFD\u00B7\u2022\u2027\u30FB\u2014\u2018\u2019\u201C\u201D\u2026"
)
_DASHES = (
    r"\-\u058A\u05BE\u1806\u2010-\u2015\u2043\u207B\u208B\u2212\u2500\u2501\u2E3A\u2E3B\u2E40\u301C\u3030\u30A0\u30FC"
    r"\uFE31\uFE32\uFE58\uFE63\uFF0D\uFF70"
)
_BRACKETS = r"()\[\]{}<>\u207D\u207E\u2768-\u2775\u27E6-\u27EF\u3008-\u3011\u3014-\u301B\uFE59-\uFE5E\uFF5F\uFF60"

_invisible = re.compile(f"[{INVISIBLE}]+")
_white = re.compile(f"[{WHITE}]+")
_control = re.compile(f"[{CONTROL}]")
_damaged = re.compile(f"[{DAMAGED}]")
_half_characters = re.compile("[\ud800-\udfff]")
_space_between_chinese = re.compile(f"(?<=[{_CHINESE}]) (?=[{_CHINESE}])")
_phone_filling = re.compile(f"[{_DASHES}{_BRACKETS}]+")
_phone_prefix = re.compile(r"(?:\+86|0086|86)(?=[0-9]{11}\Z)")
_phone = re.compile(r"1[3-9][0-9]{9}")
_decimal_zeros = re.compile(r"\.0+\Z")
_email = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?\.)+(?:[^\W\d_]{2,63}|xn--[A-Za-z0-9-]{2,59})"
)
_scientific = re.compile(r"[+-]?[0-9](?:\.[0-9]*)?[Ee]\+[0-9]{1,3}")  # as Excel shows a number too long for it
_error = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!|GETTING_DATA"
    r"|EXTERNAL!|PYTHON!)|Err:5[0-9][0-9]|#{3,}",
    re.IGNORECASE,
)
_clock = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_date_in_code = re.compile(
    r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}" + _clock + r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[ T]?[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?"
    r"|(?:[0-9]{4}年)?[0-9]{1,2}月(?:[0-9]{1,2}日)?|[0-9]{4}年"
    r"|[0-9]{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:-[0-9]{2,4})?"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{2}"
)
_date_in_text = re.compile(_date_in_code.pattern + r"|[0-9]{4}[-.][0-9]{1,2}[-.][0-9]{1,2}" + _clock)

# One look at a value of the common kind tells that there is nothing to do.
_plain_code = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(?<![A-Za-z]-[0-9]{2})|[0-9]+")
_plain_email = re.compile(r"[a-z0-9_]{1,64}(?:\.[a-z0-9_]{1,64}){0,4}@(?:[a-z0-9]{1,40}\.){1,4}[a-z]{2,20}")
_suspect_text = re.compile(f"[{INVISIBLE}{WHITE}{CONTROL}{DAMAGED}]" + r"|\A(?:[0-9+-]|#|Err)|\A[A-Z][a-z]{2}-")

_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as their ASCII forms; everything else untouched."""
    return text.translate(_HALF_WIDTH)


def clean_text(text: str) -> str:
    """White space tidied, invisible characters gone; inside Chinese no space, elsewhere one at a time."""
    text = _white.sub(" ", _invisible.sub("", text)).strip(" ")
    return _space_between_chinese.sub("", text) if " " in text else text


def clean_code(text: str) -> str:
    """A code or address: half-width, without white space and invisible characters."""
    return half_width(_white.sub("", _invisible.sub("", text)))


def clean_phone(text: str) -> str:
    """A mobile number in its eleven digits where ``text`` is one, however it is written; else what is left of it."""
    digits = _phone_filling.sub("", _decimal_zeros.sub("", clean_code(text)))
    return _phone_prefix.sub("", digits, count=1)


def is_phone(text: str) -> bool:
    """Eleven digits, first 1, then 3 to 9."""
    return _phone.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """local@domain.tld with a plain local part of at most 64 characters; the domain may be an international one."""
    return _email.fullmatch(text) is not None and text.index("@") <= 64


def _broken(text: str) -> Problem | None:
    """What no cleaning may hide: damaged characters, then control characters."""
    if _damaged.search(text):
        return codes.INVALID_BYTES, {}
    if found := _control.search(text):
        return codes.CONTROL_CHARACTER, {"character": f"U+{ord(found[0]):04X}"}
    return None


def _spoilt(text: str, kind: str) -> Problem | None:
    """What a spreadsheet made of the value before it was saved as text."""
    if _error.fullmatch(text):
        return codes.ERROR_VALUE, {"value": text[:20]}
    if _scientific.fullmatch(text):
        return codes.DIGITS_LOST, {"value": text}
    if (_date_in_code if kind == "code" else _date_in_text).fullmatch(text):
        return codes.DATE_VALUE, {"value": text}
    return None


def _form(text: str, column: Column) -> Cleaned:
    """The rules of the column's kind, for a value that is whole."""
    if column.kind == "phone":
        phone = clean_phone(text)
        return (phone, None) if not phone or is_phone(phone) else (text, (codes.MALFORMED_PHONE, {}))
    if column.max_length is not None and len(text) > column.max_length:
        return text, (codes.TOO_LONG, {"length": len(text), "limit": column.max_length})
    if column.kind == "email" and not is_email(text):
        return text, (codes.MALFORMED_EMAIL, {})
    if column.choices is not None:
        return _choose(text, column.choices)
    return text, None


def _choose(text: str, choices: Sequence[str]) -> Cleaned:
    wanted = choice_form(text)
    for choice in choices:
        if choice_form(choice) == wanted:
            return choice, None
    shown = "、".join(choices[:30]) + ("…" if len(choices) > 30 else "")
    return text, (codes.UNKNOWN_CHOICE, {"value": text[:40], "choices": shown})


def choice_form(text: str) -> str:
    """A choice as it is compared: without white space, width and case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def storable(text: str, longest: int = 120) -> str:
    """Foreign text fit for a message that is kept as JSON in a database: nothing unprintable, not without end."""
    text = _damaged.sub("\ufffd", _control.sub("\ufffd", text))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def clean_value(value: Cell, column: Column) -> Cleaned:
    """One cell by the rules of its column: the value to store, or what stands there and the problem with it."""
    if isinstance(value, Odd):
        return value.text, (value.code, {"value": value.text})
    if problem := _broken(value):
        return _half_characters.sub("\ufffd", value), problem
    text = clean_code(value) if column.kind in ("code", "phone", "email") else clean_text(value)
    if not text:
        return "", None
    if problem := _spoilt(text, column.kind):
        return text, problem
    return _form(text, column)


def clean_column(values: list[Cell], column: Column) -> tuple[list[str], dict[int, Problem]]:
    """A whole column: the cleaned values in the same order, and the problems by position.

    Every distinct value is cleaned once, and only if a glance does not show it to be in order.
    """
    in_order = _glance(column)
    mended: dict[Cell, str] = {}
    wrong: dict[Cell, Problem] = {}
    for value in set(values):
        if value == "" or (type(value) is str and in_order(value)):
            continue
        mended[value], problem = clean_value(value, column)
        if problem:
            wrong[value] = problem
    if not mended:
        return values, {}  # type: ignore[return-value]  # nothing but text was found
    problems = {place: wrong[value] for place, value in enumerate(values) if value in wrong} if wrong else {}
    return [mended.get(value, value) for value in values], problems  # type: ignore[misc, arg-type]


def _glance(column: Column) -> Callable[[str], object]:
    limit = column.max_length if column.max_length is not None else 1 << 30
    if column.choices is not None:
        return frozenset(column.choices).__contains__
    if column.kind == "phone":
        return _phone.fullmatch
    if column.kind in ("code", "email"):
        plain = _plain_code if column.kind == "code" else _plain_email
        return lambda text: plain.fullmatch(text) and len(text) <= limit
    return lambda text: not _suspect_text.search(text) and len(text) <= limit
