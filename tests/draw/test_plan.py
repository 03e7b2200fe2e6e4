"""Plan hash, seed, and the way of a plan into draw.json and back."""

from __future__ import annotations

import hashlib
import json

import pytest

from evaluators.draw import BadInput, Plan, parse_plan, seed, serialise
from evaluators.draw.plan import public_seed_remark

from .reference import plan_of

PLAN = Plan("双色球 2026136 期", (plan_of(quota=3, max_per_unit=2, min_per_cell=1), plan_of(code="市民", mode="all")))


def test_the_plan_hash_is_that_of_the_written_out_json() -> None:
    text = (
        '{"format":1,"seed_source":"双色球 2026136 期","strata":['
        '{"code":"res","max_per_unit":2,"min_per_cell":1,"mode":"random","quota":3,"reserve":0},'
        '{"code":"市民","max_per_unit":null,"min_per_cell":0,"mode":"all","quota":3,"reserve":0}]}'
    )
    assert PLAN.plan_hash == hashlib.sha256(text.encode()).hexdigest()


def test_the_public_seed_is_no_part_of_the_plan_hash() -> None:
    before, none = parse_plan(serialise(PLAN), seed_required=False)
    after, given = parse_plan(serialise(PLAN, "29 23 02"))
    assert (none, given) == (None, "29 23 02")
    assert before == after == PLAN
    assert before.plan_hash == after.plan_hash == PLAN.plan_hash


def test_the_order_of_keys_and_white_space_do_not_matter_but_the_order_of_strata_does() -> None:
    document = json.loads(serialise(PLAN, "1"))
    turned = {key: document[key] for key in reversed(document)}
    turned["strata"] = [dict(reversed(stratum.items())) for stratum in document["strata"]]
    assert parse_plan(json.dumps(turned).encode())[0].plan_hash == PLAN.plan_hash
    assert Plan(PLAN.seed_source, PLAN.strata[::-1]).plan_hash != PLAN.plan_hash


def test_the_seed_is_the_hash_of_the_three_lines() -> None:
    snapshot_hash, plan_hash = "1" * 64, "2" * 64
    expected = hashlib.sha256(b"1" * 64 + b"\n" + b"2" * 64 + b"\n" + b"29 23").hexdigest()
    assert seed(snapshot_hash, plan_hash, "29 23") == expected


@pytest.mark.parametrize("wrong", ["", "1" * 63, "A" * 64, "1" * 64 + "\n"])
def test_a_hash_of_another_form_gives_no_seed(wrong: str) -> None:
    with pytest.raises(BadInput) as refused:
        seed(wrong, "2" * 64, "1")
    assert refused.value.code == "bad_hash"
    with pytest.raises(BadInput):
        seed("1" * 64, wrong, "1")


@pytest.mark.parametrize(
    ("public_seed", "remark"),
    [
        ("1234567890 1234567890", None),  # twenty digits
        ("1234567890 123456789", "few_digits"),  # nineteen
        ("29 23 02 29 10 03 11", "few_digits"),  # fourteen: enough from a lottery only
        ("abcdefghij klmnopqrst", "few_digits"),
    ],
)
def test_a_seed_too_short_for_dice_is_remarked_on_but_not_refused(public_seed: str, remark: str | None) -> None:
    assert public_seed_remark(public_seed) == remark
    assert len(seed("1" * 64, "2" * 64, public_seed)) == 64


def test_a_plan_is_not_written_with_a_seed_of_another_form() -> None:
    with pytest.raises(BadInput):
        serialise(PLAN, "1 ")
