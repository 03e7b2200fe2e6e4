"""Who may read published results at all; what of them is decided by the selectors' scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from portal.selectors import visible_to


def reads_results(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in holders of ``results.view`` or, for their own departments, of ``results.own``."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not visible_to(request.user):
            raise PermissionDenied("results.view")
        return view(request, *args, **kwargs)

    return guarded
