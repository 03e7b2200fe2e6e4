"""Signs of careless or copied ballots, and what leaving them out or weighting otherwise would change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.core.ballots import Ballots
from scoring.core.quality import changes, population_weighted, rank_correlation, stratum_quality, without
from scoring.core.score import score
from tests.scoring_core.builders import ballots, definition, departments, times

TWELVE = "g" * 12


def sample() -> tuple[object, Ballots]:
    rules = definition({"g": {"s1": 40, "s2": 60}}, populations={"s1": 100, "s2": 300})
    rows = [
        ("s1", "1", "." * 12),  # blank
        ("s1", "1", "D" * 12),  # nothing but "don't know"
        ("s1", "1.5", "A" * 10 + "D."),  # ten valid answers, all the same
        ("s1", "1", "A" * 9 + "DDD"),  # nine are too few to say so
        ("s1", "1", "ABCABCABCABC"),
        *times(5, "s2", "1", "ABCABCABCABC"),  # five equal ballots
        *times(4, "s2", "1.5", "CBACBACBACBA"),  # four are not enough
        *times(2, "s2", "1", "AAAAAAAAAB.."),
    ]
    return rules, ballots(rules, rows)  # type: ignore[arg-type]


def test_signs_are_counted_by_stratum() -> None:
    rules, given = sample()
    first, second = stratum_quality(rules, 12, given)  # type: ignore[arg-type]
    assert (first.returned, first.population, first.blank, first.abstain) == (5, 100, 1, 1)
    assert (first.straight, first.identical, first.largest_bulk) == (1, 0, 0)
    assert (second.blank, second.abstain, second.straight, second.identical, second.largest_bulk) == (0, 0, 0, 5, 5)


def test_equal_ballots_of_two_weight_classes_are_one_bulk() -> None:
    rules = definition({"g": {"s": 100}})
    rows = [*times(3, "s", "1", "ABCABCABCABC"), *times(2, "s", "1.5", "ABCABCABCABC")]
    assert stratum_quality(rules, 12, ballots(rules, rows))[0].identical == 5  # type: ignore[arg-type]


def test_leaving_out_is_counted_and_touches_nothing_else() -> None:
    rules, given = sample()
    rest, left_out = without(rules, 12, given, ["straight", "identical"])  # type: ignore[arg-type]
    assert left_out == {
        (0, given.class_weights.index(Decimal("1.5"))): 1,
        (1, given.class_weights.index(Decimal(1))): 5,
    }
    assert [rest.returned(stratum, 12) for stratum in (0, 1)] == [4, 6]
    same, nothing = without(rules, 12, given, [])  # type: ignore[arg-type]
    assert (nothing, same.returned(0, 12), same.returned(1, 12)) == ({}, 5, 11)
    with pytest.raises(KeyError):
        without(rules, 12, given, ["ugly"])  # type: ignore[arg-type]


def test_a_round_without_ballots_shows_no_signs() -> None:
    rules = definition({"g": {"s": 100}})
    found = stratum_quality(rules, 2, Ballots({}, (Decimal(1),)))[0]
    assert (found.returned, found.blank, found.largest_bulk) == (0, 0, 0)


def test_weights_by_population_add_up_and_keep_the_zeros() -> None:
    # 1 : 2 : (s3 judges only h) → g: 33.3333 and 66.6667, the remainder to the larger fraction
    rules = definition(
        {"g": {"s1": "0.5", "s2": "99.5", "s3": 0}, "h": {"s3": 100}}, populations={"s1": 100, "s2": 200, "s3": 0}
    )
    weighted = population_weighted(rules)
    weighted.refuse_problems()
    assert weighted.groups[0].weights == {"s1": Decimal("33.3333"), "s2": Decimal("66.6667")}
    assert weighted.groups[1] == rules.groups[1]  # nobody to weight by


def test_two_results_are_compared_department_by_department() -> None:
    rules = definition({"g": {"s": 100}})
    judged = departments("ggg")
    results = [score(rules, judged, ballots(rules, [("s", "1", answers)]).cube(rules, 3)) for answers in ("ABC", "CB.")]
    first, second, third = changes(results[0], results[1])
    assert (first.group_ranks, first.moved, first.totals) == ((1, 2), -1, (Decimal("100.0000"), Decimal("0.0000")))
    assert (second.group_ranks, second.moved) == ((2, 1), 1)
    assert (third.group_ranks, third.moved, third.totals[1]) == ((3, None), None, None)


@pytest.mark.parametrize(
    ("pairs", "tau"),
    [
        ([(1, 1), (2, 2), (3, 3)], 1.0),
        ([(1, 3), (2, 2), (3, 1)], -1.0),
        ([(1, 1), (2, 3), (3, 2)], 1 / 3),  # two of three pairs in order
        ([(1, 1), (1, 2), (3, 3)], 2 / 6**0.5),  # one tie: 2/sqrt(2·3)
        ([(1, 1)], None),
        ([(1, 1), (1, 2)], None),
    ],
)
def test_rank_correlation(pairs: list[tuple[int, int]], tau: float | None) -> None:
    assert rank_correlation(pairs) == (None if tau is None else pytest.approx(tau))
