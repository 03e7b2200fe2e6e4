"""Somebody must be left who can manage accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from accounts.models import CONSOLE_USERNAME, Role, RoleGrant, ScopeKind
from foundation.database import serialise
from foundation.errors import Conflict

MANAGE = "accounts.manage"


def administrators() -> set[int]:
    """The keys of the users who may log in and manage accounts; the console, which cannot log in, does not count."""
    roles = [
        role.pk for role in Role.objects.exclude(code=CONSOLE_USERNAME) if MANAGE in role.permissions
    ]  # JSON containment is not portable
    grants = RoleGrant.objects.filter(role__in=roles, scope_kind=ScopeKind.ALL, user__is_active=True)
    return set(grants.exclude(user__username=CONSOLE_USERNAME).values_list("user_id", flat=True))


@contextmanager
def administrator_remains() -> Iterator[None]:
    """Wrap a change that may take somebody's power to manage accounts; inside a transaction.

    One such change at a time, so that two administrators cannot remove each other. Raises Conflict.
    """
    serialise("accounts.administrators")
    had_one = bool(administrators())
    yield
    if had_one and not administrators():
        raise Conflict(
            _("This would leave nobody who can manage accounts."),
            remedy=_("First give another active account a role that manages accounts, for everything."),
        )
