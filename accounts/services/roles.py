"""Roles as data, and who holds them for what."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import CONSOLE_USERNAME, Role, RoleGrant, ScopeKind, User
from accounts.permissions import PERMISSIONS
from accounts.policies import require
from accounts.services.administrators import MANAGE, administrator_remains
from foundation import audit
from foundation.database import serialise
from foundation.errors import Conflict


def _refuse_console_role(role: Role) -> None:
    if role.code == CONSOLE_USERNAME:
        raise Conflict(_("The role of the command line belongs to it alone and cannot be changed."))


def _in_order(permissions: Iterable[str]) -> list[str]:
    """Known permissions in the order of the list; unknown ones at the end, for the model to refuse."""
    chosen = set(permissions)
    known = [permission.code for permission in PERMISSIONS if permission.code in chosen]
    return known + sorted(chosen - set(known))


def _state(role: Role) -> dict[str, object]:
    return {"name": role.name, "name_en": role.name_en, "permissions": role.permissions}


@transaction.atomic
def create_role(*, actor: User, name: str, name_en: str = "", permissions: Iterable[str]) -> Role:
    """Create a role with a code of its own (``role-1`` …). Raises PermissionDenied, ValidationError."""
    require(actor, MANAGE)
    serialise("accounts.roles")
    codes = Role.objects.filter(code__startswith="role-").values_list("code", flat=True)
    numbers = [int(code.removeprefix("role-")) for code in codes if re.fullmatch(r"role-\d{1,9}", code)]
    role = Role(
        code=f"role-{max(numbers, default=0) + 1}", name=name, name_en=name_en, permissions=_in_order(permissions)
    )
    _check(role)
    role.save()
    audit.record(actor=actor, action="role.create", subject=role, after=_state(role))
    return role


@transaction.atomic
def update_role(*, actor: User, role: Role, name: str, name_en: str = "", permissions: Iterable[str]) -> Role:
    """Change what a role is called and what its holders may do, from their next page on.

    Raises PermissionDenied, ValidationError, Conflict (the last administrator would lose the power).
    """
    require(actor, MANAGE)
    _refuse_console_role(role)
    with administrator_remains():
        role = Role.objects.select_for_update().get(pk=role.pk)
        before = _state(role)
        role.name, role.name_en, role.permissions = name, name_en, _in_order(permissions)
        _check(role)
        old, new = audit.changes(before, _state(role))
        if new:
            role.save()
    if new:
        audit.record(actor=actor, action="role.edit", subject=role, before=old, after=new)
    return role


def _check(role: Role) -> None:
    role.full_clean()
    if Role.objects.filter(name=role.name).exclude(pk=role.pk).exists():
        raise ValidationError({"name": _("There is a role of this name already.")})


@transaction.atomic
def delete_role(*, actor: User, role: Role) -> None:
    """Delete a role that nobody holds. Raises PermissionDenied, Conflict."""
    require(actor, MANAGE)
    _refuse_console_role(role)
    serialise("accounts.roles")
    role = Role.objects.select_for_update().get(pk=role.pk)
    if RoleGrant.objects.filter(role=role).exists():
        raise Conflict(
            _("This role is still held by somebody."), remedy=_("First take it away from everybody who holds it.")
        )
    audit.record(actor=actor, action="role.delete", subject=role, before=_state(role))
    role.delete()


@transaction.atomic
def grant_role(
    *, actor: User, user: User, role: Role, scope_kind: str = ScopeKind.ALL, scope_code: str = ""
) -> RoleGrant:
    """Give a role, everywhere or for one department, sector, stratum or unit; giving it twice changes nothing.

    Raises PermissionDenied, ValidationError (a scope without its code), Conflict (the console).
    """
    require(actor, MANAGE)
    if (role.code == CONSOLE_USERNAME) != user.is_console:
        raise Conflict(_("The role of the command line belongs to it alone and cannot be changed."))
    if scope_kind not in ScopeKind.values or (scope_kind == ScopeKind.ALL) != (scope_code == ""):
        raise ValidationError(_("Choose what the role is valid for."))
    grant, created = RoleGrant.objects.get_or_create(user=user, role=role, scope_kind=scope_kind, scope_code=scope_code)
    if created:
        audit.record(actor=actor, action="user.grant", subject=user, after=_granted(grant))
    return grant


@transaction.atomic
def revoke_grant(*, actor: User, grant: RoleGrant) -> None:
    """Take a role away. Raises PermissionDenied, Conflict (the last administrator, the console)."""
    require(actor, MANAGE)
    _refuse_console_role(grant.role)
    with administrator_remains():
        deleted, _by_model = RoleGrant.objects.filter(pk=grant.pk).delete()
    if deleted:
        audit.record(actor=actor, action="user.revoke", subject=grant.user, before=_granted(grant))


def _granted(grant: RoleGrant) -> dict[str, str]:
    return {
        "role": f"{grant.role.name} ({grant.role.code})",
        "scope": f"{grant.scope_kind}:{grant.scope_code}".rstrip(":"),
    }
