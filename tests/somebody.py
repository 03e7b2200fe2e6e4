"""Somebody with a role, for tests of who may and who must not."""

from __future__ import annotations

from accounts.models import Role, User


def somebody(role: str, name: str = "") -> User:
    """A new user with one of the starting roles; called by the role unless there is a name."""
    user = User.objects.create_user(username=name or f"u-{role}", full_name=name or role)
    user.grants.create(role=Role.objects.get(code=role))
    return user
