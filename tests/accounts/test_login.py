"""Logging in and out, the lock-out, the account nobody can log in to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as project_settings
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import reverse
from django.utils import formats, timezone

from accounts.services import console, deactivate_user
from foundation.models import AuditEntry
from tests.accounts.people import PASSWORD, admin, client_of, user

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def log_in(client: Client, name: str, password: str = PASSWORD, **values: str) -> Any:
    return client.post(LOGIN, {"username": name, "password": password, **values})


def is_in(client: Client) -> bool:
    return client.get(reverse("foundation:job-list")).status_code == 200


def test_the_right_password_leads_to_the_first_page_and_is_logged() -> None:
    wang = user("wang")
    client = Client()
    answer = log_in(client, "wang")
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert is_in(client)
    entry = AuditEntry.objects.get(action="user.login")
    assert (entry.actor, entry.subject_id, entry.after) == (wang, str(wang.pk), None)


def test_it_leads_on_to_where_one_wanted_to_go_but_never_away() -> None:
    user("wang")
    assert log_in(Client(), "wang", next="/jobs/")["Location"] == "/jobs/"
    assert log_in(Client(), "wang", next="https://elsewhere.example/")["Location"] == reverse("home")


@pytest.mark.parametrize(("name", "password"), [("wang", "wrong"), ("nobody", PASSWORD), ("wang", "")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(name: str, password: str) -> None:
    user("wang")
    client = Client()
    answer = log_in(client, name, password)
    assert answer.status_code == 200
    if password:
        assert "用户名或密码错误" in answer.content.decode()
    assert not is_in(client)
    assert not AuditEntry.objects.filter(action="user.login").exists()


def test_a_deactivated_account_looks_like_a_wrong_password() -> None:
    user("wang", is_active=False)
    answer = log_in(Client(), "wang")
    assert "用户名或密码错误" in answer.content.decode()


def test_deactivating_ends_the_sessions_at_once() -> None:
    wang = user("wang")
    client = client_of(wang)
    assert is_in(client)
    deactivate_user(actor=admin(), user=wang)
    assert not is_in(client)


def test_whoever_is_logged_in_is_not_asked_again() -> None:
    assert client_of(user("wang")).get(LOGIN).status_code == 302


@pytest.mark.parametrize("password", ["!", "", "console", "None", PASSWORD])
def test_nobody_logs_in_as_the_command_line(password: str, rf: Any) -> None:
    account = console()
    assert account.password == "!"
    assert not account.has_usable_password()
    assert authenticate(rf.post(LOGIN), username="console", password=password) is None
    client = Client()
    log_in(client, "console", password)
    assert not is_in(client)


def test_not_even_with_a_password_smuggled_into_the_database() -> None:
    account = console()
    account.set_password(PASSWORD)
    account.save()
    client = Client()
    answer = log_in(client, "console")
    assert "用户名或密码错误" in answer.content.decode()
    assert not is_in(client)


# -- the lock-out ------------------------------------------------------------------------------------------------------


def fail(client: Client, times: int, name: str = "wang") -> Any:
    answer = None
    for _time in range(times):
        answer = log_in(client, name, "wrong")
    return answer


LIMIT = project_settings.AXES_FAILURE_LIMIT


def in_a_quarter_of_an_hour() -> str:
    return formats.date_format(timezone.localtime(timezone.now() + timedelta(minutes=15)), "TIME_FORMAT")


def test_too_many_failures_stop_the_login_and_say_when_to_try_again() -> None:
    user("wang")
    assert fail(Client(), LIMIT - 1).status_code == 200
    before = in_a_quarter_of_an_hour()
    answer = fail(Client(), 1)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"  # a quarter of an hour
    text = answer.content.decode()
    assert before in text or in_a_quarter_of_an_hour() in text
    assert "请等待 15 分钟后再试" in text


def test_the_right_password_does_not_help_then_and_does_later() -> None:
    user("wang")
    fail(Client(), LIMIT)
    client = Client()
    assert log_in(client, "wang").status_code == 429
    assert not is_in(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in(client, "wang").status_code == 302
    assert is_in(client)


def test_others_log_in_all_the_while() -> None:
    user("wang")
    user("li")
    fail(Client(), LIMIT)
    assert log_in(Client(), "li").status_code == 302


def test_a_login_in_between_starts_the_count_again() -> None:
    user("wang")
    fail(Client(), LIMIT - 1)
    log_in(Client(), "wang")
    assert fail(Client(), LIMIT - 1).status_code == 200


def test_a_lock_out_is_logged_once_and_by_nobody() -> None:
    wang = user("wang")
    fail(Client(), LIMIT + 5)
    entry = AuditEntry.objects.get(action="user.lockout")
    assert (entry.actor, entry.subject_id, entry.after) == (None, str(wang.pk), {"failures": LIMIT})


def test_a_name_that_is_no_account_is_locked_alike_and_not_written_down() -> None:
    """People type their password there."""
    answer = fail(Client(), LIMIT, "my secret password")
    assert answer.status_code == 429
    assert "my secret password" not in answer.content.decode()
    assert not AuditEntry.objects.filter(action="user.lockout").exists()


def test_passwords_are_not_kept_with_the_failures() -> None:
    user("wang")
    log_in(Client(), "wang", "almost the right one")
    attempt = AccessAttempt.objects.get()
    assert "almost" not in f"{attempt.post_data}{attempt.get_data}{attempt.http_accept}"


# -- logging out -------------------------------------------------------------------------------------------------------


def test_logging_out_is_a_post_and_is_logged() -> None:
    wang = user("wang")
    client = client_of(wang)
    assert client.get("/accounts/logout/").status_code == 405
    assert is_in(client)
    answer = client.post("/accounts/logout/")
    assert answer["Location"] == LOGIN
    assert not is_in(client)
    assert AuditEntry.objects.get(action="user.logout").actor == wang


def test_pages_ask_for_a_login_unless_they_say_otherwise() -> None:
    answer = Client().get("/accounts/users/")
    assert answer["Location"] == f"{LOGIN}?next=/accounts/users/"
    assert Client().get(LOGIN).status_code == 200
