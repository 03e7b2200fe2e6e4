"""The golden bundle, to the byte."""

from __future__ import annotations

import csv
import io
import json
import random

import pytest

from evaluators.draw import draw, load_frozen, parse_plan, parse_registry
from evaluators.draw.__main__ import draw_folder

from .reference import GOLDEN


def test_the_drawn_agree_to_the_byte() -> None:
    assert draw_folder(GOLDEN).csv() == (GOLDEN / "expected.csv").read_bytes()


def test_the_summary_agrees_to_the_byte() -> None:
    assert draw_folder(GOLDEN).summary_json().encode() == (GOLDEN / "expected.json").read_bytes()


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("shuffle", [1, 2])
def test_order_quoting_and_line_ends_never_matter(quoting: int, line_end: str, shuffle: int) -> None:
    header, *rows = csv.reader(io.StringIO((GOLDEN / "registry.csv").read_text("utf-8")))
    random.Random(shuffle).shuffle(rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows([header, *rows])
    plan, seed = parse_plan((GOLDEN / "draw.json").read_bytes())

    registry = parse_registry(text.getvalue().encode(), strata=plan.codes)

    result = draw(registry.candidates(), plan, seed or "")
    assert result.csv() == (GOLDEN / "expected.csv").read_bytes()
    assert result.snapshot_hash == json.loads((GOLDEN / "expected.json").read_bytes())["snapshot_hash"]


def test_a_stored_snapshot_draws_the_same_as_the_file_it_came_from() -> None:
    plan, seed = parse_plan((GOLDEN / "draw.json").read_bytes())
    registry = parse_registry((GOLDEN / "registry.csv").read_bytes())

    stored = load_frozen(b"".join(registry.canonical()), registry.snapshot_hash)

    assert draw(stored, plan, seed or "").csv() == (GOLDEN / "expected.csv").read_bytes()
