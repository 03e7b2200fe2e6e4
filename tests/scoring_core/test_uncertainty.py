"""Standard errors against samplics, against a plain reading of the formula, and by hand."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest

from evaluation.definition import ScoringDefinition
from scoring.core.ballots import Ballots
from scoring.core.cube import CountCube
from scoring.core.model import ScoringError
from scoring.core.score import score
from scoring.core.uncertainty import interval, sampling
from tests.scoring_core.builders import THREE_STEP, definition, departments, random_ballots, scored, times

MICRO = Decimal("0.000001")


def unpacked(rules: ScoringDefinition, ballots: Ballots, width: int) -> Iterator[tuple[int, float, list[int]]]:
    """(stratum, weight, answers) of every ballot."""
    for (stratum, weight_class), data in ballots.packed.items():
        for at in range(0, len(data), width):
            yield stratum, float(ballots.class_weights[weight_class]), list(data[at : at + width])


def plain_error(rules: ScoringDefinition, ballots: Ballots, judged: int, d: int, counts: str) -> float:
    """The formula of the rules, ballot by ballot, in plain Python and floats: shares no code with the package."""
    items = len(rules.items)
    kind = [""] + [choice.counts for choice in rules.scale]
    by_stratum: dict[int, list[tuple[float, list[int]]]] = defaultdict(list)
    for stratum, weight, answers in unpacked(rules, ballots, judged * items):
        by_stratum[stratum].append((weight, answers[d * items : (d + 1) * items]))
    weights = {s: float(rules.groups[0].weights[stratum.code]) for s, stratum in enumerate(rules.strata)}

    def valid(answer: int) -> bool:
        return kind[answer] not in ("", "abstain")

    reporting = [
        {
            s
            for s in by_stratum
            if weights[s] > 0 and sum(valid(answers[q]) for _, answers in by_stratum[s]) >= rules.min_valid
        }
        for q in range(items)
    ]
    variance = 0.0
    for s, rows in by_stratum.items():
        z = [0.0] * len(rows)
        for q, item in enumerate(rules.items):
            if s not in reporting[q]:
                continue
            total = sum(weight for weight, answers in rows if valid(answers[q]))
            p = sum(weight for weight, answers in rows if kind[answers[q]] == counts) / total
            share = float(item.weight or 0) / 100 * weights[s] / sum(weights[other] for other in reporting[q])
            for i, (weight, answers) in enumerate(rows):
                if valid(answers[q]):
                    z[i] += share * weight * ((kind[answers[q]] == counts) - p) / total
        n, population = len(rows), rules.strata[s].population
        if n < 2 or n >= population:
            continue
        mean = sum(z) / n
        spread = sum((value - mean) ** 2 for value in z)
        variance += float(rules.strata[s].design_effect) * (1 - n / population) * n / (n - 1) * spread
    return 100 * math.sqrt(variance)


@pytest.mark.parametrize("items", [(("q", "100"),), (("a", "50"), ("b", "30"), ("c", "20"))])
@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_with_the_formula_read_ballot_by_ballot(items: tuple[tuple[str, str], ...], seed: int) -> None:
    rules = definition(
        {"g": {"s1": "20", "s2": "50", "s3": "30"}},
        items=items,
        min_valid=5,
        populations={"s1": 31, "s2": 400, "s3": 20},  # s3 is a census: it must not contribute
        design_effects={"s2": "1.7"},
    )
    ballots = random_ballots(rules, 3, size=30, seed=seed, weights=("0.75", "1", "1.5"))
    result = score(rules, departments("ggg"), ballots.cube(rules, 3))
    for d, row in enumerate(result.departments):
        for counts, found in (("satisfied", row.se_satisfaction), ("dissatisfied", row.se_dissatisfaction)):
            assert found is not None
            assert abs(found - Decimal(plain_error(rules, ballots, 3, d, counts))) <= MICRO


def test_agrees_with_samplics() -> None:
    """Each stratum's rate is a domain mean (ballots with a valid answer); W* combine the strata's variances."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimation = pytest.importorskip("samplics.estimation")
        parameter = pytest.importorskip("samplics.utils.types").PopParam.mean
    rules = definition({"g": {"s1": "40", "s2": "60"}}, populations={"s1": 90, "s2": 5000}, min_valid=2)
    ballots = random_ballots(rules, 1, size=60, seed=3, weights=("1", "1.5"))
    row = score(rules, departments("g"), ballots.cube(rules, 1)).departments[0]
    kind = [None] + [choice.counts for choice in THREE_STEP]
    for counts, found in (("satisfied", row.se_satisfaction), ("dissatisfied", row.se_dissatisfaction)):
        variance = 0.0
        for s, stratum in enumerate(rules.strata):
            rows = [(weight, answers[0]) for at, weight, answers in unpacked(rules, ballots, 1) if at == s]
            valid = np.array([kind[answer] not in (None, "abstain") for _, answer in rows])
            # ballots without a valid answer are outside the domain; their y is never used (1 keeps samplics' own
            # coefficient of variation of that domain defined)
            y = np.array([float(kind[answer] == counts) for _, answer in rows])
            y[~valid] = 1.0
            taylor = estimation.TaylorEstimator(parameter)
            taylor.estimate(
                y=y,
                samp_weight=np.array([weight for weight, _ in rows]),
                stratum=np.ones(len(rows)),
                psu=np.arange(len(rows)),
                domain=valid.astype(int),
                fpc={1.0: 1 - len(rows) / stratum.population},
            )
            share = float(rules.groups[0].weights[stratum.code]) / 100
            variance += share**2 * float(taylor.stderror[1]) ** 2
        assert found is not None
        assert abs(found - Decimal(100 * math.sqrt(variance))) <= MICRO


def test_without_weights_and_blanks_it_is_the_textbook_stratified_proportion() -> None:
    # Cochran, Sampling Techniques: var(p) = Σ W² (1 − n/N) p(1 − p)/(n − 1)
    # s1: W 0.4, n 10, N 100, p 0.3: 0.16·0.9·0.21/9 = 0.00336; s2: W 0.6, n 5, N 50, p 0.6: 0.36·0.9·0.24/4 = 0.01944
    # se = 100·sqrt(0.0228) = 15.099669
    rules = definition({"g": {"s1": 40, "s2": 60}}, populations={"s1": 100, "s2": 50})
    rows = [
        *times(3, "s1", "1", "A"),
        *times(7, "s1", "1", "B"),
        *times(3, "s2", "1", "A"),
        *times(2, "s2", "1", "C"),
    ]
    assert scored(rules, "g", rows).departments[0].se_satisfaction == Decimal("15.099669")


@pytest.mark.parametrize(("returned", "population", "flag"), [(1, 10, "single"), (4, 4, "census"), (5, 4, "census")])
def test_a_census_and_a_single_ballot_do_not_vary_and_are_flagged(returned: int, population: int, flag: str) -> None:
    rules = definition({"g": {"s": 100}}, populations={"s": population})
    rows = [("s", "1", "A"), *times(returned - 1, "s", "1", "C")]
    result = scored(rules, "g", rows)
    assert result.departments[0].se_satisfaction == Decimal("0.000000")
    assert result.sampling[0].flag == flag


def test_a_stratum_without_ballots_is_flagged() -> None:
    rules = definition({"g": {"s": 100}})
    assert sampling(rules, [0])[0].flag == "none"


def test_blank_ballots_count_as_returned() -> None:
    # 4 returned of N = 10, 2 valid (A, C): z = ±(0.5/2); var = 0.6·(4/3)·2·(1/16) = 0.1 → 31.622777
    rules = definition({"g": {"s": 100}}, populations={"s": 10})
    row = scored(rules, "g", [("s", "1", "A"), ("s", "1", "C"), ("s", "1", "D"), ("s", "1", ".")]).departments[0]
    assert row.se_satisfaction == Decimal("31.622777")


def test_the_design_effect_multiplies_the_variance() -> None:
    rows = [("s", "1", "A"), ("s", "1", "C"), ("s", "1", "D"), ("s", "1", ".")]
    rules = definition({"g": {"s": 100}}, populations={"s": 10}, design_effects={"s": "4"})
    assert scored(rules, "g", rows).departments[0].se_satisfaction == Decimal("63.245553")  # twice the one above


def test_several_items_need_the_joint_counts() -> None:
    rules = definition({"g": {"s": 100}}, items=(("a", "50"), ("b", "50")))
    cube = random_ballots(rules, 1, size=10, seed=1, weights=("1",)).cube(rules, 1)
    with pytest.raises(ScoringError):
        score(rules, departments("g"), CountCube(cube.counts, cube.class_weights))


@pytest.mark.parametrize(
    ("rate", "error", "low", "high"),
    [
        ("50.0000", "10.000000", "30.4000", "69.6000"),
        ("1.0000", "1.000000", "0.0000", "2.9600"),
        ("99", "2", "95", "100"),
    ],
)
def test_intervals_are_clipped_to_0_100(rate: str, error: str, low: str, high: str) -> None:
    assert interval(Decimal(rate), Decimal(error)) == (Decimal(low), Decimal(high))
