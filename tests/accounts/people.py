"""People with roles, and their browsers."""

from __future__ import annotations

from django.test import Client

from accounts.models import Role, RoleGrant, User

PASSWORD = "long enough 7"


def user(name: str, *roles: str, scope: tuple[str, str] = ("all", ""), **values: object) -> User:
    """An account with a password and the roles of these codes, all for the same scope."""
    made = User.objects.create_user(name, PASSWORD, full_name=f"{name}同志", **values)
    for code in roles:
        role = Role.objects.get(code=code)
        RoleGrant.objects.create(user=made, role=role, scope_kind=scope[0], scope_code=scope[1])
    return made


def admin(name: str = "guanli") -> User:
    """An administrator."""
    return user(name, "administrator")


def client_of(who: User, language: str = "zh-hans") -> Client:
    """A browser logged in as somebody."""
    client = Client()
    client.cookies["django_language"] = language
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client
