"""Last year's rates on their way onto the round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.services import console
from evaluation import baselines
from evaluation.baselines import BaselineRow, Offer
from evaluation.selectors import configuration_of
from evaluation.services import freeze_register
from tests.evaluation_rounds import city

pytestmark = pytest.mark.django_db

ROW = BaselineRow(
    code="D-party-1", satisfaction="61.5", dissatisfaction="2", group_rank=1, overall_rank=3, se_satisfaction="0.4",
    se_dissatisfaction="0.1", source="own",
)  # fmt: skip
# The default scale: 100 / 80 / 0 and "don't know", whose value never matters.
SCALE = [
    {"code": "满意", "value": "100.0", "counts": "satisfied"},
    {"code": "一般", "value": "80", "counts": "neutral"},
    {"code": "不满意", "value": "0", "counts": "dissatisfied"},
    {"code": "不知道", "value": "50", "counts": "abstain"},
]
ITEMS = [{"code": "overall", "weight": "100"}]


@pytest.fixture(autouse=True)
def _no_provider_left() -> Iterator[None]:
    before = list(baselines._provider)
    yield
    baselines._provider[:] = before


def frozen_with(offer: Offer | None) -> Any:
    baselines.register(lambda year: offer if year == 2008 else None)
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    return evaluation.baselines


def test_comparable_rates_are_copied() -> None:
    assert frozen_with(Offer((ROW,), SCALE, ITEMS)) == [ROW]


def test_rates_of_which_nobody_knows_the_scale_count_as_comparable() -> None:
    assert frozen_with(Offer((ROW,))) == [ROW]


def test_without_offer_there_are_none() -> None:
    assert frozen_with(None) == []


@pytest.mark.parametrize(
    "offer",
    [
        Offer((ROW,), [{**SCALE[0], "value": "90"}, *SCALE[1:]], ITEMS),
        Offer((ROW,), [{**SCALE[0], "counts": "neutral"}, *SCALE[1:]], ITEMS),
        Offer((ROW,), SCALE[1:], ITEMS),
        Offer((ROW,), SCALE, [{"code": "overall", "weight": "50"}, {"code": "more", "weight": "50"}]),
        Offer((ROW,), SCALE, [{"code": "other", "weight": "100"}]),
    ],
)
def test_what_cannot_be_compared_keeps_only_its_ranks(offer: Offer) -> None:
    (row,) = frozen_with(offer)
    assert (row["satisfaction"], row["dissatisfaction"], row["se_satisfaction"]) == ("", "", "")
    assert (row["group_rank"], row["overall_rank"], row["code"]) == (1, 3, "D-party-1")


def test_the_scale_alone_decides_not_its_words() -> None:
    evaluation = city.draft()
    assert baselines.comparable(Offer((), SCALE, ITEMS), configuration_of(evaluation))
