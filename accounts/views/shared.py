"""What the pages of accounts share."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.selectors import people

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])

Crumbs = list[tuple[str, str]]


def actor_of(request: HttpRequest) -> User:
    """The user behind a request that a permission check let pass."""
    return cast(User, request.user)


def get_user(pk: int) -> User:
    """An account by its key; the console has no pages. Raises Http404."""
    user = people().filter(pk=pk).first()
    if user is None:
        raise Http404
    return user


def user_crumbs(user: User | None = None, here: str = "") -> Crumbs:
    """Accounts › the account › …"""
    way: Crumbs = [(_("Accounts"), reverse("accounts:user-list"))]
    if user is not None:
        way.append((str(user), reverse("accounts:user-detail", args=(user.pk,)) if here else ""))
    if here:
        way.append((here, ""))
    return way
