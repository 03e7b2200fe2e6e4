"""Rates by hand: weights of ballots and strata, omitted strata, several criteria, insufficient departments."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from evaluation.definition import Choice
from tests.scoring_core.builders import definition, scored, times


def test_a_rate_is_the_weighted_share_of_the_valid_answers() -> None:
    # one stratum; weights 1.5 (A), 1 (B), 0.5 (C), D and blank are not valid
    # S = 100·1.5/3 = 50, U = 100·0.5/3 = 16.6667, B = (1.5·100 + 1·80 + 0)/3 = 230/3 = 76.6667
    rules = definition({"g": {"s": 100}})
    result = scored(
        rules, "g", [("s", "1.5", "A"), ("s", "1", "B"), ("s", "0.5", "C"), ("s", "9", "D"), ("s", "9", ".")]
    )
    row = result.departments[0]
    assert (row.satisfaction, row.dissatisfaction, row.base) == (
        Decimal("50.0000"),
        Decimal("16.6667"),
        Decimal("76.6667"),
    )
    assert row.exact is not None
    assert row.exact.base == Fraction(230, 3)


def test_strata_enter_with_their_weights() -> None:
    # s1 (weight 30): 1 of 2 satisfied; s2 (weight 70): 1 of 4 → S = 0.3·50 + 0.7·25 = 32.5
    rules = definition({"g": {"s1": 30, "s2": 70}})
    rows = [("s1", "1", "A"), ("s1", "1", "C"), ("s2", "1", "A"), *times(3, "s2", "1", "B")]
    assert scored(rules, "g", rows).departments[0].satisfaction == Decimal("32.5000")


def test_a_stratum_below_min_valid_is_omitted_and_its_weight_spread_over_the_others() -> None:
    # s1 has one valid ballot of two needed: omitted. s2 : s3 = 20 : 30, so W* = 0.4 and 0.6
    # S = 0.4·100 + 0.6·50 = 70
    rules = definition({"g": {"s1": 50, "s2": 20, "s3": 30}}, min_valid=2)
    rows = [("s1", "1", "A"), ("s1", "1", "D"), *times(2, "s2", "1", "A"), ("s3", "1", "A"), ("s3", "1", "C")]
    row = scored(rules, "g", rows).departments[0]
    assert row.satisfaction == Decimal("70.0000")
    assert row.omitted_strata == ("s1",)
    assert [cell.effective_weight for cell in row.rates.cells[0]] == [0, Fraction(2, 5), Fraction(3, 5)]


def test_min_valid_counts_ballots_not_weights() -> None:
    rules = definition({"g": {"s1": 50, "s2": 50}}, min_valid=2)
    row = scored(rules, "g", [("s1", "10", "A"), *times(2, "s2", "0.1", "C")]).departments[0]
    assert (row.omitted_strata, row.satisfaction) == (("s1",), Decimal("0.0000"))


def test_weights_are_re_spread_for_each_criterion_on_its_own() -> None:
    # q1 (60 %): only s1 reports (s2 blank): S_q1 = 100. q2 (40 %): both, 0.5·0 + 0.5·50 = 25
    # S = 0.6·100 + 0.4·25 = 70; s2 failed on q1, so it is named
    rules = definition({"g": {"s1": 50, "s2": 50}}, items=(("q1", "60"), ("q2", "40")))
    row = scored(rules, "g", [("s1", "1", "AC"), ("s2", "1", ".A"), ("s2", "1", "DC")]).departments[0]
    assert (row.satisfaction, row.omitted_strata) == (Decimal("70.0000"), ("s2",))


def test_a_department_without_a_reporting_stratum_on_one_criterion_is_insufficient_never_zero() -> None:
    rules = definition({"g": {"s": 100}}, items=(("q1", "50"), ("q2", "50")), min_valid=2)
    result = scored(rules, "gg", [("s", "1", "A.AA"), ("s", "1", "A.AA"), ("s", "1", "AAAA")])
    row = result.departments[0]
    assert (row.status, row.satisfaction, row.total, row.group_rank, row.outcomes) == (
        "insufficient",
        None,
        None,
        None,
        None,
    )
    assert row.omitted_strata == ("s",)
    assert result.departments[1].group_rank == 1
    assert (result.city.ranked, result.city.satisfaction) == (1, Decimal("100.0000"))


def test_a_stratum_of_weight_zero_neither_counts_nor_is_omitted() -> None:
    rules = definition({"g": {"s1": 100, "s2": 0}, "h": {"s1": 40, "s2": 60}})
    row = scored(rules, "gh", [("s1", "1", "AA"), ("s2", "1", "CA")]).departments[0]
    assert (row.satisfaction, row.omitted_strata) == (Decimal("100.0000"), ())


def test_a_department_with_ballots_only_from_strata_of_weight_zero_is_insufficient() -> None:
    rules = definition({"g": {"s1": 100, "s2": 0}})
    row = scored(rules, "g", times(9, "s2", "1", "A")).departments[0]
    assert (row.status, row.omitted_strata) == ("insufficient", ("s1",))


def test_a_cell_knows_whether_its_answers_agree() -> None:
    rules = definition({"g": {"s1": 20, "s2": 40, "s3": 20, "s4": 20}})
    rows = [*times(3, "s1", "1", "A"), ("s1", "1", "D"), ("s2", "1", "A"), ("s2", "1", "B"), ("s3", "1", "D")]
    cells = scored(rules, "g", [*rows, ("s4", "1", "C")]).departments[0].rates.cells[0]
    assert [cell.unanimous for cell in cells] == [True, False, False, True]


def test_scale_values_may_be_fractions() -> None:
    # (82.5·2 + 0.25)/3 = 55.0833
    scale = (
        Choice("A", "", Decimal("82.5"), "satisfied"),
        Choice("B", "", Decimal("0.25"), "dissatisfied"),
    )
    rules = definition({"g": {"s": 100}}, scale=scale)
    row = scored(rules, "g", [*times(2, "s", "1.5", "A"), ("s", "1.5", "B")]).departments[0]
    assert row.base == Decimal("55.0833")
    assert row.rates.cells[0][0].base == Fraction("165.25") / 3


def test_a_stratum_absent_from_a_groups_weights_weighs_nothing() -> None:
    rules = definition({"g": {"s1": 100}, "h": {"s1": 40, "s2": 60}})
    assert scored(rules, "g", [("s1", "1", "A"), ("s2", "1", "C")]).departments[0].omitted_strata == ()


def test_group_and_city_means_are_unweighted_over_ranked_departments() -> None:
    # g: 100 and 0 → 50; h: 100 → 100; city (100 + 0 + 100)/3 = 66.6667
    rules = definition({"g": {"s": 100}, "h": {"s": 100}})
    result = scored(rules, "ggh", [("s", "1", "ACA")])
    assert [(row.code, row.ranked, row.satisfaction) for row in result.groups] == [
        ("g", 2, Decimal("50.0000")),
        ("h", 1, Decimal("100.0000")),
    ]
    assert result.city.satisfaction == Decimal("66.6667")
    assert result.city.dissatisfaction == Decimal("33.3333")


def test_a_round_without_any_ballot_ranks_nobody() -> None:
    result = scored(definition({"g": {"s": 100}}), "g", [])
    assert result.departments[0].status == "insufficient"
    assert (result.city.ranked, result.city.satisfaction) == (0, None)
