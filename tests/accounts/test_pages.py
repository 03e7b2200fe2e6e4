"""Pages of accounts and roles: who must not pass, and the way through them as a browser without JavaScript takes it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, RoleGrant, User
from departments.models import Department, Sector
from foundation.models import AuditEntry
from tests.accounts.people import PASSWORD, admin, client_of, user

pytestmark = pytest.mark.django_db

ROLES = ["committee", "leader", "liaison", "assessor", "organiser", "sector_guide", "supervisor", "auditor"]


def pages(other: User) -> list[tuple[str, str]]:
    """Every address of accounts and roles with its method; audit pages have their own test."""
    grant = RoleGrant.objects.get(user=other)
    role = Role.objects.get(code="supervisor")
    named = [
        ("GET", "user-list", ()),
        ("GET", "user-create", ()),
        ("POST", "user-create", ()),
        ("GET", "user-detail", (other.pk,)),
        ("GET", "user-edit", (other.pk,)),
        ("POST", "user-edit", (other.pk,)),
        ("GET", "user-deactivate", (other.pk,)),
        ("POST", "user-deactivate", (other.pk,)),
        ("POST", "user-activate", (other.pk,)),
        ("GET", "user-reset-password", (other.pk,)),
        ("POST", "user-reset-password", (other.pk,)),
        ("GET", "one-time-password", (other.pk,)),
        ("POST", "grant-create", (other.pk,)),
        ("GET", "grant-revoke", (grant.pk,)),
        ("POST", "grant-revoke", (grant.pk,)),
        ("GET", "role-list", ()),
        ("GET", "role-create", ()),
        ("POST", "role-create", ()),
        ("GET", "role-edit", (role.pk,)),
        ("POST", "role-edit", (role.pk,)),
        ("GET", "role-delete", (role.pk,)),
        ("POST", "role-delete", (role.pk,)),
    ]
    return [(method, reverse(f"accounts:{name}", args=args)) for method, name, args in named]


@pytest.mark.parametrize("code", ["", *ROLES])
def test_nobody_but_an_administrator_gets_in(code: str) -> None:
    client = client_of(user("actor", *([code] if code else [])))
    other = user("other", "leader")
    for method, address in pages(other):
        assert client.generic(method, address).status_code == 403, (method, address)
    other.refresh_from_db()
    assert (other.is_active, other.check_password(PASSWORD), other.grants.count()) == (True, True, 1)
    assert not AuditEntry.objects.exists()


def test_without_a_login_there_is_the_login_page() -> None:
    for method, address in pages(user("other", "leader")):
        answer = Client().generic(method, address)
        assert answer["Location"].startswith("/accounts/login/"), (method, address)


def test_every_page_opens_for_an_administrator_in_both_languages() -> None:
    other = user("other", "leader")
    for language in ("zh-hans", "en"):
        client = client_of(User.objects.filter(username="guanli").first() or admin(), language)
        for method, address in pages(other):
            if method == "GET":
                assert client.get(address).status_code == 200, address


def test_the_console_has_no_pages() -> None:
    from accounts.services import console

    account, client = console(), client_of(admin())
    for name in ("user-detail", "user-edit", "user-deactivate", "user-reset-password"):
        assert client.get(reverse(f"accounts:{name}", args=[account.pk])).status_code == 404
    grant = RoleGrant.objects.get(user=account)
    assert client.get(reverse("accounts:grant-revoke", args=[grant.pk])).status_code == 404
    assert client.get(reverse("accounts:role-edit", args=[grant.role_id])).status_code == 404
    assert "命令行" not in client.get(reverse("accounts:user-list")).content.decode()


# -- the way from a new account to its first login ---------------------------------------------------------------------


def text_of(answer: Any) -> str:
    return answer.content.decode()


def test_a_new_account_gets_a_password_that_is_shown_once_and_changed_at_the_first_login() -> None:
    client = client_of(admin())
    answer = client.post(
        reverse("accounts:user-create"), {"full_name": "李四", "username": "li", "email": "li@example.cn"}
    )
    li = User.objects.get(username="li")
    shown = reverse("accounts:one-time-password", args=[li.pk])
    assert answer["Location"] == shown
    answer = client.get(shown)
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r">([a-z0-9]{4}(?:-[a-z0-9]{4}){3})<", text_of(answer))
    assert found is not None
    password = found[1]
    again = text_of(client.get(shown))
    assert password not in again
    assert "不再显示" in again
    newcomer = Client()
    newcomer.post("/accounts/login/", {"username": "li", "password": password})
    assert newcomer.get("/jobs/")["Location"] == "/accounts/password/"
    new = "my very own 1"
    newcomer.post("/accounts/password/", {"old_password": password, "new_password1": new, "new_password2": new})
    assert newcomer.get("/jobs/").status_code == 200


def test_the_password_is_shown_for_its_own_account_only() -> None:
    client, other = client_of(admin()), user("other")
    client.post(reverse("accounts:user-create"), {"full_name": "李四", "username": "li"})
    li = User.objects.get(username="li")
    assert "不再显示" in text_of(client.get(reverse("accounts:one-time-password", args=[other.pk])))
    assert "不再显示" in text_of(client.get(reverse("accounts:one-time-password", args=[li.pk])))


def test_the_session_in_the_database_does_not_have_the_password() -> None:
    from django.contrib.sessions.models import Session

    client, other = client_of(admin()), user("other")
    client.post(reverse("accounts:user-reset-password", args=[other.pk]))
    data = str([session.get_decoded() for session in Session.objects.all()])
    assert "one_time_password" in data
    password = re.search(
        r">([a-z0-9]{4}(?:-[a-z0-9]{4}){3})<",
        text_of(client.get(reverse("accounts:one-time-password", args=[other.pk]))),
    )
    assert password is not None
    assert password[1] not in data


def test_what_is_wrong_is_said_at_its_field() -> None:
    client = client_of(admin())
    address = reverse("accounts:user-create")
    text = text_of(client.post(address, {"full_name": "", "username": "guanli"}))
    assert "该用户名已存在" in text
    assert "id_full_name" in text
    assert User.objects.count() == 1
    text = text_of(client.post(address, {"full_name": "李四", "username": "console"}))
    assert "命令行专用" in text


# -- roles given and taken ---------------------------------------------------------------------------------------------


@pytest.fixture
def city() -> None:
    Department.objects.create(code="D1", full_name="示范市公安局")
    Sector.objects.create(code="law", name="政法片")


def test_scopes_are_chosen_by_name(city: None) -> None:
    client, li = client_of(admin()), user("li")
    text = text_of(client.get(reverse("accounts:user-detail", args=[li.pk])))
    assert "示范市公安局 (D1)" in text
    assert "政法片 (law)" in text
    assert "人大代表 (npc)" in text
    liaison = Role.objects.get(code="liaison")
    client.post(reverse("accounts:grant-create", args=[li.pk]), {"role": liaison.pk, "scope": "department:D1"})
    grant = RoleGrant.objects.get(user=li)
    assert (grant.role, grant.scope_kind, grant.scope_code) == (liaison, "department", "D1")
    assert "示范市公安局（D1）" in text_of(client.get(reverse("accounts:user-list")))


@pytest.mark.parametrize("scope", ["department:D9", "planet:x", "department:", "", "all:D1"])
def test_a_scope_that_is_not_there_is_refused(city: None, scope: str) -> None:
    client, li = client_of(admin()), user("li")
    liaison = Role.objects.get(code="liaison")
    answer = client.post(reverse("accounts:grant-create", args=[li.pk]), {"role": liaison.pk, "scope": scope})
    assert answer.status_code == 422
    assert not RoleGrant.objects.filter(user=li).exists()


def test_taking_away_asks_first() -> None:
    client, li = client_of(admin()), user("li", "leader")
    address = reverse("accounts:grant-revoke", args=[RoleGrant.objects.get(user=li).pk])
    assert "li同志 将失去角色“领导”" in text_of(client.get(address))
    assert RoleGrant.objects.filter(user=li).exists()
    client.post(address)
    assert not RoleGrant.objects.filter(user=li).exists()


def test_the_last_administrator_stays_and_the_page_says_why() -> None:
    last = admin()
    client = client_of(last)
    answer = client.post(reverse("accounts:grant-revoke", args=[RoleGrant.objects.get(user=last).pk]))
    assert answer.status_code == 409
    assert "没有人可以管理账号" in text_of(answer)
    role = Role.objects.get(code="administrator")
    answer = client.post(
        reverse("accounts:role-edit", args=[role.pk]), {"name": "系统管理员", "permissions": ["audit.view"]}
    )
    assert answer.status_code == 409
    assert client.get(reverse("accounts:user-list")).status_code == 200


def test_switching_off_and_on() -> None:
    client, li = client_of(admin()), user("li")
    theirs = client_of(li)
    address = reverse("accounts:user-deactivate", args=[li.pk])
    assert "不会删除" in text_of(client.get(address))
    client.post(address, {"reason": "调离"})
    assert theirs.get("/jobs/").status_code == 302
    assert AuditEntry.objects.get(action="user.deactivate").reason == "调离"
    client.post(reverse("accounts:user-activate", args=[li.pk]))
    assert User.objects.get(pk=li.pk).is_active


# -- search, roles -----------------------------------------------------------------------------------------------------


def test_the_list_is_searched_narrowed_and_paged() -> None:
    client = client_of(admin())
    address = reverse("accounts:user-list")
    user("zhang", "leader")
    user("off", is_active=False)
    assert "zhang同志" in text_of(client.get(address, {"q": "zhang"}))
    assert "off同志" not in text_of(client.get(address, {"q": "zhang"}))
    leader = Role.objects.get(code="leader")
    text = text_of(client.get(address, {"role": leader.pk}))
    assert "zhang同志" in text
    assert "guanli同志</a>" not in text
    assert "off同志" in text_of(client.get(address, {"state": "inactive"}))
    assert "zhang同志" not in text_of(client.get(address, {"state": "no_role"}))
    assert "没有符合条件的账号" in text_of(client.get(address, {"q": "nothing like it"}))
    User.objects.bulk_create(User(username=f"many{n:02}") for n in range(40))
    # by user name: guanli, many00 … many23 are the 25 of the first page
    first = text_of(client.get(address))
    assert "many23" in first
    assert "many24" not in first
    assert "many24" in text_of(client.get(address, {"page": "2"}))


def test_the_list_asks_the_database_the_same_however_many_there_are(django_assert_max_num_queries: Any) -> None:
    client = client_of(admin())
    for number in range(20):
        user(f"u{number}", "liaison", scope=("department", f"D{number}"))
    client.get(reverse("accounts:user-list"))
    with django_assert_max_num_queries(16):
        client.get(reverse("accounts:user-list"))


def test_a_role_is_changed_by_ticking() -> None:
    client = client_of(admin())
    role = Role.objects.get(code="supervisor")
    address = reverse("accounts:role-edit", args=[role.pk])
    text = text_of(client.get(address))
    assert re.search(r'value="departments.view"[^>]*checked', text)
    assert not re.search(r'value="audit.view"[^>]*checked', text)
    client.post(address, {"name": "监督员", "permissions": ["departments.view", "round.view"]})
    role.refresh_from_db()
    assert role.permissions == ["departments.view", "round.view"]
    assert "请至少选择一项权限" in text_of(client.post(address, {"name": "监督员"}))
    assert client.post(address, {"name": "监督员", "permissions": ["no.such"]}).status_code == 200
    role.refresh_from_db()
    assert role.permissions == ["departments.view", "round.view"]


def test_a_role_that_is_held_is_not_deleted_and_the_page_leads_on() -> None:
    client = client_of(admin())
    user("li", "leader")
    role = Role.objects.get(code="leader")
    address = reverse("accounts:role-delete", args=[role.pk])
    text = text_of(client.get(address))
    assert reverse("accounts:role-edit", args=[role.pk]) in text
    assert "btn-danger" not in text
    assert client.post(address).status_code == 409
    unused = Role.objects.get(code="supervisor")
    client.post(reverse("accounts:role-delete", args=[unused.pk]))
    assert not Role.objects.filter(pk=unused.pk).exists()


def test_navigation_shows_each_only_what_is_theirs() -> None:
    users, log = reverse("accounts:user-list"), reverse("accounts:audit-list")
    for code, sees in (("administrator", {users}), ("auditor", {log}), ("committee", set()), ("leader", set())):
        text = text_of(client_of(user(f"u-{code}", code)).get("/jobs/"))
        assert {address for address in (users, log) if f'href="{address}"' in text} == sees, code
