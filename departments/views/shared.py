"""What the pages of departments share."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from departments import selectors
from departments.models import Department

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])

Crumbs = list[tuple[str, str]]


def actor_of(request: HttpRequest) -> User:
    """The user behind a request that a permission check let pass."""
    return cast(User, request.user)


def get_department(request: HttpRequest, pk: int) -> Department:
    """A department that the user may see. Raises Http404 for another one as for none."""
    row = selectors.visible_to(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def crumbs(department: Department | None = None, here: str = "") -> Crumbs:
    """Departments › the department › …"""
    way: Crumbs = [(_("Departments"), reverse("departments:department-list"))]
    if department is not None:
        address = reverse("departments:department-detail", args=(department.pk,)) if here else ""
        way.append((department.full_name, address))
    if here:
        way.append((here, ""))
    return way
