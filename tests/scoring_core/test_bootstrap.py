"""The bootstrap of ranks: reproducible, blind to order, as wide as the standard errors say, still for a census."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from evaluation.definition import Band, Choice, ScoringDefinition, YearOverYear
from scoring.core import resampling
from scoring.core.ballots import Ballots, canonical_columns
from scoring.core.bootstrap import RankUncertainty, rank_uncertainty
from scoring.core.model import Adjustment, Baseline
from scoring.core.resampling import Draws, Scratch, Workspace, resampled_sums, statistics
from scoring.core.score import score
from scoring.core.uncertainty import Sampling
from tests.scoring_core.builders import THREE_STEP, definition, departments, random_ballots

SEED = "5eed"
WEIGHTS = {"g": {"s1": "40", "s2": "60"}, "h": {"s1": "50", "s2": "50"}}


def run(rules: ScoringDefinition, groups: str, ballots: Ballots, **more: object) -> RankUncertainty:
    judged = departments(groups)
    given = {key: value for key, value in more.items() if key in ("baselines", "assessments", "adjustments")}
    result = score(rules, judged, ballots.cube(rules, len(judged)), **given)  # type: ignore[arg-type]
    return rank_uncertainty(rules, judged, ballots, result, seed=SEED, **({"replicates": 200} | more))  # type: ignore[arg-type]


def shuffled(ballots: Ballots, width: int) -> Ballots:
    """The same ballots in another order."""
    generator = np.random.default_rng(99)
    packed = {}
    for key, data in ballots.packed.items():
        rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
        packed[key] = generator.permutation(rows).tobytes()
    return Ballots(packed, ballots.class_weights)


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    rules = definition(WEIGHTS)
    ballots = random_ballots(rules, 6, size=60, seed=1, weights=("1", "1.5"))
    assert run(rules, "ghghgh", ballots) == run(rules, "ghghgh", ballots)
    judged = departments("ghghgh")
    result = score(rules, judged, ballots.cube(rules, 6))
    other = rank_uncertainty(rules, judged, ballots, result, seed="beef", replicates=200)
    assert other.pairs != run(rules, "ghghgh", ballots).pairs


def test_the_order_of_ballots_does_not_matter() -> None:
    rules = definition(WEIGHTS)
    ballots = random_ballots(rules, 6, size=60, seed=1, weights=("1", "1.5"))
    assert run(rules, "ghghgh", ballots) == run(rules, "ghghgh", shuffled(ballots, 6))


def test_the_order_of_departments_and_strata_does_not_matter() -> None:
    rules = definition(WEIGHTS, items=(("a", "60"), ("b", "40")))
    ballots = random_ballots(rules, 4, size=60, seed=1, weights=("1", "1.5"))
    plain = run(rules, "ghgh", ballots)
    order = [2, 0, 3, 1]
    columns = [d * 2 + q for d in order for q in range(2)]
    packed = {
        (1 - stratum, weight): np.frombuffer(data, dtype=np.uint8).reshape(-1, 8)[:, columns].tobytes()
        for (stratum, weight), data in ballots.packed.items()
    }
    turned = replace(rules, strata=rules.strata[::-1])
    judged = [departments("ghgh")[at] for at in order]
    moved = Ballots(packed, ballots.class_weights)
    result = score(turned, judged, moved.cube(turned, 4))
    assert rank_uncertainty(turned, judged, moved, result, seed=SEED, replicates=200) == plain


def test_a_census_leaves_nothing_to_chance() -> None:
    rules = definition({"g": {"s1": "40", "s2": "60"}}, populations={"s1": 60, "s2": 60})
    ballots = random_ballots(rules, 4, size=60, seed=2, weights=("1",))
    found = run(rules, "gggg", ballots)
    result = score(rules, departments("gggg"), ballots.cube(rules, 4))
    for row in result.departments:
        assert found.departments[row.code].rank_interval == (row.group_rank, row.group_rank)
        assert found.departments[row.code].chance_last == float(row.group_rank == 4)
    assert [pair.chance for pair in found.pairs] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("population", [75, 100_000])
@pytest.mark.parametrize("size", [60, 600])
def test_replicates_spread_as_the_standard_error_says(
    population: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 80 % sampled a naive bootstrap would be more than twice too wide. Small blocks, so that several are used."""
    monkeypatch.setattr(resampling, "BLOCK_BALLOTS", 100)
    rules = definition({"g": {"s": "100"}}, populations={"s": population * size // 60}, min_valid=5)
    ballots = random_ballots(rules, 1, size=size, seed=5, weights=("1", "1.5"))
    row = score(rules, departments("g"), ballots.cube(rules, 1)).departments[0]
    kinds, combine = statistics(rules)
    columns = canonical_columns(rules, departments("g"))
    plan = Sampling("s", size, population * size // 60, Decimal(1))
    generator = np.random.Generator(np.random.PCG64(1))
    sums = resampled_sums(plan, ballots.canonical(0, columns), np.array([0]), kinds, 4000, generator, Workspace())
    valid, satisfied = (np.tensordot(sums, row, axes=([1], [0]))[:, 0] for row in combine[:2])
    spread = float(np.std(100 * satisfied / valid))
    assert spread == pytest.approx(
        float(row.se_satisfaction or 0), rel=0.06
    )  # 4,000 replicates: ±1.1 %, plus order 1/n


def test_draws_of_blocks_together_are_the_whole_resample() -> None:
    plan = Sampling("s", 1000, 10_000, Decimal(1))
    draws = Draws(plan, 50, np.random.Generator(np.random.PCG64(1)))
    counted = np.concatenate([draws.counts(rows, Scratch()) for rows in (300, 300, 400)], axis=1)
    assert counted.shape == (50, 1000)
    assert set(counted.sum(axis=1).tolist()) == {249.0}  # a quarter of n − 1 in a large stratum
    assert draws.scale == 1000 / 249


def test_a_large_design_effect_shrinks_the_resample_instead_of_making_weights_negative() -> None:
    draws = Draws(Sampling("s", 101, 10**6, Decimal(5)), 10, np.random.Generator(np.random.PCG64(1)))
    assert set(draws.counts(101, Scratch()).sum(axis=1).tolist()) == {20.0}  # m = 100/5
    assert draws.amplitude == pytest.approx(1.0, abs=1e-3)


def five_step() -> tuple[Choice, ...]:
    values = [("5", "100", "satisfied"), ("4", "85", "satisfied"), ("3", "60", "neutral"), ("2", "30", "dissatisfied")]
    return (
        *(Choice(code, code, Decimal(value), counts) for code, value, counts in values),
        Choice("1", "1", Decimal(0), "dissatisfied"),
        Choice("0", "0", None, "abstain"),
    )


@pytest.mark.parametrize("scale", [THREE_STEP, five_step()])
def test_sums_of_choices_make_up_valid_satisfied_dissatisfied_and_value(scale: tuple[Choice, ...]) -> None:
    rules = definition({"g": {"s": "100"}}, scale=scale)
    kinds, combine = statistics(rules)
    for number, choice in enumerate(scale, start=1):
        found = combine @ kinds[:, number]
        wanted = [choice.is_valid, choice.counts == "satisfied", choice.counts == "dissatisfied", float(choice.points)]
        assert found.tolist() == [float(value) for value in wanted]
    assert (combine @ kinds[:, 0]).tolist() == [0.0] * 4


@pytest.mark.parametrize(
    "how",
    [
        YearOverYear("linear", Decimal("0.2"), Decimal("0.3"), Decimal(2), Decimal("1.5")),
        YearOverYear("headroom", Decimal(5), Decimal(3), Decimal(2), deadband=True),
        YearOverYear(
            "banded",
            bands_satisfied=(Band(Decimal(-100), Decimal(-1)), Band(Decimal(3), Decimal("0.5"))),
            bands_dissatisfied=(Band(Decimal(1), Decimal(1)),),
        ),
    ],
)
def test_a_census_reproduces_the_published_order_through_every_method(how: YearOverYear) -> None:
    """The float path of the replicates and the exact path of the score must rank alike."""
    rules = definition(
        {"g": {"s1": "40", "s2": "60"}},
        populations={"s1": 60, "s2": 60},
        items=(("a", "60"), ("b", "40")),
        scale=five_step(),
        year_over_year=how,
        composite=("70", "30"),
    )
    ballots = random_ballots(rules, 8, size=60, seed=11, weights=("1", "1.5"))
    judged = departments("g" * 8)
    input_ = {
        "baselines": {row.code: Baseline(Decimal(30 + 3 * at), Decimal(40 - 2 * at)) for at, row in enumerate(judged)},
        "assessments": {row.code: Decimal(90 - at) for at, row in enumerate(judged)},
        "adjustments": {"D03": Adjustment(bonus=Decimal(1)), "D05": Adjustment(deduction=Decimal(2))},
    }
    result = score(rules, judged, ballots.cube(rules, 8), **input_)
    found = rank_uncertainty(rules, judged, ballots, result, seed=SEED, replicates=10, **input_)
    for row in result.departments:
        assert found.departments[row.code].rank_interval == (row.group_rank, row.group_rank)


def test_twins_are_tied_in_every_replicate_because_ballots_are_resampled_whole() -> None:
    """Two departments with the same answers on every ballot can never be told apart; cells drawn apart would differ."""
    rules = definition({"g": {"s": "100"}})
    single = random_ballots(rules, 1, size=100, seed=4, weights=("1",))
    rows = np.frombuffer(single.packed[0, 0], dtype=np.uint8)
    twins = Ballots({(0, 0): np.repeat(rows, 2).tobytes()}, single.class_weights)
    found = run(rules, "gg", twins)
    assert found.pairs[0].chance == 0.5
    assert [chance.chance_last for chance in found.departments.values()] == [1.0, 1.0]
    assert [chance.rank_interval for chance in found.departments.values()] == [(1, 1), (1, 1)]


def test_insufficient_departments_have_no_chances_and_progress_is_told() -> None:
    rules = definition({"g": {"s": "100"}})
    seen: list[float] = []
    blank = Ballots({(0, 0): bytes([1, 0] * 5 + [3, 0] * 5)}, (Decimal(1),))
    found = run(rules, "gg", blank, progress=seen.append)
    assert (list(found.departments), found.pairs, seen) == (["D01"], (), [1.0])
    assert run(rules, "g", Ballots({}, (Decimal(1),))).departments == {}
