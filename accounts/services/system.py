"""What the system does by itself: the account of the commands, an empty database's roles, the first administrator."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import CONSOLE_USERNAME, Role, RoleGrant, User
from accounts.permissions import PERMISSION_CODES, STARTING_ROLES
from accounts.services.administrators import MANAGE
from accounts.services.roles import grant_role
from accounts.services.users import create_user
from foundation.errors import Conflict


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
def create_administrator(
    *, username: str, full_name: str, password: str, email: str = "", must_change_password: bool = False
) -> User:
    """Create an account that manages the others, acting as the console: how an empty system gets its first.

    Raises ValidationError (password, name taken), Conflict where no role manages accounts.
    """
    actor = console()
    candidates = Role.objects.exclude(code=CONSOLE_USERNAME).order_by("pk")
    role = next((one for one in candidates if MANAGE in one.permissions), None)
    if role is None:
        raise Conflict(_("No role may manage accounts. Run “manage.py migrate” first."))
    user = create_user(
        actor=actor,
        username=username,
        full_name=full_name,
        password=password,
        email=email,
        must_change_password=must_change_password,
    )
    grant_role(actor=actor, user=user, role=role)
    return user
