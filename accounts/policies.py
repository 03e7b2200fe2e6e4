"""May this user do that? Every check needs a user: no user, no permission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import RoleGrant, ScopeKind, User
from accounts.permissions import PERMISSION_CODES

ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)


@dataclass
class Scope:
    """What a permission is held for: everything, or the codes listed by kind."""

    everything: bool = False
    codes: dict[str, set[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.everything or any(self.codes.values())

    def covers(self, kind: str, code: str) -> bool:
        """True if the permission is held for this department, sector or stratum."""
        return self.everything or code in self.codes.get(kind, set())


def _grants(user: User) -> dict[str, Scope]:
    """Permission code → scope, read once per user object (that is: once per request)."""
    cached = getattr(user, "_granted", None)
    if cached is None:
        cached = {}
        for grant in RoleGrant.objects.filter(user=user).select_related("role"):
            for code in grant.role.permissions:
                scope = cached.setdefault(code, Scope())
                if grant.scope_kind == ScopeKind.ALL:
                    scope.everything = True
                else:
                    scope.codes.setdefault(grant.scope_kind, set()).add(grant.scope_code)
        user._granted = cached  # type: ignore[attr-defined]
    return cached


def scope_of(user: Any, permission: str) -> Scope:
    """What ``user`` holds ``permission`` for. Raises ValueError for an unknown permission (a mistake in code)."""
    if permission not in PERMISSION_CODES:
        raise ValueError(f"unknown permission {permission!r}")
    if not isinstance(user, User) or not user.is_active:
        return Scope()
    return _grants(user).get(permission, Scope())


def may(user: Any, permission: str) -> bool:
    """True if the user holds the permission for everything."""
    return scope_of(user, permission).everything


def may_somewhere(user: Any, permission: str) -> bool:
    """True if the user holds the permission for everything or for something."""
    return bool(scope_of(user, permission))


def require(user: Any, permission: str) -> None:
    """Raise PermissionDenied unless the user holds the permission for everything."""
    if not may(user, permission):
        raise PermissionDenied(permission)


def permission_required(
    permission: str, *, somewhere: bool = False
) -> Callable[[Callable[..., ResponseT]], Callable[..., ResponseT]]:
    """Guard a view; ``somewhere`` lets scoped holders in, and the view then filters by their scope."""
    if permission not in PERMISSION_CODES:
        raise ValueError(f"unknown permission {permission!r}")

    def decorate(view: Callable[..., ResponseT]) -> Callable[..., ResponseT]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> ResponseT:
            allowed = may_somewhere(request.user, permission) if somewhere else may(request.user, permission)
            if not allowed:
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate
