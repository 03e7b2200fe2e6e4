"""Changing users and roles, audited."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts.models import CONSOLE_USERNAME, Role, RoleGrant, ScopeKind, User
from accounts.permissions import PERMISSION_CODES, STARTING_ROLES
from accounts.policies import require
from foundation import audit


def console() -> User:
    """The account that commands act as: cannot log in, may do every staff job, audited with the system's user.

    Made on first use, so that a flushed or restored database always has it.
    """
    user, created = User.objects.get_or_create(
        username=CONSOLE_USERNAME, defaults={"full_name": "命令行", "is_active": True, "password": "!"}
    )
    role, _created = Role.objects.get_or_create(
        code=CONSOLE_USERNAME,
        defaults={"name": "命令行", "name_en": "Command line", "permissions": sorted(PERMISSION_CODES)},
    )
    if set(role.permissions) != PERMISSION_CODES:
        role.permissions = sorted(PERMISSION_CODES)
        role.save(update_fields=["permissions"])
    RoleGrant.objects.get_or_create(user=user, role=role)
    return user


def install_starting_roles() -> None:
    """Give an empty database the roles of the field; one that has roles is left as its administrators made it."""
    if Role.objects.exclude(code=CONSOLE_USERNAME).exists():
        return
    Role.objects.bulk_create(
        Role(code=code, name=name, name_en=name_en, permissions=permissions)
        for code, name_en, name, permissions in STARTING_ROLES
    )


@transaction.atomic
def create_user(
    *,
    actor: User,
    username: str,
    full_name: str,
    password: str,
    email: str = "",
    must_change_password: bool = True,
    is_demo: bool = False,
) -> User:
    """Create an account without any role. Raises PermissionDenied, ValidationError (password, name taken)."""
    require(actor, "accounts.manage")
    user = User(
        username=User.normalize_username(username),
        full_name=full_name,
        email=email,
        must_change_password=must_change_password,
        is_demo=is_demo,
    )
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    audit.record(actor=actor, action="user.create", subject=user, after={"username": user.username})
    return user


@transaction.atomic
def grant_role(
    *, actor: User, user: User, role: Role, scope_kind: str = ScopeKind.ALL, scope_code: str = ""
) -> RoleGrant:
    """Give a role, everywhere or for one department, sector or stratum; giving it twice changes nothing."""
    require(actor, "accounts.manage")
    grant, created = RoleGrant.objects.get_or_create(user=user, role=role, scope_kind=scope_kind, scope_code=scope_code)
    if created:
        after: dict[str, Any] = {"role": role.code, "scope": f"{scope_kind}:{scope_code}".rstrip(":")}
        audit.record(actor=actor, action="user.grant", subject=user, after=after)
    return grant
