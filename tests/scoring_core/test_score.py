"""Total, rounding, ranks, movement and outcomes, by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from evaluation.definition import Advanced, Choice, KeyHelp, MostImproved, OutcomeRules, PeopleSatisfied, YearOverYear
from scoring.core.figures import as_text, rounded
from scoring.core.model import Adjustment, Baseline, ScoringError
from scoring.core.outcomes import Candidate, Outcomes, propose
from scoring.core.ranking import Standing, movement, ranks
from tests.scoring_core.builders import definition, scored, times


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("1/8", 2, "0.13"),  # 0.125: half goes away from zero
        ("-1/8", 2, "-0.13"),
        ("-1/1000", 2, "0.00"),  # never "-0.00"
        ("2/3", 4, "0.6667"),
        ("5/2", 0, "3"),
        ("0", 7, "0.0000000"),
        ("123456789012345678901234567890123.5", 0, "123456789012345678901234567890124"),
    ],
)
def test_figures_are_rounded_half_away_from_zero(value: str, places: int, text: str) -> None:
    assert as_text(rounded(Fraction(value), places)) == text


def test_the_total_combines_shares_bonus_and_deduction() -> None:
    # B = 100·1/2 + 80·1/2 = 90; E = 90; T = 0.7·90 + 0.3·80 + 0.5 − 1.25 = 86.25
    rules = definition({"g": {"s": 100}}, composite=("70", "30"))
    row = scored(
        rules,
        "g",
        [("s", "1", "A"), ("s", "1", "B")],
        assessments={"D01": Decimal(80)},
        adjustments={"D01": Adjustment(Decimal("0.5"), Decimal("1.25"))},
    ).departments[0]
    assert (row.public, row.assessment, row.total) == (Decimal("90.0000"), Decimal("80.0000"), Decimal("86.2500"))


def test_the_total_is_computed_from_unrounded_figures() -> None:
    # S = B = 100/3 = 33.33…, with 0 decimals; T = 0.5·33.33… + 0.5·1 = 17.1666… → 17 (from rounded parts: 17)
    # with K = 1.5: 0.5·33.333 + 0.75 = 17.41666 → 17; from the rounded E = 33 and K = 2 it would be 17.5 → 18
    rules = definition({"g": {"s": 100}}, composite=("50", "50"), decimals=0)
    rows = [("s", "1", "A"), *times(2, "s", "1", "C")]
    row = scored(rules, "g", rows, assessments={"D01": Decimal("1.5")}).departments[0]
    assert (row.public, row.assessment, row.total) == (Decimal(33), Decimal(2), Decimal(17))


def test_nothing_is_clipped() -> None:
    rules = definition({"g": {"s": 100}})
    result = scored(rules, "g", [("s", "1", "C")], adjustments={"D01": Adjustment(deduction=Decimal(3))})
    assert result.departments[0].total == Decimal("-3.0000")


def test_a_share_of_assessment_needs_a_score_for_every_ranked_department() -> None:
    rules = definition({"g": {"s": 100}}, composite=("70", "30"))
    with pytest.raises(ScoringError, match="D02") as refusal:
        scored(rules, "gg", [("s", "1", "AA")], assessments={"D01": Decimal(80)})
    assert (refusal.value.code, refusal.value.department) == ("assessment_missing", "D02")
    with pytest.raises(ScoringError):  # be the share ever so small
        scored(definition({"g": {"s": 100}}, composite=("99.5", "0.5")), "g", [("s", "1", "A")])
    # an insufficient department needs none
    assert scored(rules, "gg", [("s", "1", "A.")], assessments={"D01": Decimal(80)}).departments[0].ranked


def standing(total: str, satisfaction: str = "0", dissatisfaction: str = "0") -> Standing:
    return Standing(Decimal(total), Decimal(satisfaction), Decimal(dissatisfaction))


def test_equal_departments_share_a_rank_and_the_next_is_skipped() -> None:
    found = ranks([standing("80"), standing("90"), standing("80"), standing("70")], ())
    assert found == [2, 1, 2, 4]


def test_ties_are_broken_by_satisfaction_then_dissatisfaction() -> None:
    tied = [standing("80", "40", "9"), standing("80", "50", "9"), standing("80", "40", "8")]
    assert ranks(tied, ("satisfaction", "dissatisfaction")) == [3, 1, 2]
    assert ranks(tied, ("dissatisfaction",)) == [2, 2, 1]
    assert ranks(tied, ()) == [1, 1, 1]


def test_a_tie_on_the_total_is_broken_by_the_departments_own_rates() -> None:
    # all have T = 50. D01 (A, C): S 50, U 50; D02 (B, B): S 0, U 0; D03 (A, N): S 50, U 0
    scale = (
        Choice("A", "", Decimal(100), "satisfied"),
        Choice("B", "", Decimal(50), "neutral"),
        Choice("N", "", Decimal(0), "neutral"),
        Choice("C", "", Decimal(0), "dissatisfied"),
    )
    rules = definition({"g": {"s": 100}}, scale=scale)
    result = scored(rules, "ggg", [("s", "1", "ABA"), ("s", "1", "CBN")])
    assert [row.total for row in result.departments] == [Decimal(50)] * 3
    assert [row.group_rank for row in result.departments] == [2, 3, 1]


def test_ranks_follow_the_rounded_figures() -> None:
    # D01: A, C, C: 33.33…; D02: A with weight 1, C with 2.01: 33.22…; with 0 decimals both are 33 and tie
    rules = definition({"g": {"s": 100}}, decimals=0, tie_break=())
    rows = [("s", "1", "AA"), ("s", "1", "CC"), ("s", "1", "CC"), ("s", "0.01", ".C")]
    result = scored(rules, "gg", rows)
    assert [row.group_rank for row in result.departments] == [1, 1]


def test_ranks_in_the_group_and_overall() -> None:
    rules = definition({"g": {"s": 100}, "h": {"s": 100}})
    result = scored(rules, "ghg", [("s", "1", "BAC")])
    assert [(row.group_rank, row.overall_rank) for row in result.departments] == [(1, 2), (1, 1), (2, 3)]


@pytest.mark.parametrize(("scope", "moved"), [("group", 3), ("overall", 6)])
def test_movement_is_last_years_rank_minus_this_years_in_the_same_scope(scope: str, moved: int) -> None:
    rules = definition({"g": {"s": 100}}, rank_scope=scope)
    baselines = {"D01": Baseline(group_rank=4, overall_rank=7)}
    row = scored(rules, "g", [("s", "1", "A")], baselines=baselines).departments[0]
    assert (row.movement, row.baseline, row.adjustment) == (moved, "none", Decimal("0.0000"))


def test_an_unknown_rank_gives_no_movement() -> None:
    assert movement(None, 3) is None


def candidate(rank: int, moved: int | None = None, s: str = "50", u: str = "5", **more: object) -> Candidate:
    values = {"group": "g", "veto": False, "problem": False} | more
    return Candidate(group_rank=rank, movement=moved, satisfaction=Decimal(s), dissatisfaction=Decimal(u), **values)  # type: ignore[arg-type]


def reasons(candidates: list[Candidate], rule: KeyHelp | None) -> list[tuple[str, ...]]:
    return [outcome.key_help for outcome in propose(candidates, OutcomeRules(key_help=rule))]


def test_the_last_of_a_group_needs_help_and_so_do_all_tied_for_last() -> None:
    last = ("last_in_group",)
    assert reasons([candidate(1), candidate(2), candidate(2)], KeyHelp(last_in_group=1)) == [(), last, last]
    assert reasons([candidate(1), candidate(2), candidate(3)], KeyHelp(last_in_group=2)) == [(), last, last]


def test_a_group_of_two_has_no_last() -> None:
    assert reasons([candidate(1), candidate(2)], KeyHelp(last_in_group=1)) == [(), ()]


def test_all_reasons_in_their_order() -> None:
    rule = KeyHelp(last_in_group=1, places_dropped=10, dissatisfaction_at_least=Decimal(20))
    worst = candidate(3, -10, u="20", veto=True, problem=True)
    assert reasons([candidate(1, -9, u="19.9999"), candidate(2), worst], rule)[2] == (
        "last_in_group",
        "places_dropped",
        "dissatisfaction",
        "problem",
        "veto",
    )


def test_problem_and_veto_are_reasons_even_without_a_rule() -> None:
    assert reasons([candidate(1, veto=True), candidate(2, problem=True)], None) == [("veto",), ("problem",)]


def test_the_advanced_are_the_top_per_cent_but_at_least_one() -> None:
    # 20 % of 9 = 1.8 → 1; of 10 → 2; of 3 → 0.6 → at least 1
    for size, places in ((9, 1), (10, 2), (3, 1)):
        found = propose([candidate(rank) for rank in range(1, size + 1)], OutcomeRules(advanced=Advanced(Decimal(20))))
        assert [outcome.advanced for outcome in found].count(True) == places


def test_dissatisfaction_and_veto_stand_in_the_way_of_honours() -> None:
    rules = OutcomeRules(
        advanced=Advanced(Decimal(100), Decimal(5)),
        people_satisfied=PeopleSatisfied(Decimal(50), 3),
        most_improved=MostImproved(2),
    )
    fine, angry, vetoed = propose([candidate(1, 2), candidate(2, 2, u="5.0001"), candidate(3, 2, veto=True)], rules)
    assert fine == Outcomes((), True, True, True)
    assert angry == Outcomes((), False, True, True)
    assert vetoed == Outcomes(("veto",), False, False, False)


def test_people_satisfied_asks_for_a_rate_and_a_place_among_the_rates_of_the_group() -> None:
    rules = OutcomeRules(people_satisfied=PeopleSatisfied(Decimal(50), 1))
    found = propose([candidate(2, s="60"), candidate(1, s="55"), candidate(3, s="60")], rules)
    assert [outcome.people_satisfied for outcome in found] == [True, False, True]
    low = propose([candidate(1, s="49.9999")], rules)
    assert not low[0].people_satisfied


def test_an_absent_outcome_is_not_proposed() -> None:
    assert propose([candidate(1, 20)], OutcomeRules()) == [Outcomes()]


def test_outcomes_see_the_departments_own_rates() -> None:
    # D01: U = 40; D02: U = 60; both thresholds lie between
    rules = definition(
        {"g": {"s": 100}},
        outcomes=OutcomeRules(KeyHelp(dissatisfaction_at_least=Decimal(60)), Advanced(max_dissatisfaction=Decimal(59))),
    )
    rows = [*times(2, "s", "1", "AA"), ("s", "1", "AC"), *times(2, "s", "1", "CC")]
    found = [row.outcomes for row in scored(rules, "gg", rows).departments]
    assert found == [Outcomes((), advanced=True), Outcomes(("dissatisfaction",))]


def test_outcomes_count_ranked_departments_only() -> None:
    # three departments, one insufficient: two ranked, so there is no last
    rules = definition({"g": {"s": 100}}, outcomes=OutcomeRules(key_help=KeyHelp(last_in_group=1)))
    result = scored(rules, "ggg", [("s", "1", "AB.")])
    assert [row.outcomes and row.outcomes.key_help for row in result.departments] == [(), (), None]


def test_the_dead_band_takes_the_standard_errors_of_the_same_ballots() -> None:
    # n = 4 of N = 1000, S = 50: var = 100²·(1 − 0.004)·4/3·Σ(±0.5/4)² = 100²·0.996·(4/3)·(4/64) = 830
    # se = 28.81; a change of 50 is less than 1.96·28.81 = 56.5, so it counts as none
    how = YearOverYear(method="linear", satisfied=Decimal(1), dissatisfied=Decimal(0), deadband=True)
    rules = definition({"g": {"s": 100}}, year_over_year=how)
    rows = [*times(2, "s", "1", "A"), *times(2, "s", "1", "B")]
    row = scored(rules, "g", rows, baselines={"D01": Baseline(Decimal(0), Decimal(0))}).departments[0]
    assert row.se_satisfaction == Decimal("28.809721")
    assert row.adjustment == 0
    assert row.comparison is not None
    assert row.comparison.still_satisfaction


def test_people_satisfied_are_those_with_fewer_above_them_than_the_rule_says() -> None:
    """S is 100, 50, 50, 0: nobody is above the first, one above the next two, three above the last."""
    rows = [("s", "1", "AAAC"), ("s", "1", "ACCC")]
    for top, proposed in ((1, [True, False, False, False]), (2, [True, True, True, False])):
        rules = definition({"g": {"s": 100}}, outcomes=OutcomeRules(people_satisfied=PeopleSatisfied(Decimal(0), top)))
        found = scored(rules, "gggg", rows).departments
        assert [row.outcomes is not None and row.outcomes.people_satisfied for row in found] == proposed
