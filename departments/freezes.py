"""Years whose departments can no longer be changed, because their round is frozen.

Rounds live above this app: evaluation registers what it knows of them when it starts.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise

Provider = Callable[[int], "str | Promise"]

_provider: list[Provider] = []


def register(provider: Provider) -> None:
    """Set who knows why a year can no longer be changed ("" while it can)."""
    _provider[:] = [provider]


def frozen_reason(year: int) -> str | Promise:
    """Why the departments of a year can no longer be changed; "" while they can."""
    return _provider[0](year) if _provider else ""
