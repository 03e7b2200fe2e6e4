"""Logins, logouts and lock-outs in the audit log."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from foundation import audit


@transaction.atomic
def record_login(*, user: User) -> None:
    """Somebody logged in."""
    audit.record(actor=user, action="user.login", subject=user)


@transaction.atomic
def record_logout(*, user: User) -> None:
    """Somebody logged out."""
    audit.record(actor=user, action="user.logout", subject=user)


@transaction.atomic
def record_lockout(*, username: str, failures: int) -> None:
    """Logging in to an account was stopped after too many failures, by nobody we know.

    A name that no account has is not written down: people type their password there.
    """
    user = User.objects.filter(username=username).first()
    if user is not None:
        audit.record(actor=None, action="user.lockout", subject=user, after={"failures": failures})
