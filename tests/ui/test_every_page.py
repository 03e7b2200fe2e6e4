"""Every page of the URL conf over a demo city, in Chromium: axe, sideways scrolling, script errors, foreign requests.

A new page is looked at as soon as it has an address (config/screens/addresses.py); one without any fails here too.
720 px is what a desktop of 1440 px shows at 200 % zoom.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import User
from config import demo_hints
from config.demo.city import build
from config.screens.addresses import addresses
from config.screens.contact import prepare
from foundation.context import forget_demo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: Found by submitting a ballot; the ballot's own browser tests judge it.
ELSEWHERE = {"ballot:receipt"}


@pytest.mark.timeout(480)
@pytest.mark.parametrize(("width", "language"), [(390, "zh-CN"), (720, "zh-CN"), (1440, "en")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_page: Callable[..., Any],
    sign_in: Callable[[Any, Any], None],
    tmp_path: Path,
    width: int,
    language: str,
) -> None:
    build(seed=2008, scale=1 / 20, tell=lambda line: None)
    forget_demo()
    prepare(tmp_path)
    wanted, missing = addresses()
    visitors: dict[str, Any] = {}
    faults: list[str] = []
    seen = 0
    for entry in wanted:
        if entry.name in ELSEWHERE:
            continue
        if entry.username not in visitors:
            page = visitors[entry.username] = open_page(width=width, language=language)
            if entry.username:
                sign_in(page, User.objects.get(username=entry.username))
            else:
                page.goto(f"/b/{demo_hints.ballot_codes(1)[0]}")
                page.locator("form[action$='start/'] button[type=submit]").first.click()
                page.wait_for_load_state()
        page = visitors[entry.username]
        if page.context.request.get(entry.path, max_redirects=0).status == 405:
            continue
        page.goto(entry.path)
        for folded in page.query_selector_all("main details:not([open]) > summary"):
            folded.click()
        seen += 1
        found = Axe().run(page, options=RULES).response["violations"]
        faults += [f"{entry.name} {one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"][:3]]
        if page.evaluate(SIDEWAYS) > 0:
            faults.append(f"{entry.name} scrolls sideways")
    assert missing == []
    assert not faults, "\n".join(faults)
    assert seen > 60
