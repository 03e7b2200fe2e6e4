"""Data quality in Chromium: from the report to a decision without JavaScript, and axe at two widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Role, User
from accounts.services import console
from scoring.models import ExclusionDecision
from scoring.services import make_quality_report, score_round
from tests.judging import faults
from tests.scoring.quality_round import counted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def staff() -> User:
    round = counted()
    score_round(actor=console(), round=round)
    make_quality_report(actor=console(), round=round)
    user = User.objects.create_user(username="staff", full_name="staff")
    user.grants.create(role=Role.objects.get(code="committee"))
    return user


def test_a_decision_and_back_without_javascript(
    staff: User, open_page: Callable[..., Any], sign_in: Callable[[Any, Any], None]
) -> None:
    page = open_page(javascript=False)
    sign_in(page, staff)
    page.goto(reverse("scoring:quality-latest", args=(2007,)))
    page.get_by_role("link", name="不计入…… s2, 成批相同").click()
    assert "6 份选票不再计入" in page.inner_text("main")
    page.get_by_label("理由").fill("一人代填")
    page.get_by_role("button", name="选票不计入").click()
    assert "最近一次计分之后又作出决定" in page.inner_text("main")
    page.get_by_role("link", name="重新计入…… s2, 成批相同").click()
    page.get_by_label("理由").fill("已说明")
    page.get_by_role("button", name="选票重新计入").click()
    assert [row.excludes for row in ExclusionDecision.objects.order_by("pk")] == [True, False]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing(
    staff: User, open_page: Callable[..., Any], sign_in: Callable[[Any, Any], None], width: int, language: str
) -> None:
    page = open_page(width=width, language=language)
    sign_in(page, staff)
    for name, arguments in (("quality-latest", (2007,)), ("ballots-exclude", (2007, "s2", "identical"))):
        page.goto(reverse(f"scoring:{name}", args=arguments))
        for unfolded in page.query_selector_all("details.unfold > summary"):
            unfolded.click()
        assert faults(page) == []
