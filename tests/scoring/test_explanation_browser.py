"""The derivation in Chromium: accessible on a phone and a desk, followed by keyboard, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.services import console
from scoring.services import score_round
from tests.judging import faults
from tests.scoring.golden import counted_round

pytestmark = pytest.mark.browser


@pytest.fixture
def address(transactional_db: None) -> str:
    run = score_round(actor=console(), round=counted_round("criteria-headroom"))
    return f"/scoring/{run.round.year}/runs/{run.pk}/departments/D01/explain/"


@pytest.fixture
def staff(transactional_db: None) -> User:
    user = User.objects.create_user(username="staff", full_name="张晓明")
    user.grants.create(role=Role.objects.get(code="committee"))
    return user


@pytest.mark.parametrize(("width", "language"), [(390, "zh-hans"), (1440, "en")])
def test_it_is_accessible(
    open_page: Callable[..., Any], sign_in: Callable[..., None], staff: User, address: str, width: int, language: str
) -> None:
    page = open_page(width=width, language=language)
    sign_in(page, staff)
    page.goto(address)
    assert faults(page) == []


def test_a_number_leads_to_its_source_by_keyboard_without_javascript(
    open_page: Callable[..., Any], sign_in: Callable[..., None], staff: User, address: str
) -> None:
    page = open_page(width=390, height=844, javascript=False)
    sign_in(page, staff)
    page.goto(address)
    for number, source in (
        ("total", "part-public"),
        ("part-public", "public"),
        ("public", "base"),
        ("base", "item-base-q1"),
    ):
        page.focus(f"#{number}")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/explain/#{source}")
        assert page.locator(f"#{source}:target").is_visible()
