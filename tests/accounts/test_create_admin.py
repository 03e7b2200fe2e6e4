"""The command for the first administrator."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Role, User
from accounts.policies import may
from foundation.models import AuditEntry
from tests.accounts.people import PASSWORD

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_admin", *arguments, stdout=out)
    return out.getvalue()


def test_it_creates_one_who_manages_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    assert "root1" in run("root1", "--full-name", "管理员", "--email", "root@example.cn")
    made = User.objects.get(username="root1")
    assert may(made, "accounts.manage")
    assert made.check_password(PASSWORD)
    assert not made.must_change_password
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == ["user.create", "user.grant"]
    assert all(entry.actor.username == "console" for entry in AuditEntry.objects.all() if entry.actor)


def test_a_bad_password_creates_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "short")
    with pytest.raises(CommandError, match="10"):
        run("root1")
    assert not User.objects.filter(username="root1").exists()


def test_an_account_that_is_there_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    User.objects.create(username="root1")
    with pytest.raises(CommandError, match="root1"):
        run("root1")
    assert not may(User.objects.get(username="root1"), "accounts.manage")


def test_without_a_terminal_it_says_where_the_password_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="ADMIN_PASSWORD"):
        run("root1")


def test_on_a_terminal_it_asks_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    answers: Any = iter([PASSWORD, "something else 9", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError):
        run("root1")
    run("root1")
    assert User.objects.filter(username="root1").exists()


def test_where_no_role_manages_accounts_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    Role.objects.filter(code="administrator").delete()
    with pytest.raises(CommandError, match="migrate"):
        run("root1")
    assert not User.objects.filter(username="root1").exists()
