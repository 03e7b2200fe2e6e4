"""Every page of the URL conf over a demo city, in Chromium: axe, sideways scrolling, script errors, foreign requests.

A new page is looked at as soon as it has an address (config/screens/addresses.py); one without any fails here too.
720 px is what a desktop of 1440 px shows at 200 % zoom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from config import demo_hints
from config.demo.city import build
from config.screens.addresses import addresses
from config.screens.contact import prepare
from foundation.context import forget_demo
from tests.judging import SIDEWAYS, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: A phone, a desktop of 1440 px at 200 % zoom, and without.
WIDTHS = (390, 720, 1440)
#: Where axe looks too: the pages change their layout once between them.
JUDGED = (390, 1440)
#: Found by submitting a ballot; the ballot's own browser tests judge it.
ELSEWHERE = {"ballot:receipt"}


class Tour:
    """A walk through all pages: each as its own kind of reader, in a browser session of their own."""

    def __init__(
        self, open_page: Callable[..., Any], sign_in: Callable[[Any, Any], None], folder: Path, **options: Any
    ) -> None:
        build(seed=2008, scale=1 / 40, tell=lambda line: None)
        forget_demo()
        prepare(folder)
        self.open_page, self.sign_in, self.options = open_page, sign_in, options
        self.wanted, self.missing = addresses()
        self.visitors: dict[str, Any] = {}

    def pages(self) -> Iterator[tuple[str, Any]]:
        """Every page's URL name with the browser's page that stands on it, everything folded unfolded."""
        for entry in self.wanted:
            if entry.name in ELSEWHERE:
                continue
            page = self.visitor(entry.username)
            if page.goto(entry.path).status == 405:  # answers a POST only
                continue
            for folded in page.query_selector_all("main details:not([open]) > summary"):
                folded.click()
            yield entry.name, page

    def visitor(self, username: str) -> Any:
        if username not in self.visitors:
            page = self.visitors[username] = self.open_page(**self.options)
            if username:
                self.sign_in(page, User.objects.get(username=username))
            else:
                page.goto(f"/b/{demo_hints.ballot_codes(1)[0]}")
                page.locator("form[action$='start/'] button[type=submit]").first.click()
                page.wait_for_load_state()
        return self.visitors[username]


@pytest.mark.timeout(480)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_page: Callable[..., Any], sign_in: Callable[[Any, Any], None], tmp_path: Path
) -> None:
    tour = Tour(open_page, sign_in, tmp_path)
    faults: list[str] = []
    seen = 0
    for name, page in tour.pages():
        seen += 1
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if width in JUDGED:
                faults += [f"{name} {width} {fault}" for fault in violations(page, locked=True)]
            if page.evaluate(SIDEWAYS) > 0:
                faults.append(f"{name} {width} scrolls sideways")
    assert tour.missing == []
    assert not faults, "\n".join(faults)
    assert seen > 60


@pytest.mark.timeout(480)
def test_english_words_fit_a_phone(
    open_page: Callable[..., Any], sign_in: Callable[[Any, Any], None], tmp_path: Path
) -> None:
    """They are the longest ones."""
    tour = Tour(open_page, sign_in, tmp_path, width=390, height=844, language="en")
    assert [name for name, page in tour.pages() if page.evaluate(SIDEWAYS) > 0] == []
