"""Pages for what went wrong: what happened and what to do next, with the right status and no personal data.

A view or service raises ``Conflict`` or ``TooManyRequests`` with words for people; Django's own have pages too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django_htmx.http import HttpResponseClientRefresh


class Conflict(Exception):
    """What was asked does not fit the present state any more (somebody else was faster, the round moved on): 409."""

    def __init__(
        self, message: str | Promise, *, remedy: str | Promise = "", url: str = "", url_label: str | Promise = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.url = url
        self.url_label = url_label


class TooManyRequests(Exception):
    """Too often, too fast: 429; ``retry_after`` in seconds."""

    def __init__(self, message: str | Promise = "", *, retry_after: float = 60) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


def _page(request: HttpRequest, status: HTTPStatus, **context: Any) -> HttpResponse:
    return render(request, f"{status.value}.html", context, status=status.value)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense to the server."""
    return _page(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: logged in, but not for this."""
    return _page(request, HTTPStatus.FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was too old, or cookies are off. ``reason`` is Django's, for the log only."""
    return render(request, "403_csrf.html", status=HTTPStatus.FORBIDDEN.value)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _page(request, HTTPStatus.NOT_FOUND)


def conflict(request: HttpRequest, exception: Conflict) -> HttpResponse:
    """409."""
    return _page(request, HTTPStatus.CONFLICT, conflict=exception)


def too_many_requests(request: HttpRequest, exception: TooManyRequests) -> HttpResponse:
    """429, with ``Retry-After``."""
    seconds = max(1, math.ceil(exception.retry_after))
    minutes = math.ceil(seconds / 60)
    response = _page(request, HTTPStatus.TOO_MANY_REQUESTS, message=exception.message, seconds=seconds, minutes=minutes)
    response["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: stands alone, because whatever the other pages need may be what is broken."""
    return HttpResponse(render_to_string("500.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR.value)


class ErrorPagesMiddleware:
    """Turns this module's exceptions into pages, and a lost login inside a fragment into a reload of the whole page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_fragment = request.headers.get("HX-Request") == "true"
        if is_fragment and response.status_code == HTTPStatus.FOUND:
            login = resolve_url(settings.LOGIN_URL)
            if response["Location"].split("?")[0] == login:
                return HttpResponseClientRefresh()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Conflict):
            return conflict(request, exception)
        if isinstance(exception, TooManyRequests):
            return too_many_requests(request, exception)
        return None
