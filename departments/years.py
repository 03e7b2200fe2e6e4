"""Which year's groups a list of departments is about, and which years can still be changed.

Rounds live above this app: evaluation registers what it knows of them when it starts.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

_open_year: list[Callable[[], int | None]] = []


def register_open_year(provider: Callable[[], int | None]) -> None:
    """Set who knows the newest round that is not frozen yet."""
    _open_year[:] = [provider]


def default_year() -> int:
    """The year of the newest round that is not frozen; without one, the current year."""
    known = _open_year[0]() if _open_year else None
    return known if known is not None else timezone.localdate().year
