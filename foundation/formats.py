"""Numbers and days as people read them. Pure functions, used by templates, charts and reports alike.

Figures are rounded half away from zero from their exact value, as everywhere in the system; what is missing is a dash.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from django.utils import formats, timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

DASH = "—"
MINUS = "\N{MINUS SIGN}"

Number = int | float | str | Decimal | Fraction


def exact(value: Number | None) -> Fraction | None:
    """The exact value, or None for what is no number (None, "", NaN, infinity, text)."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | Fraction):
        return Fraction(value)
    try:
        # A float is taken at its shortest decimal form: 0.125, not what binary made of it.
        decimal = value if isinstance(value, Decimal) else Decimal(str(value).strip())
        return Fraction(decimal) if decimal.is_finite() else None
    except InvalidOperation:
        return None


def _digits(value: Fraction, places: int) -> tuple[bool, str]:
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    text = str(whole).rjust(places + 1, "0")
    text = f"{text[:-places]}.{text[-places:]}" if places else text
    return value < 0 and whole != 0, text


def points(value: Number | None, places: int = 2) -> str:
    """Fixed places: ``points(Decimal("1.005"), 2) == "1.01"``; negative zero never shows."""
    number = exact(value)
    if number is None:
        return DASH
    negative, text = _digits(number, places)
    return f"{MINUS}{text}" if negative else text


def percent(value: Number | None, places: int = 2) -> str:
    """``value`` is in per cent already (as satisfaction rates are): 58 → "58.00%"."""
    text = points(value, places)
    return text if text == DASH else f"{text}%"


def share(value: Number | None, places: int = 1) -> str:
    """``value`` is a fraction of one: 0.9779 → "97.8%"."""
    number = exact(value)
    return DASH if number is None else percent(number * 100, places)


def chance(value: Number | None, places: int = 1) -> str:
    """A chance of 0–1 that was counted, as per cent; one that always or never came out is still no certainty.

    ``chance(1) == ">99.9%"``, ``chance(0) == "<0.1%"`` at one place.
    """
    number = exact(value)
    if number is None:
        return DASH
    least = Fraction(1, 10 ** (places + 2))
    if number < least:
        return f"<{share(least, places)}"
    return f">{share(1 - least, places)}" if number > 1 - least else share(number, places)


def signed(value: Number | None, places: int = 2) -> str:
    """With its sign, zero without: "+1.25", "−0.30", "0.00"."""
    number = exact(value)
    if number is None:
        return DASH
    text = points(number, places)
    return f"+{text}" if number > 0 and text.strip("0.") else text


def whole(value: Number | None) -> str:
    """Grouped thousands: 11904 → "11,904"."""
    number = exact(value)
    if number is None:
        return DASH
    negative, text = _digits(number, 0)
    return f"{MINUS if negative else ''}{int(text):,}"


def interval(pair: Sequence[Number | None] | None, places: int = 0) -> str:
    """Both ends: (3, 7) → "3–7"; one figure where both ends are the same."""
    if not pair or pair[0] is None or pair[1] is None:
        return DASH
    low, high = points(pair[0], places), points(pair[1], places)
    return low if low == high else f"{low}–{high}"


def local(value: date | datetime) -> date | datetime:
    """A moment in local time; a day as it is."""
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def day(value: date | datetime | None) -> str:
    """2008年5月1日 / May 1, 2008."""
    return formats.date_format(local(value), "DATE_FORMAT") if value else DASH


def moment(value: datetime | None) -> str:
    """Day and time of day, local."""
    return formats.date_format(local(value), "DATETIME_FORMAT") if value else DASH


def ago(value: datetime | None) -> str:
    """3 分钟前 / 3 minutes ago; the last minute is "just now"."""
    if not value:
        return DASH
    if abs((timezone.now() - value).total_seconds()) < 60:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(value, depth=1)}


def heat_class(value: Number | None, low: Number = 0, high: Number = 100, steps: int = 9) -> str:
    """``heat-0`` (``low`` or less) … ``heat-8`` (``high`` or more); ``heat-none`` where there is no figure.

    Raises ValueError unless low < high.
    """
    number, bottom, top = exact(value), exact(low), exact(high)
    if bottom is None or top is None or bottom >= top:
        raise ValueError(f"heat needs low < high, got {low!r} and {high!r}")
    if number is None:
        return "heat-none"
    step = int((number - bottom) / (top - bottom) * steps)
    return f"heat-{min(steps - 1, max(0, step))}"
