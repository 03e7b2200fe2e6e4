"""Rounding: once, from the exact value, half away from zero."""

from decimal import Decimal
from fractions import Fraction

#: Places of standard errors, as published.
SE_PLACES = 6


def rounded(value: Fraction | Decimal | int, places: int) -> Decimal:
    """`value` at `places` decimals, half away from zero, never "-0"; exact whatever the size of the numbers.

    >>> rounded(Fraction(1, 8), 2), rounded(Fraction(-1, 8), 2), rounded(Fraction(-1, 1000), 2)
    (Decimal('0.13'), Decimal('-0.13'), Decimal('0.00'))
    """
    exact = Fraction(value)
    numerator, denominator = exact.numerator, exact.denominator
    units = (2 * abs(numerator) * 10**places + denominator) // (2 * denominator)
    sign = 1 if numerator < 0 and units else 0
    return Decimal((sign, tuple(int(digit) for digit in str(units)), -places))


def as_text(value: Decimal | None) -> str | None:
    """A rounded figure as published: plain notation with all its places; None stays None."""
    return None if value is None else format(value, "f")


def rounded_float(value: float, places: int = SE_PLACES) -> Decimal:
    """A non-negative float (a standard error) at `places` decimals, half up from its binary value."""
    return rounded(Fraction(value), places)
