"""What the two readers of worksheets share: the meaning of a cell's type, format and value."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.tables import codes
from foundation.tables.findings import Unreadable, damaged
from foundation.tables.numbertext import Format, number_text
from foundation.tables.raw import Cell, Limits, Merge, Odd, SheetFacts
from foundation.tables.xmlevents import is_true


@dataclass(frozen=True, slots=True)
class Context:
    """What the cells of a sheet refer to."""

    strings: list[str]
    formats: dict[str, Format]
    epoch_1904: bool
    limits: Limits

    def value(self, kind: str, style: str, stored: str) -> Cell:
        """A cell's stored value (the content of ``<v>``) as text, by the cell's type and number format."""
        if kind == "s":
            try:
                return self.strings[int(stored)]
            except (ValueError, IndexError) as error:
                raise damaged("content") from error
        if kind in ("", "n"):
            return number_text(stored.strip(), self.formats.get(style), epoch_1904=self.epoch_1904) if stored else ""
        if kind == "b":
            return "TRUE" if is_true(stored.strip()) else "FALSE"
        if kind == "e":
            return Odd(codes.ERROR_VALUE, stored)
        if kind == "d":
            return Odd(codes.DATE_VALUE, stored) if stored else ""
        return stored


def without_value(kind: str, *, has_formula: bool, has_value: bool) -> Cell:
    """A cell with an empty value: nothing, an empty text as a formula's result, or a formula without a result."""
    if has_formula and not (has_value and kind == "str"):
        return Odd(codes.FORMULA_WITHOUT_VALUE, "")
    return ""


def too_many_cells(limit: int) -> Unreadable:
    """The sheet has more cells than may be read."""
    return Unreadable(codes.TOO_MANY_CELLS, limit=limit)


def add_merge(facts: SheetFacts, left: int, top: int, right: int, bottom: int) -> None:
    """Note a merged range that really covers more than one cell."""
    if bottom >= top and right >= left and (bottom, right) != (top, left):
        facts.merges.append(Merge(top, left, bottom, right))
