"""What every page knows: the user's navigation, whether demo data is loaded, how large the type is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from foundation import navigation
from foundation.display import is_large

DEMO_RECHECK_SECONDS = 20.0

_demo_check: Callable[[], bool] | None = None
_demo_known: tuple[float, bool] | None = None


def use_demo_check(check: Callable[[], bool]) -> None:
    """Set who knows whether demo data is loaded (one query at most; its answer is kept for some seconds)."""
    global _demo_check
    _demo_check = check
    forget_demo()


def forget_demo() -> None:
    """Ask again at the next page: after demo data was loaded or cleared, and between tests."""
    global _demo_known
    _demo_known = None


def demo_loaded() -> bool:
    """True while the fictional city is in the database."""
    global _demo_known
    if _demo_check is None:
        return False
    now = time.monotonic()
    if _demo_known is None or now - _demo_known[0] > DEMO_RECHECK_SECONDS:
        _demo_known = (now, bool(_demo_check()))
    return _demo_known[1]


def ui(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``nav`` (list of NavSection), ``demo_notice`` (bool), ``large_type`` (bool)."""
    user = getattr(request, "user", None)
    return {
        "nav": SimpleLazyObject(lambda: navigation.build(user, request.path)),
        "demo_notice": SimpleLazyObject(demo_loaded),
        "large_type": is_large(request),
    }
