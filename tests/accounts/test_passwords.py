"""Passwords: one's own, those for one login, and what comes before they are changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import change_own_password, new_one_time_password
from foundation.models import AuditEntry
from tests.accounts.people import PASSWORD, client_of, user

pytestmark = pytest.mark.django_db

PAGE = "/accounts/password/"
NEW = "another long one 8"


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    again = new if again is None else again
    return client.post(PAGE, {"old_password": old, "new_password1": new, "new_password2": again})


def test_one_changes_ones_own_and_stays_logged_in() -> None:
    wang = user("wang")
    client = client_of(wang)
    assert change(client)["Location"] == reverse("home")
    assert client.get(PAGE).status_code == 200
    wang.refresh_from_db()
    assert wang.check_password(NEW)
    entry = AuditEntry.objects.get(action="user.change_password")
    assert (entry.actor, entry.before, entry.after) == (wang, None, None)


def test_other_sessions_of_the_account_end() -> None:
    wang = user("wang")
    here, elsewhere = client_of(wang), client_of(wang)
    change(here)
    assert elsewhere.get(PAGE).status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong", NEW, NEW),
        (PASSWORD, NEW, "something else 9"),
        (PASSWORD, "short 1", "short 1"),  # ten characters at least
        (PASSWORD, "12345678901", "12345678901"),
        (PASSWORD, "password123", "password123"),
        (PASSWORD, "wang-wang-1", "wang-wang-1"),  # like the user name
        (PASSWORD, PASSWORD, PASSWORD),
    ],
)
def test_what_is_wrong_changes_nothing(old: str, new: str, again: str) -> None:
    wang = user("wang-wang")
    answer = change(client_of(wang), old, new, again)
    assert answer.status_code == 200
    assert "invalid-feedback" in answer.content.decode()
    wang.refresh_from_db()
    assert wang.check_password(PASSWORD)


def test_the_service_checks_by_itself() -> None:
    wang = user("wang")
    with pytest.raises(ValidationError):
        change_own_password(user=wang, old_password="wrong", new_password=NEW)
    with pytest.raises(ValidationError):
        change_own_password(user=wang, old_password=PASSWORD, new_password="short")
    User.objects.update(is_active=False)
    with pytest.raises(ValidationError):
        change_own_password(user=wang, old_password=PASSWORD, new_password=NEW)


# -- a password for one login ------------------------------------------------------------------------------------------


@pytest.fixture
def newcomer() -> Client:
    return client_of(user("wang", "committee", must_change_password=True))


@pytest.mark.parametrize("address", ["/", "/jobs/", "/rounds/", "/departments/"])
def test_every_page_leads_to_the_password_first(newcomer: Client, address: str) -> None:
    assert newcomer.get(address)["Location"] == PAGE


def test_so_does_every_change(newcomer: Client) -> None:
    assert newcomer.post("/rounds/new/", {"year": "2030"})["Location"] == PAGE


def test_a_fragment_takes_the_whole_page_there(newcomer: Client) -> None:
    answer = newcomer.get("/jobs/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, PAGE)


def test_language_type_size_logout_and_the_page_itself_stay_open(newcomer: Client) -> None:
    assert "请先设置自己的密码" in newcomer.get(PAGE).content.decode()
    assert newcomer.post("/language/", {"language": "en", "next": PAGE})["Location"] == PAGE
    assert newcomer.post("/display/", {"large": "1", "next": PAGE})["Location"] == PAGE
    assert newcomer.post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_ballots_stay_open(newcomer: Client) -> None:
    assert newcomer.get(reverse("ballot:code-entry")).status_code == 200


def test_afterwards_everything_is_open(newcomer: Client) -> None:
    change(newcomer)
    assert newcomer.get("/jobs/").status_code == 200
    assert not User.objects.get(username="wang").must_change_password


def test_one_time_passwords_pass_the_rules_and_differ() -> None:
    from django.contrib.auth.password_validation import validate_password

    made = {new_one_time_password() for _number in range(200)}
    assert len(made) == 200
    for password in made:
        validate_password(password)
        assert len(password) == 19  # 4 × 4 and three hyphens
        assert not set(password) & set("01loiIO")
