"""What must hold for every round: order, shards and scale of weights never matter; a better answer never harms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.definition import (
    Advanced,
    Band,
    Choice,
    Composite,
    GroupWeights,
    Item,
    KeyHelp,
    MostImproved,
    OutcomeRules,
    PeopleSatisfied,
    ScoredStratum,
    ScoringDefinition,
    YearOverYear,
)
from scoring.core.ballots import Ballots
from scoring.core.cube import CountCube
from scoring.core.model import Adjustment, Baseline, Department
from scoring.core.result_json import results_json
from scoring.core.score import score

Ballot = tuple[int, int, tuple[int, ...]]  # stratum, weight class, answers
CLASS_WEIGHTS = (Decimal("0.75"), Decimal(1), Decimal("1.5"))
RANK = {"dissatisfied": 0, "neutral": 1, "satisfied": 2}


@dataclass(frozen=True)
class Case:
    """A whole round: rules, departments, ballots and everything beside them."""

    rules: ScoringDefinition
    departments: tuple[Department, ...]
    ballots: tuple[Ballot, ...]
    baselines: dict[str, Baseline]
    assessments: dict[str, Decimal]
    adjustments: dict[str, Adjustment]

    def cube(self, ballots: Sequence[Ballot] | None = None, weights: Sequence[Decimal] = CLASS_WEIGHTS) -> CountCube:
        packed: dict[tuple[int, int], bytearray] = {}
        for stratum, weight_class, answers in self.ballots if ballots is None else ballots:
            packed.setdefault((stratum, weight_class), bytearray()).extend(answers)
        return Ballots(packed, tuple(weights)).cube(self.rules, len(self.departments))

    def result(self, cube: CountCube | None = None) -> dict[str, dict[str, Any]]:
        """The published rows by department code."""
        found = score(
            self.rules,
            self.departments,
            self.cube() if cube is None else cube,
            baselines=self.baselines,
            assessments=self.assessments,
            adjustments=self.adjustments,
        )
        return {row["code"]: row for row in results_json(found)["departments"]}


def percent(places: int = 2) -> st.SearchStrategy[Decimal]:
    return st.decimals(0, 100, places=places)


@st.composite
def shares(draw: st.DrawFn, count: int, positive: bool = False) -> list[Decimal]:
    """`count` weights of two decimals that add up to exactly 100."""
    low = 1 if positive else 0
    cuts = sorted(draw(st.lists(st.integers(0, 10_000 - low * count), min_size=count - 1, max_size=count - 1)))
    parts = [b - a + low for a, b in itertools.pairwise([0, *cuts, 10_000 - low * count])]
    return [Decimal(part) / 100 for part in parts]


@st.composite
def scales(draw: st.DrawFn) -> tuple[Choice, ...]:
    """Two to five valid choices in descending value, the class no better as the value falls; then "don't know"."""
    count = draw(st.integers(2, 5))
    values = sorted(draw(st.lists(st.integers(0, 100), min_size=count, max_size=count)), reverse=True)
    kinds = sorted(
        draw(st.lists(st.sampled_from(list(RANK)), min_size=count, max_size=count)), key=lambda kind: -RANK[kind]
    )
    steps = tuple(
        Choice(str(at), str(at), Decimal(value), kind)
        for at, (value, kind) in enumerate(zip(values, kinds, strict=True))
    )
    return (*steps, Choice("x", "x", None, "abstain"))


@st.composite
def comparisons(draw: st.DrawFn, deadband: bool) -> YearOverYear:
    """Any method; bands rise with the change, as no sensible round would punish improvement."""
    points = sorted(draw(st.lists(st.integers(-3, 3), min_size=3, max_size=3)))
    bands = tuple(Band(Decimal(start), Decimal(value)) for start, value in zip((-100, -2, 2), points, strict=True))
    return YearOverYear(
        method=draw(st.sampled_from(["none", "linear", "banded", "headroom"])),
        satisfied=draw(st.decimals(0, 5, places=1)),
        dissatisfied=draw(st.decimals(0, 5, places=1)),
        cap_satisfied=draw(st.none() | st.decimals(0, 3, places=1)),
        cap_dissatisfied=draw(st.none() | st.decimals(0, 3, places=1)),
        bands_satisfied=bands,
        bands_dissatisfied=bands,
        deadband=deadband and draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn, deadband: bool = True) -> Case:
    """A small round of any shape the rules allow."""
    strata = [f"s{at}" for at in range(draw(st.integers(1, 3)))]
    groups = [f"g{at}" for at in range(draw(st.integers(1, 2)))]
    items = draw(shares(draw(st.integers(1, 3)), positive=True))
    public = draw(st.sampled_from([Decimal(100), Decimal("62.5"), Decimal(0)]))
    rules = ScoringDefinition(
        year=2007,
        scale=draw(scales()),
        items=tuple(Item(f"q{at}", "", weight) for at, weight in enumerate(items)),
        strata=tuple(ScoredStratum(code, "", draw(st.integers(0, 40))) for code in strata),
        groups=tuple(
            GroupWeights(group, "", dict(zip(strata, draw(shares(len(strata))), strict=True))) for group in groups
        ),
        min_valid=draw(st.integers(1, 3)),
        year_over_year=draw(comparisons(deadband)),
        composite=Composite(public, 100 - public),
        decimals=draw(st.integers(0, 6)),
        tie_break=draw(st.sampled_from([(), ("satisfaction", "dissatisfaction"), ("dissatisfaction",)])),
        rank_scope=draw(st.sampled_from(["group", "overall"])),
        outcomes=OutcomeRules(
            KeyHelp(1, 2, Decimal(30)),
            Advanced(Decimal(40), Decimal(50)),
            PeopleSatisfied(Decimal(50), 2),
            MostImproved(1),
        ),
    )
    rules.refuse_problems()
    departments = tuple(
        Department(f"D{at}", "", draw(st.sampled_from(groups))) for at in range(draw(st.integers(1, 4)))
    )
    answers = st.tuples(*[st.integers(0, len(rules.scale))] * (len(departments) * len(rules.items)))
    ballot = st.tuples(st.integers(0, len(strata) - 1), st.integers(0, 2), answers)
    rank = st.none() | st.integers(1, 5)
    codes = [department.code for department in departments]
    error = st.decimals(0, 10, places=6)
    baseline = st.builds(
        Baseline, percent(4), percent(4), rank, rank, error, error, st.sampled_from(["own", "merged"])
    ) | st.builds(Baseline, st.none(), st.none(), rank, rank)
    adjustment = st.builds(
        Adjustment,
        st.decimals(0, 5, places=2),
        st.decimals(0, 5, places=2),
        st.sampled_from(["", "veto"]),
        st.sampled_from(["", "problem"]),
    )
    return Case(
        rules,
        departments,
        tuple(draw(st.lists(ballot, max_size=24))),
        draw(st.dictionaries(st.sampled_from(codes), baseline)),
        {code: draw(percent()) for code in codes},
        draw(st.dictionaries(st.sampled_from(codes), adjustment)),
    )


@settings(deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_does_not_matter(case: Case, random: Any) -> None:
    mixed = list(case.ballots)
    random.shuffle(mixed)
    assert case.result(case.cube(mixed)) == case.result()


@settings(deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_departments_does_not_matter(case: Case, random: Any) -> None:
    order = list(range(len(case.departments)))
    random.shuffle(order)
    items = len(case.rules.items)
    moved = replace(
        case,
        departments=tuple(case.departments[at] for at in order),
        ballots=tuple(
            (stratum, weight, tuple(answers[at * items + q] for at in order for q in range(items)))
            for stratum, weight, answers in case.ballots
        ),
    )
    assert moved.result() == case.result()


@settings(deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_strata_does_not_matter(case: Case, random: Any) -> None:
    order = list(range(len(case.rules.strata)))
    random.shuffle(order)
    moved = replace(
        case,
        rules=replace(case.rules, strata=tuple(case.rules.strata[at] for at in order)),
        ballots=tuple((order.index(stratum), weight, answers) for stratum, weight, answers in case.ballots),
    )
    before, after = case.result(), moved.result()
    for code, row in after.items():  # omitted strata are named in the order of the round
        assert sorted(row.pop("omitted_strata")) == sorted(before[code].pop("omitted_strata"))
    assert after == before


@settings(deadline=None)
@given(cases(), st.integers(1, 4))
def test_shards_add_up(case: Case, shards: int) -> None:
    cubes = [case.cube(case.ballots[at::shards]) for at in range(shards)]
    total = cubes[0]
    for cube in cubes[1:]:
        total = total + cube
    assert case.result(total) == case.result()


@settings(deadline=None)
@given(cases(), st.data())
def test_doubling_all_weights_of_a_stratum_changes_nothing(case: Case, data: st.DataObject) -> None:
    stratum = data.draw(st.integers(0, len(case.rules.strata) - 1))
    weights = (*CLASS_WEIGHTS, *(2 * weight for weight in CLASS_WEIGHTS))
    doubled = [(s, k + 3 if s == stratum else k, answers) for s, k, answers in case.ballots]
    assert case.result(case.cube(doubled, weights)) == case.result()


@settings(deadline=None)
@given(cases(deadband=False), st.data())
def test_a_better_answer_never_lowers_a_department(case: Case, data: st.DataObject) -> None:
    """Another valid answer of higher value and no worse class: T does not fall, nor do B and S; U does not rise."""
    items, valid = len(case.rules.items), len(case.rules.scale) - 1
    places = [
        (ballot, column)
        for ballot, (_, _, answers) in enumerate(case.ballots)
        for column, answer in enumerate(answers)
        if 2 <= answer <= valid
    ]
    if not places:
        return
    ballot, column = data.draw(st.sampled_from(places))
    stratum, weight, answers = case.ballots[ballot]
    better = data.draw(st.integers(1, answers[column] - 1))  # the scale is in descending value, class no worse upwards
    changed = (stratum, weight, (*answers[:column], better, *answers[column + 1 :]))
    improved = [*case.ballots[:ballot], changed, *case.ballots[ballot + 1 :]]
    code = case.departments[column // items].code
    before, after = case.result()[code], case.result(case.cube(improved))[code]
    if before["status"] == "insufficient":
        assert after["status"] == "insufficient"
        return
    for key in ("satisfaction", "base", "adjustment", "public", "total"):
        assert Decimal(after[key]) >= Decimal(before[key]), key
    assert Decimal(after["dissatisfaction"]) <= Decimal(before["dissatisfaction"])
    assert after["overall_rank"] <= before["overall_rank"]
    assert after["group_rank"] <= before["group_rank"]


@settings(deadline=None)
@given(cases())
def test_rates_stay_within_their_bounds_and_shares_add_up(case: Case) -> None:
    found = score(case.rules, case.departments, case.cube(), baselines=case.baselines, assessments=case.assessments)
    for row in found.departments:
        if row.exact is None:
            continue
        assert row.exact.satisfaction >= 0
        assert row.exact.dissatisfaction >= 0
        assert row.exact.satisfaction + row.exact.dissatisfaction <= 100
        assert 0 <= row.exact.base <= 100
        for choices, cells in zip(row.rates.choices, row.rates.cells, strict=True):
            assert sum(choices) == 1
            assert sum(cell.effective_weight for cell in cells) == 1
        # S from the shares, another way round: Σ_q a_q Σ_s W* p
        again = sum(
            (
                item.share * cell.effective_weight * (cell.satisfaction or Fraction(0))
                for item, cells in zip(case.rules.items, row.rates.cells, strict=True)
                for cell in cells
            ),
            Fraction(0),
        )
        assert again == row.exact.satisfaction


@settings(deadline=None)
@given(cases())
def test_ranks_are_competition_ranks(case: Case) -> None:
    rows = [row for row in case.result().values() if row["status"] == "ranked"]
    for row in rows:
        better = sum(other["overall_rank"] < row["overall_rank"] for other in rows)
        assert row["overall_rank"] == better + 1
        assert sum(Decimal(other["total"]) > Decimal(row["total"]) for other in rows) <= better
