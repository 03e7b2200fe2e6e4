"""The side navigation shows each role only what it may do; whoever is nobody sees nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Role, RoleGrant, User
from foundation import navigation
from foundation.navigation import NavItem


@pytest.fixture(autouse=True)
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Four entries of our own; the apps' come back afterwards."""
    monkeypatch.setattr(navigation, "_items", {})
    navigation.register(NavItem("首页", "home", None, "house", 1))
    navigation.register(NavItem("语言", "set_language", "round.view", "gear", 20, "evaluation"))
    navigation.register(NavItem("回收", "set_display", "returns.view", "inbox", 10, "evaluation"))
    navigation.register(
        NavItem("登录", "accounts:login", lambda user: user.username == "admin", order=1, section="administration")
    )
    yield


def make(username: str, role: str = "", scope: tuple[str, str] = ("all", "")) -> User:
    user = User.objects.create(username=username)
    if role:
        RoleGrant.objects.create(user=user, role=Role.objects.get(code=role), scope_kind=scope[0], scope_code=scope[1])
    return user


def labels(user: Any, path: str = "/") -> list[str]:
    return [str(link.label) for section in navigation.build(user, path) for link in section.links]


@pytest.mark.django_db
def test_nobody_sees_nothing() -> None:
    assert labels(AnonymousUser()) == labels(None) == []


@pytest.mark.django_db
def test_a_user_without_role_sees_only_what_is_for_everybody() -> None:
    assert labels(make("nobody")) == ["首页"]


@pytest.mark.django_db
def test_each_role_sees_its_own() -> None:
    assert labels(make("staff", "committee")) == ["首页", "回收", "语言"]  # in the order of their numbers
    assert labels(make("liaison", "liaison")) == ["首页"]
    assert labels(make("admin", "administrator")) == ["首页", "登录"]


@pytest.mark.django_db
def test_a_role_for_one_stratum_is_enough_to_see_the_entry() -> None:
    assert labels(make("organiser", "organiser", ("stratum", "npc"))) == ["首页", "回收"]


@pytest.mark.django_db
def test_an_inactive_user_sees_no_entry_that_needs_a_permission() -> None:
    user = make("left", "committee")
    user.is_active = False
    assert labels(user) == ["首页"]


@pytest.mark.django_db
def test_without_a_policy_nothing_that_needs_a_permission_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_policy", [])
    assert labels(make("staff", "committee")) == ["首页"]


@pytest.mark.django_db
def test_the_longest_matching_address_is_current() -> None:
    sections = navigation.build(make("staff", "committee"), "/language/en/")
    current = [str(link.label) for section in sections for link in section.links if link.is_current]
    assert current == ["语言"]
    assert [section.code for section in sections] == ["overview", "evaluation"]


def test_mistakes_are_reported() -> None:
    with pytest.raises(ValueError, match="unknown section"):
        navigation.register(NavItem("错", "home", section="nowhere"))
    assert navigation.check_addresses() == []
    navigation.register(NavItem("错", "no-such-page"))
    assert [error.id for error in navigation.check_addresses()] == ["foundation.E001"]
