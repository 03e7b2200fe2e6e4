"""Trying other rules in Chromium: by keyboard alone, without JavaScript, with things at rest, and axe on every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.services import console, install_starting_roles
from scoring.models import ScoreRun, WhatIfTrial, WhatIfUnlock
from scoring.services import publish_round, score_round
from scoring.services.sensitivity import report_sensitivity
from scoring.services.whatif import grant_unlock, request_unlock
from tests.judging import faults
from tests.scoring.golden import counted_round
from tests.scoring.test_whatif_pages import address, somebody

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOVING = "document.getAnimations().filter(one => one.effect.target.tagName === 'TR').length"
#: three-step weighs npc 8.33 and cppcc 25; with all of that on npc D05 passes D03, who is first (its edge is 9.89).
NPC, CPPCC = "w:general:npc", "w:general:cppcc"


@pytest.fixture
def run() -> ScoreRun:
    """A published run; a transactional test starts with emptied tables."""
    install_starting_roles()
    run = score_round(actor=console(), round=counted_round("three-step"))
    publish_round(actor=console(), round=run.round)
    return run


def first_of(page: Any) -> str:
    """The department on top of the only group."""
    return str(page.locator("#trial table[data-moves] tbody tr").first.locator("th").inner_text())


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _press in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with Tab")


def retype(page: Any, name: str, value: str) -> None:
    tab_to(page, f"[name='{name}']")
    page.keyboard.press("Control+A")
    page.keyboard.type(value)


def test_a_trial_by_keyboard_alone(open_page: Callable[..., Any], sign_in: Callable[..., None], run: ScoreRun) -> None:
    page = open_page()
    sign_in(page, somebody("committee"))
    page.goto(address(run))
    before = page.locator("#trial tbody tr th").first.inner_text()
    tab_to(page, "#weights-general > summary")
    page.keyboard.press("Enter")
    retype(page, NPC, "33.33")
    retype(page, CPPCC, "0")
    assert page.locator("#weights-general [data-changes-number]").inner_text() == "2"
    assert page.locator("#weights-general .total-ok").count() == 1
    assert not WhatIfTrial.objects.exists()  # typing tries nothing
    page.keyboard.press("Enter")
    page.wait_for_selector("#trial.is-trial")
    assert page.evaluate("document.activeElement.id") == "trial-heading"
    assert page.locator("#trial-heading").inner_text() == "非正式试算"
    assert first_of(page) != before
    assert "公布后 1 次" in page.locator("#whatif-form").inner_text()
    assert WhatIfTrial.objects.count() == 1
    # The way moves: rows are under way from where they stood.
    assert any(page.evaluate(MOVING) or page.wait_for_timeout(50) for _look in range(40))
    # The next trial starts from the form as it stands.
    retype(page, CPPCC, "1")
    page.keyboard.press("Enter")
    page.wait_for_selector("#whatif-form [role='alert'] .guards")
    assert "101" in page.locator("#whatif-form [role='alert']").first.inner_text()
    assert WhatIfTrial.objects.count() == 1


def test_without_javascript_the_same(
    open_page: Callable[..., Any], sign_in: Callable[..., None], run: ScoreRun
) -> None:
    page = open_page(width=390, height=844, javascript=False)
    sign_in(page, somebody("committee"))
    page.goto(address(run))
    page.locator("#weights-general > summary").click()
    page.fill(f"[name='{NPC}']", "33.33")
    page.get_by_role("button", name="合计").click()
    assert "108.33" not in page.locator("#weights-general").inner_text()  # 33.33 − 8.33 too much: 125.00
    assert "125.00" in page.locator("#weights-general").inner_text()
    assert not WhatIfTrial.objects.exists()
    page.fill(f"[name='{CPPCC}']", "0")
    page.get_by_role("button", name="试算", exact=True).click()
    assert page.locator("#trial-heading").inner_text() == "非正式试算"
    assert page.locator("#weights-general .is-changed").count() == 2
    assert WhatIfTrial.objects.count() == 1
    page.get_by_role("link", name="恢复正式规则").click()
    assert page.locator(".is-changed").count() == 0


def test_who_wants_no_motion_gets_none(
    open_page: Callable[..., Any], sign_in: Callable[..., None], run: ScoreRun
) -> None:
    page = open_page(reduced_motion="reduce")
    sign_in(page, somebody("committee"))
    page.goto(address(run))
    page.locator("#weights-general > summary").click()
    page.fill(f"[name='{NPC}']", "33.33")
    page.fill(f"[name='{CPPCC}']", "0")
    page.get_by_role("button", name="试算", exact=True).click()
    page.wait_for_selector("#trial.is-trial[data-shown]")
    page.wait_for_timeout(300)
    assert page.evaluate(MOVING) == 0


def test_an_unlock_that_runs_out_meanwhile_shows_the_lock(
    open_page: Callable[..., Any], sign_in: Callable[..., None]
) -> None:
    install_starting_roles()
    run = score_round(actor=console(), round=counted_round("three-step"))
    asker, other = somebody("committee", "甲"), somebody("committee", "乙")
    grant_unlock(actor=other, unlock=request_unlock(actor=asker, round=run.round, reason="x"))
    page = open_page()
    sign_in(page, asker)
    page.goto(address(run))
    WhatIfUnlock.objects.update(expires_at=timezone.now())
    page.get_by_role("button", name="试算", exact=True).click()
    page.get_by_text("公布前锁定").wait_for()
    assert not WhatIfTrial.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_is_accessible(
    open_page: Callable[..., Any], sign_in: Callable[..., None], live: Any, run: ScoreRun, width: int, language: str
) -> None:
    who = somebody("committee")
    page = open_page(width=width)
    sign_in(page, who)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live.url}])
    found: list[str] = []
    page.goto(address(run, "run-sensitivity"))
    found += faults(page)
    report_sensitivity(actor=console(), run=run)
    page.goto(address(run, "run-sensitivity"))
    found += faults(page)
    page.goto(address(run))
    found += faults(page)
    page.evaluate("document.querySelectorAll('.whatif-section').forEach(one => { one.open = true; })")
    found += faults(page)
    page.fill(f"[name='{NPC}']", "33.33")
    page.fill(f"[name='{CPPCC}']", "0")
    page.locator("#whatif-form button[type=submit]").first.click()
    page.wait_for_selector("#trial.is-trial")
    page.wait_for_timeout(2500)  # axe judges what stands still
    found += faults(page)
    page.locator("#shares > summary").click()
    page.fill("[name='share:public']", "1")
    page.locator("#whatif-form button[type=submit]").first.click()
    page.wait_for_selector("#whatif-form .guards")
    found += faults(page)
    assert found == []


def test_the_locked_page_is_accessible(open_page: Callable[..., Any], sign_in: Callable[..., None]) -> None:
    install_starting_roles()
    run = score_round(actor=console(), round=counted_round("three-step"))
    request_unlock(actor=somebody("committee", "甲"), round=run.round, reason="委员会询问")
    page = open_page(width=390)
    sign_in(page, somebody("committee", "乙"))
    found = []
    for page_address in (
        address(run),
        address(run, "run-unlock-request"),
        reverse("scoring:run-list", args=(run.round.year,)),
    ):
        page.goto(page_address)
        found += faults(page)
    assert found == []
