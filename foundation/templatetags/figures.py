"""Filters for figures and days (foundation.formats); ``{% load ui %}`` brings them along."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation import formats
from foundation.icons import icon

register = template.Library()


@register.filter
def points(value: Any, places: int = 2) -> str:
    """Fixed places."""
    return formats.points(value, int(places))


@register.filter
def percent(value: Any, places: int = 2) -> str:
    """Of a value in per cent."""
    return formats.percent(value, int(places))


@register.filter
def share(value: Any, places: int = 1) -> str:
    """Of a fraction of one."""
    return formats.share(value, int(places))


@register.filter
def signed(value: Any, places: int = 2) -> str:
    """With its sign."""
    return formats.signed(value, int(places))


@register.filter
def whole(value: Any) -> str:
    """Grouped thousands."""
    return formats.whole(value)


@register.filter
def chance(value: Any, places: int = 1) -> str:
    """A chance of 0–1, never a flat 0 or 100 %."""
    return formats.chance(value, int(places))


@register.filter
def interval(pair: Any, places: int = 0) -> str:
    """Both ends of a range."""
    return formats.interval(pair, int(places))


@register.filter
def day(value: date | datetime | None) -> str:
    """A day."""
    return formats.day(value)


@register.filter
def moment(value: datetime | None) -> str:
    """Day and time of day."""
    return formats.moment(value)


@register.filter
def ago(value: datetime | None) -> str:
    """How long since."""
    return formats.ago(value)


@register.filter
def heat(value: Any, bounds: str = "0,100") -> str:
    """The class of a heat cell; ``bounds`` "low,high"."""
    low, high = (Decimal(part) for part in bounds.split(","))
    return formats.heat_class(value, low, high)


def change_text(value: Any, places: int = 2, good: str = "up") -> SafeString:
    """A change with arrow and sign; green or red by what is good, never by colour alone."""
    number = formats.exact(value)
    if number is None:
        return format_html('<span class="move move-none">{}</span>', formats.DASH)
    text = formats.signed(value, places)
    if not text.strip("+−0."):
        return format_html('<span class="move move-none">{}</span>', text)
    rising = number > 0
    tone = "none" if good == "none" else ("good" if rising == (good == "up") else "bad")
    arrow = icon("caret-up-fill" if rising else "caret-down-fill")
    return format_html('<span class="move move-{}">{} {}</span>', tone, arrow, text)


@register.filter
def change(value: Any, places: str | int = 2) -> SafeString:
    """``|change:2``, or ``|change:"2,down"`` where less is better, ``|change:"2,none"`` without judgement."""
    digits, _sep, good = str(places).partition(",")
    return change_text(value, int(digits), good or "up")


@register.filter
def movement(value: Any) -> SafeString:
    """Places gained (positive) or lost since last year; None where there is nothing to compare with."""
    number = formats.exact(value)
    if number is None:
        return format_html(
            '<span class="move move-none"><span aria-hidden="true">{}</span>'
            '<span class="visually-hidden">{}</span></span>',
            formats.DASH,
            _("no comparison"),
        )
    gained = int(number)
    if gained == 0:
        return format_html('<span class="move move-none">{}</span>', _("unchanged"))
    lost = -gained
    said = (
        ngettext("up %(n)d place", "up %(n)d places", gained) % {"n": gained}
        if gained > 0
        else ngettext("down %(n)d place", "down %(n)d places", lost) % {"n": lost}
    )
    return format_html(
        '<span class="move move-{}"><span aria-hidden="true">{} {}</span>'
        '<span class="visually-hidden">{}</span></span>',
        "good" if gained > 0 else "bad",
        icon("caret-up-fill" if gained > 0 else "caret-down-fill"),
        abs(gained),
        said,
    )


@register.filter
def or_dash(value: Any) -> str | SafeString:
    """The value, or a dash where there is none."""
    return SafeString(formats.DASH) if value is None or value == "" else conditional_escape(value)
