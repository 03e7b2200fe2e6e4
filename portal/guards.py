"""Who may read published results at all; what of them is decided by the selectors' scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from portal.selectors import visible_to

ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)


def reads_results(view: Callable[..., ResponseT]) -> Callable[..., ResponseT]:
    """Let in holders of ``results.view`` or, for their own departments, of ``results.own``."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> ResponseT:
        if not visible_to(request.user):
            raise PermissionDenied("results.view")
        return view(request, *args, **kwargs)

    return guarded
