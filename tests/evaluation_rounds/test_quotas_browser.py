"""The quota page in Chromium: figures follow the typing, Enter saves, nothing shifts sideways, axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management.sql import emit_post_migrate_signal

from accounts.services import console
from evaluation.models import Round
from evaluation.services.planning import count_basis
from tests.evaluation_rounds import city
from tests.evaluation_rounds.test_pages import section_url
from tests.judging import faults
from tests.somebody import somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_figures_follow_what_is_typed(open_page: Callable[..., Any], sign_in: Callable[..., None]) -> None:
    emit_post_migrate_signal(
        verbosity=0, interactive=False, db="default"
    )  # a transactional test starts with empty tables
    count_basis(actor=console(), round=city.draft())
    page = open_page()
    sign_in(page, somebody("committee"))
    page.goto(section_url(2008, "strata"))
    assert page.locator("#plan-1-margin").inner_text().startswith("±28.5")
    page.fill("[name='s-npc-quota']", "61")
    # one more than there are: everybody is asked, nothing is left to chance
    page.locator("#plan-1-margin", has_text="±0.0").wait_for()
    assert "降低名额到 60" in page.locator("#plan-1-troubles").inner_text()
    assert faults(page) == []
    page.fill("[name='plan_total']", "64")
    # 64 less the 4 of media: the same for npc and residents is 30 each
    page.locator("#plan-suggestions td", has_text="30").first.wait_for()
    # Enter in a field saves what was typed; it must never take a suggestion over.
    page.fill("[name='s-npc-quota']", "20")
    page.press("[name='s-npc-quota']", "Enter")
    page.get_by_text("已保存").first.wait_for()
    assert Round.objects.get().configuration["strata"][0]["quota"] == 20
