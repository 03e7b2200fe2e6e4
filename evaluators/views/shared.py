"""What the pages of the registry share."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])

Crumbs = list[tuple[str, str]]


def actor_of(request: HttpRequest) -> User:
    """The user behind a request that a permission check let pass."""
    return cast(User, request.user)


def crumbs(*way: tuple[str, str]) -> Crumbs:
    """Register › …; the last one's address is empty."""
    return [(_("Register of evaluators"), reverse("evaluators:evaluator-list")), *way]


def number(request: HttpRequest, name: str) -> int | None:
    """A whole number of the query string; None if there is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
