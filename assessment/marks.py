"""What a department is given in a year, and how it is read from what people write."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from foundation.tables.cleaning import clean_text, half_width

PLACES = 4
MOST_WORDS = 300
#: The largest value of each number; the smallest is 0. Bonus and deduction end where their column does.
LIMITS = {"score": Decimal(100), "bonus": Decimal("99999.9999"), "deduction": Decimal("99999.9999")}
NUMBERS = tuple(LIMITS)
WORDS = ("veto", "problem")

_ZERO = Decimal(0)
_STEP = Decimal(1).scaleb(-PLACES)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.([0-9]*))?|\.([0-9]+))")
_NOTHING = re.compile(r"[-/\\—–―_ ]+|0|无|否|没有|不否决|no|none|nil|n|false", re.IGNORECASE)
_BARE_YES = re.compile(r"1|是|有|否决|一票否决|yes|y|true", re.IGNORECASE)


class BadNumber(ValueError):
    """``code``: not_a_number, out_of_range or too_many_decimals."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Marks:
    """Score 0–100 (None: not given yet), bonus and deduction in points, reason of a veto, prominent problem."""

    score: Decimal | None = None
    bonus: Decimal = _ZERO
    deduction: Decimal = _ZERO
    veto: str = ""
    problem: str = ""

    def __post_init__(self) -> None:
        for name in NUMBERS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, value.quantize(_STEP))

    def to_dict(self) -> dict[str, Any]:
        """By field name; numbers with four decimals."""
        return asdict(self)


def number_in(text: str, limit: Decimal) -> Decimal | None:
    """The number written in ``text``, exactly, between 0 and ``limit`` with four decimals at most; None for "".

    Raises BadNumber.
    """
    text = half_width(text).replace(" ", "")
    if not text:
        return None
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise BadNumber("not_a_number")
    value = Decimal(text)
    if not 0 <= value <= limit:
        raise BadNumber("out_of_range")
    if len((found[1] or found[2] or "").rstrip("0")) > PLACES:
        raise BadNumber("too_many_decimals")
    return abs(value)  # no negative zero


def words_in(text: str) -> str:
    """The reason or problem written in ``text``; "" where it only says that there is none (无, 否, —)."""
    text = clean_text(text)
    return "" if _NOTHING.fullmatch(half_width(text)) else text


def is_bare_yes(text: str) -> bool:
    """True if the words only say that there is something (是), not what."""
    return _BARE_YES.fullmatch(half_width(text)) is not None
