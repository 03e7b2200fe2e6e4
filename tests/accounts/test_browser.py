"""Accounts and the audit log in Chromium: the whole way without JavaScript, and axe on every page at two widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import Role, RoleGrant, User
from foundation import audit, files
from foundation.models import Job, JobState
from tests.accounts.people import PASSWORD, admin, user
from tests.judging import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _roles() -> None:
    """A transactional test starts with emptied tables."""
    from accounts.services import install_starting_roles

    install_starting_roles()


def test_a_newcomer_from_account_to_first_page_without_javascript(open_page: Callable[..., Any]) -> None:
    """The administrator makes account and role; the newcomer logs in, chooses a password, sees the log."""
    admin()
    page = open_page(javascript=False)
    page.goto("/accounts/login/")
    page.fill("#id_username", "guanli")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.goto(reverse("accounts:user-list"))
    page.get_by_role("link", name="新建账号").click()
    page.fill("#id_full_name", "李审计")
    page.fill("#id_username", "li")
    page.get_by_role("button", name="创建账号").click()
    password = page.locator(".code").inner_text()
    page.get_by_role("link", name="查看账号").click()
    page.select_option("#id_role", label="审计人员")
    page.get_by_role("button", name="授予").click()
    assert "李审计 角色“审计人员”" in page.locator("#messages").inner_text()

    newcomer = open_page(width=390, height=844, javascript=False)
    newcomer.goto("/accounts/login/")
    newcomer.fill("#id_username", "li")
    newcomer.fill("#id_password", password)
    newcomer.get_by_role("button", name="登录").click()
    assert newcomer.url.endswith("/accounts/password/")
    newcomer.fill("#id_old_password", password)
    newcomer.fill("#id_new_password1", "my very own 1")
    newcomer.fill("#id_new_password2", "my very own 1")
    newcomer.locator("main").get_by_role("button", name="修改密码").click()
    newcomer.goto(reverse("accounts:audit-list"))
    shown = newcomer.locator("main table").inner_text()
    for deed in ("新建账号", "授予角色", "修改本人密码"):
        assert deed in shown
    assert password not in newcomer.content()


def addresses(who: User, other: User) -> tuple[list[str], list[str]]:
    """The pages of the administrator and of the auditor."""
    grant, role = RoleGrant.objects.get(user=other), Role.objects.get(code="leader")
    with transaction.atomic():
        entry = audit.record(actor=who, action="user.edit", subject=other, before={"a": 1}, after={"a": 2})
    jobs = [
        Job.objects.create(kind="test", created_by=who, state=state, done=3, total=9, error=error)
        for state, error in ((JobState.RUNNING, ""), (JobState.FAILED, "第 3 行缺少编号。"), (JobState.DONE, ""))
    ]
    file = files.store(b"x", kind="test", name="a.csv", content_type="text/csv", permission="accounts.manage", user=who)
    files.fetch(file, user=who)
    named: list[tuple[str, tuple[Any, ...]]] = [
        ("accounts:user-list", ()),
        ("accounts:user-create", ()),
        ("accounts:user-detail", (other.pk,)),
        ("accounts:user-edit", (other.pk,)),
        ("accounts:user-deactivate", (other.pk,)),
        ("accounts:user-reset-password", (other.pk,)),
        ("accounts:one-time-password", (other.pk,)),
        ("accounts:grant-revoke", (grant.pk,)),
        ("accounts:role-list", ()),
        ("accounts:role-edit", (role.pk,)),
        ("accounts:role-delete", (role.pk,)),
        ("accounts:password-change", ()),
        ("foundation:job-list", ()),
        *(("foundation:job-detail", (row.pk,)) for row in jobs),
        ("foundation:file-detail", (file.pk,)),
    ]
    audits: list[tuple[str, tuple[Any, ...]]] = [
        ("accounts:audit-list", ()),
        ("accounts:audit-detail", (entry.pk,)),
        ("accounts:audit-check", ()),
    ]
    return [reverse(name, args=args) for name, args in named], [reverse(name, args=args) for name, args in audits]


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_is_accessible(open_page: Callable[..., Any], sign_in: Callable[..., None], width: int) -> None:
    who = user("guanli", "administrator", "auditor")
    own, audits = addresses(who, user("other", "leader"))
    found: list[str] = []
    stranger = open_page(width=width)
    stranger.goto("/accounts/login/")
    found += faults(stranger)
    page = open_page(width=width)
    sign_in(page, who)
    for address in [*own, *audits]:
        answer = page.goto(address)
        assert answer.status == 200, address
        found += faults(page)
    assert found == []


def test_one_is_told_when_to_try_again(open_page: Callable[..., Any], settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    user("li")
    page = open_page(width=390)
    for _time in range(2):
        page.goto("/accounts/login/")
        page.fill("#id_username", "li")
        page.fill("#id_password", "wrong")
        page.get_by_role("button", name="登录").click()
    assert page.locator("h1").inner_text() == "操作过于频繁"
    assert "之后再试" in page.locator("main").inner_text()
    assert faults(page) == []
