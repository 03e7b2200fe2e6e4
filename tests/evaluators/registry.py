"""A small registry made by hand, and people who look at it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import Role, RoleGrant, User
from evaluators.contact import email_hash, phone_hash, phone_tail_hash
from evaluators.models import Evaluator, Stratum, Unit


def user(role: str = "", scope: tuple[str, str] = ("all", "")) -> User:
    """A new user with one role, everywhere or limited."""
    made = User.objects.create_user(f"u{User.objects.count()}", "a long password 1")
    if role:
        RoleGrant.objects.create(user=made, role=Role.objects.get(code=role), scope_kind=scope[0], scope_code=scope[1])
    return made


def role(code: str, *permissions: str) -> str:
    """A role of the test's own; returns its code."""
    Role.objects.create(code=code, name=code, permissions=list(permissions))
    return code


def client(of: User) -> Client:
    """A browser logged in as this user."""
    browser = Client()
    browser.force_login(of, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def unit(code: str = "U1", name: str = "", **values: Any) -> Unit:
    """A unit."""
    return Unit.objects.create(code=code, name=name or f"示范单位{code}", **values)


def person(
    code: str, name: str = "张三", stratum: str = "npc", phone: str = "", email: str = "", **values: Any
) -> Evaluator:
    """Somebody in the registry."""
    return Evaluator.objects.create(
        code=code,
        name=name,
        stratum=Stratum.objects.get(code=stratum),
        phone=phone,
        email=email,
        phone_hash=phone_hash(phone),
        phone_tail_hash=phone_tail_hash(phone),
        email_hash=email_hash(email),
        **values,
    )
