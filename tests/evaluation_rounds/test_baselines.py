"""Last year's rates on their way onto the round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import console
from evaluation import baselines
from evaluation.baselines import BaselineRow, Offer
from evaluation.models import Round
from evaluation.refusals import Refused, Stale
from evaluation.selectors import configuration_of
from evaluation.services import create_round, freeze_register, set_baseline_aside, take_baseline_back
from foundation.models import AuditEntry
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


# Left out of the comparison by decision


def compared_with(offer: Offer) -> Any:
    baselines.register(lambda year: offer if year == 2008 else None)
    return city.draft()


def test_a_department_set_aside_is_frozen_without_rates_and_keeps_its_ranks() -> None:
    other = BaselineRow(**{**ROW, "code": "D-party-2"})
    evaluation = compared_with(Offer((ROW, other), SCALE, ITEMS))
    version = evaluation.version
    set_baseline_aside(
        actor=console(), round=evaluation, code="D-party-1", reason=" 职能大幅调整 ", version=evaluation.version
    )
    assert (evaluation.baselines_set_aside, evaluation.version) == ({"D-party-1": "职能大幅调整"}, version + 1)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    bare = {**ROW, "satisfaction": "", "dissatisfaction": "", "se_satisfaction": "", "se_dissatisfaction": ""}
    assert evaluation.baselines == [bare, other]


def test_what_was_set_aside_can_be_taken_back_before_freezing_and_the_log_has_both() -> None:
    evaluation = compared_with(Offer((ROW,), SCALE, ITEMS))
    set_baseline_aside(actor=console(), round=evaluation, code="D-party-1", reason="合并", version=evaluation.version)
    take_baseline_back(actor=console(), round=evaluation, code="D-party-1", version=evaluation.version)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert evaluation.baselines == [ROW]
    path = "baselines_set_aside.D-party-1"
    told = [
        (entry.before.get(path), entry.after.get(path))
        for entry in AuditEntry.objects.filter(action="round.configure", after__section="baselines").order_by("id")
    ]
    assert told == [(None, "合并"), ("合并", None)]


def test_a_decision_on_an_older_version_is_refused() -> None:
    evaluation = compared_with(Offer((ROW,), SCALE, ITEMS))
    set_baseline_aside(actor=console(), round=evaluation, code="D-party-1", reason="合并", version=evaluation.version)
    with pytest.raises(Stale):
        set_baseline_aside(
            actor=console(), round=evaluation, code="D-party-2", reason="合并", version=evaluation.version - 1
        )
    assert Round.objects.get().baselines_set_aside == {"D-party-1": "合并"}


@pytest.mark.parametrize(("code", "reason"), [("D-party-1", "  "), ("D-nowhere", "合并")])
def test_a_decision_needs_a_reason_and_a_department_of_the_year(code: str, reason: str) -> None:
    evaluation = compared_with(Offer((ROW,), SCALE, ITEMS))
    with pytest.raises(Refused):
        set_baseline_aside(actor=console(), round=evaluation, code=code, reason=reason, version=evaluation.version)
    assert Round.objects.get().baselines_set_aside == {}


def test_once_frozen_nothing_is_set_aside_and_nothing_taken_back() -> None:
    evaluation = compared_with(Offer((ROW,), SCALE, ITEMS))
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    typed: Any = {"actor": console(), "round": evaluation, "code": "D-party-1", "version": evaluation.version}
    with pytest.raises(Refused):
        set_baseline_aside(**typed, reason="合并")
    with pytest.raises(Refused):
        take_baseline_back(**typed)


def test_a_copied_round_starts_without_last_years_decisions() -> None:
    evaluation = compared_with(Offer((ROW,), SCALE, ITEMS))
    set_baseline_aside(actor=console(), round=evaluation, code="D-party-1", reason="合并", version=evaluation.version)
    assert create_round(actor=console(), year=2009, title="次年", copy_from=evaluation).baselines_set_aside == {}


def test_the_page_shows_the_comparison_and_leads_through_the_decision() -> None:
    compared_with(Offer((ROW,), SCALE, ITEMS))
    staff = Client()
    staff.force_login(city.user("committee"))
    listed = reverse("evaluation:baseline-list", args=(2008,))
    page = reverse("evaluation:baseline-set-aside", args=(2008, "D-party-1"))
    text = staff.get(listed).content.decode()
    assert "61.50" in text
    assert page in text
    version = Round.objects.get().version
    assert staff.post(page, {"version": version}).status_code == 200  # no reason: the form again
    assert staff.post(page, {"version": version, "reason": "新组建部门"}).status_code == 302
    assert "新组建部门" in staff.get(listed).content.decode()
    assert staff.post(page, {"version": version + 1}).status_code == 302  # taken back: no reason asked for
    assert Round.objects.get().baselines_set_aside == {}
    assert staff.get(reverse("evaluation:baseline-set-aside", args=(2008, "D-nowhere"))).status_code == 404


@pytest.mark.parametrize("role", ["leader", "auditor"])
def test_readers_see_the_comparison_and_decide_nothing(role: str) -> None:
    compared_with(Offer((ROW,), SCALE, ITEMS))
    reader = Client()
    reader.force_login(city.user(role))
    page = reverse("evaluation:baseline-set-aside", args=(2008, "D-party-1"))
    text = reader.get(reverse("evaluation:baseline-list", args=(2008,))).content.decode()
    assert "61.50" in text
    assert page not in text
    assert reader.get(page).status_code == 403
    assert reader.post(page, {"version": 0, "reason": "x"}).status_code == 403
    assert Round.objects.get().baselines_set_aside == {}
