"""What a browser's page is judged by: axe's rules for WCAG 2.2 AA and good practice, and that it fits its width."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(page: Any, *, locked: bool = False) -> Iterator[str]:
    """What axe finds. In a disabled fieldset it takes everything for unreachable, which only the inputs are: `locked`
    leaves out what it says of scrolling there."""
    for one in Axe().run(page, options={"runOnly": TAGS}).response["violations"]:
        for node in one["nodes"]:
            disabled = f"document.querySelector({json.dumps(node['target'][0])}).closest('fieldset[disabled]') !== null"
            if not (locked and one["id"] == "scrollable-region-focusable" and page.evaluate(disabled)):
                yield f"{one['id']}: {node['target']} {node['html'][:160]}"


def faults(page: Any) -> list[str]:
    """What axe finds, and whether the page scrolls sideways."""
    found = [f"{page.url} {line}" for line in violations(page)]
    return [*found, f"{page.url} scrolls sideways"] if page.evaluate(SIDEWAYS) > 0 else found
