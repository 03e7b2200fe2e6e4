"""Accounts: made, changed, switched off and on again, never deleted; and their passwords."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from accounts.services.administrators import MANAGE, administrator_remains
from foundation import audit
from foundation.errors import Conflict

# Without characters that are taken for one another on paper or on the telephone; 31^16 is about 79 bits.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_one_time_password() -> str:
    """A random password to be handed over once, in four groups of four."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _place in range(4)) for _group in range(4))


def _refuse_console(user: User) -> None:
    if user.is_console:
        raise Conflict(_("The account of the command line cannot log in and cannot be changed."))


def _check(user: User) -> None:
    user.full_clean()
    if user.is_console:
        raise ValidationError({"username": _("This name belongs to the command line. Choose another.")})


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
    require(actor, MANAGE)
    user = User(
        username=User.normalize_username(username),
        full_name=full_name,
        email=email,
        must_change_password=must_change_password,
        is_demo=is_demo,
    )
    validate_password(password, user)
    user.set_password(password)
    _check(user)
    user.save()
    audit.record(
        actor=actor, action="user.create", subject=user, after={"username": user.username, "full_name": full_name}
    )
    return user


def create_user_with_one_time_password(
    *, actor: User, username: str, full_name: str, email: str = ""
) -> tuple[User, str]:
    """Create an account whose password has to be changed at the first login; returns it with that password.

    Raises as :func:`create_user`.
    """
    password = new_one_time_password()
    user = create_user(actor=actor, username=username, full_name=full_name, email=email, password=password)
    return user, password


@transaction.atomic
def update_user(*, actor: User, user: User, username: str, full_name: str, email: str) -> User:
    """Change an account's names and address. Raises PermissionDenied, ValidationError, Conflict (the console).

    The log says that the e-mail address changed, never what it is.
    """
    require(actor, MANAGE)
    user = User.objects.select_for_update().get(pk=user.pk)
    _refuse_console(user)
    before = {"username": user.username, "full_name": user.full_name}
    email_changed = user.email != email
    user.username, user.full_name, user.email = User.normalize_username(username), full_name, email
    _check(user)
    old, new = audit.changes(before, {"username": user.username, "full_name": user.full_name})
    if not new and not email_changed:
        return user
    user.save(update_fields=["username", "full_name", "email"])
    if email_changed:
        old, new = {**old, "email_changed": False}, {**new, "email_changed": True}
    audit.record(actor=actor, action="user.edit", subject=user, before=old, after=new)
    return user


@transaction.atomic
def deactivate_user(*, actor: User, user: User, reason: str = "") -> None:
    """Switch an account off: it cannot log in, what it did stays with its name. Twice changes nothing.

    Raises PermissionDenied, Conflict (the last administrator, oneself, the console).
    """
    require(actor, MANAGE)
    _refuse_console(user)
    if user.pk == actor.pk:
        raise Conflict(
            _("You cannot deactivate your own account."), remedy=_("Ask another administrator to deactivate it.")
        )
    with administrator_remains():
        if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
            return
    user.is_active = False
    audit.record(
        actor=actor,
        action="user.deactivate",
        subject=user,
        before={"is_active": True},
        after={"is_active": False},
        reason=reason,
    )


@transaction.atomic
def reactivate_user(*, actor: User, user: User) -> None:
    """Switch an account on again, with the roles it had. Raises PermissionDenied, Conflict (the console)."""
    require(actor, MANAGE)
    _refuse_console(user)
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        return
    user.is_active = True
    audit.record(
        actor=actor, action="user.activate", subject=user, before={"is_active": False}, after={"is_active": True}
    )


@transaction.atomic
def reset_password(*, actor: User, user: User) -> str:
    """Give an account a new one-time password and end its sessions; returns the password, kept nowhere else.

    Raises PermissionDenied, Conflict (the console, one's own account).
    """
    require(actor, MANAGE)
    _refuse_console(user)
    if user.pk == actor.pk:
        raise Conflict(_("This is your own account."), remedy=_("Use “Change password” in the menu of your name."))
    user = User.objects.select_for_update().get(pk=user.pk)
    password = new_one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    audit.record(actor=actor, action="user.reset_password", subject=user)
    return password


@transaction.atomic
def change_own_password(*, user: User, old_password: str, new_password: str) -> None:
    """Change one's own password; other sessions of the account end. Raises ValidationError by field of the form."""
    _refuse_console(user)
    row = User.objects.select_for_update().get(pk=user.pk)
    if not row.is_active or not row.check_password(old_password):
        raise ValidationError({"old_password": _("This is not your present password.")})
    if old_password == new_password:
        raise ValidationError({"new_password1": _("Choose a password other than the present one.")})
    validate_password(new_password, row)
    row.set_password(new_password)
    row.must_change_password = False
    row.save(update_fields=["password", "must_change_password"])
    user.password, user.must_change_password = row.password, False
    audit.record(actor=row, action="user.change_password", subject=row)
