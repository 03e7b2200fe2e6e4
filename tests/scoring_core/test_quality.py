"""Signs of careless or copied ballots, and what leaving them out or weighting otherwise would change."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from scoring.core.ballots import Ballots
from scoring.core.quality import (
    StratumQuality,
    balance,
    hidden_findings,
    population_weighted,
    rank_correlation,
    stratum_quality,
)
from tests.scoring_core.builders import ballots, definition, times

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
    assert (first.code, second.code) == ("s1", "s2")
    assert (first.returned, first.population, first.blank, first.abstain) == (5, 100, 1, 1)
    assert (first.straight, first.identical, first.largest_bulk) == (1, 0, 0)
    assert (second.blank, second.abstain, second.straight, second.identical, second.largest_bulk) == (0, 0, 0, 5, 5)


def test_equal_ballots_of_two_weight_classes_are_one_bulk() -> None:
    rules = definition({"g": {"s": 100}})
    rows = [*times(3, "s", "1", "ABCABCABCABC"), *times(2, "s", "1.5", "ABCABCABCABC")]
    assert stratum_quality(rules, 12, ballots(rules, rows))[0].identical == 5  # type: ignore[arg-type]


def test_identical_ballots_are_looked_for_within_a_stratum() -> None:
    # Three and two of the same row in two strata are no bulk of five in either.
    rules = definition({"g": {"s1": 50, "s2": 50}})
    rows = [*times(3, "s1", "1", "ABCABCABCABC"), *times(2, "s2", "1", "ABCABCABCABC")]
    assert [row.identical for row in stratum_quality(rules, 12, ballots(rules, rows))] == [0, 0]  # type: ignore[arg-type]


def test_a_blank_where_others_answer_makes_another_ballot() -> None:
    # Recused from one department: not identical with the four who answered there.
    rules = definition({"g": {"s": 100}})
    rows = [*times(4, "s", "1", "ABCABCABCABC"), ("s", "1", "ABCABCABCAB.")]
    assert stratum_quality(rules, 12, ballots(rules, rows))[0].identical == 0  # type: ignore[arg-type]


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


def counted(
    returned: int, *, blank: int = 0, abstain: int = 0, straight: int = 0, identical: int = 0
) -> StratumQuality:
    return StratumQuality("s", returned, 100, blank, abstain, straight, identical, identical)


@pytest.mark.parametrize(
    ("row", "hidden"),
    [
        (counted(4, blank=1), {"blank", "abstain", "straight", "identical"}),  # four people: every count is an answer
        (counted(5, blank=1, straight=4), set()),
        (counted(8, straight=8), {"straight"}),  # everybody answered the same throughout
        (counted(19, identical=19), {"identical"}),
        (counted(20, identical=20), set()),  # shown from twenty on, as a unanimous cell is
        (counted(8, blank=5, abstain=3), {"blank", "abstain"}),  # together nobody said anything
        (counted(8, blank=5, abstain=2), set()),
    ],
)
def test_counts_that_tell_an_answer_are_hidden(row: StratumQuality, hidden: set[str]) -> None:
    assert hidden_findings(row, min_cell=5) == hidden


def test_balance_compares_the_share_of_the_ballots_with_that_of_the_quotas() -> None:
    # Quotas 50 : 50 of 100 ballots; returned 30 : 50 of 80 = 37.5 % and 62.5 %. 0.375 · 5/4 < 0.5: under by more than a
    # fifth. 0.625 is exactly 5/4 of 0.5: not yet over.
    first, second = balance([("a", 300, 50, 30), ("b", 100, 50, 50)])
    assert (first.code, first.flag, second.code, second.flag) == ("a", "under", "b", "")
    assert (first.population_share, first.quota_share, first.returned_share) == (
        Fraction(3, 4),
        Fraction(1, 2),
        Fraction(3, 8),
    )
    assert balance([("a", 300, 50, 29), ("b", 100, 50, 50)])[1].flag == "over"  # 50/79 > 5/8


def test_without_ballots_there_is_no_balance_to_judge() -> None:
    assert balance([("a", 0, 0, 0)])[0].flag == ""


@pytest.mark.parametrize(
    ("pairs", "tau"),
    [
        ([(1, 1), (2, 2), (3, 3)], 1.0),
        ([(1, 3), (2, 2), (3, 1)], -1.0),
        ([(1, 1), (2, 3), (3, 2)], 1 / 3),  # two of three pairs in order
        ([(1, 1), (1, 2), (3, 3)], 2 / 6**0.5),  # one tie: 2/sqrt(2·3)
        ([(1, 1), (2, 1), (3, 3)], 2 / 6**0.5),  # a tie in the other one
        ([(1, 2), (2, 1)], -1.0),
        ([(1, 1)], None),
        ([(1, 1), (1, 2)], None),
    ],
)
def test_rank_correlation(pairs: list[tuple[int, int]], tau: float | None) -> None:
    assert rank_correlation(pairs) == (None if tau is None else pytest.approx(tau))
