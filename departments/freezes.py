"""Years whose departments can no longer be changed, because their round is frozen.

Rounds live above this app: evaluation registers what it knows of them when it starts.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from foundation.database import serialise

Provider = Callable[[int], "str | Promise"]

_provider: list[Provider] = []


def register(provider: Provider) -> None:
    """Set who knows why a year can no longer be changed ("" while it can)."""
    _provider[:] = [provider]


def frozen_reason(year: int) -> str | Promise:
    """Why the departments of a year can no longer be changed; "" while they can."""
    return _provider[0](year) if _provider else ""


def hold(year: int) -> None:
    """Let one transaction at a time change the departments of a year, or freeze them."""
    serialise(f"departments:{year}")


def refuse_frozen(year: int) -> None:
    """Hold the year until the transaction ends and make sure that it can still be changed. Raises ValidationError."""
    hold(year)
    if reason := frozen_reason(year):
        raise ValidationError(
            _("The departments of %(year)s can no longer be changed: %(reason)s") % {"year": year, "reason": reason},
            code="year_frozen",
        )
