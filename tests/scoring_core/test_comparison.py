"""The four methods of comparison, caps, bands and dead band, each derived by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from evaluation.definition import Band, YearOverYear
from scoring.core.comparison import Predecessor, compare, merged_baseline
from scoring.core.model import Baseline, ScoringError


def rule(method: str, **more: object) -> YearOverYear:
    values = {"satisfied": Decimal("0.2"), "dissatisfied": Decimal("0.3")} | more
    return YearOverYear(method=method, **values)  # type: ignore[arg-type]


def base(satisfaction: str, dissatisfaction: str, **more: object) -> Baseline:
    return Baseline(Decimal(satisfaction), Decimal(dissatisfaction), **more)  # type: ignore[arg-type]


def points(s: str, u: str, baseline: Baseline | None, how: YearOverYear, **more: object) -> Fraction:
    return compare(Fraction(s), Fraction(u), baseline, how, **more).adjustment  # type: ignore[arg-type]


def test_linear_rewards_satisfaction_gained_and_dissatisfaction_lost() -> None:
    # dS = +5, dU = −2: A = 0.2·5 − 0.3·(−2) = 1.6
    assert points("45", "8", base("40", "10"), rule("linear")) == Fraction("1.6")


@pytest.mark.parametrize(
    ("s", "u", "expected"),
    [
        ("60", "10", "2"),  # 0.2·20 = 4, capped at 2
        ("20", "10", "-2"),  # 0.2·(−20) = −4, capped at −2
        ("40", "20", "-1.5"),  # −0.3·10 = −3, capped at −1.5
        ("50", "5", "3.5"),  # 0.2·10 = 2 (at the cap); 0.3·5 = 1.5 (at the cap)
    ],
)
def test_caps_limit_each_term_on_its_own(s: str, u: str, expected: str) -> None:
    how = rule("linear", cap_satisfied=Decimal(2), cap_dissatisfied=Decimal("1.5"))
    assert points(s, u, base("40", "10"), how) == Fraction(expected)


def test_a_cap_says_when_it_limited_the_term() -> None:
    how = rule("linear", cap_satisfied=Decimal(2), cap_dissatisfied=Decimal(0))
    outcome = compare(Fraction(50), Fraction(9), base("40", "10"), how)
    assert (outcome.points_satisfaction, outcome.capped_satisfaction) == (2, False)  # exactly at the cap
    assert (outcome.points_dissatisfaction, outcome.capped_dissatisfaction) == (0, True)


BANDS = {
    "bands_satisfied": (
        Band(Decimal(-100), Decimal(-1)),
        Band(Decimal(-3), Decimal(0)),
        Band(Decimal(3), Decimal("0.5")),
    ),
    "bands_dissatisfied": (Band(Decimal(1), Decimal("0.5")),),
}


@pytest.mark.parametrize(
    ("s", "u", "expected"),
    [
        ("43", "10", "0.5"),  # dS = 3: the row from 3; dU = 0: below the first row, 0
        ("42.9999", "10", "0"),
        ("37", "10", "0"),  # dS = −3: the row from −3
        ("36.9999", "10", "-1"),
        ("40", "11", "-0.5"),  # dU = 1: 0 − 0.5
    ],
)
def test_banded_takes_the_row_with_the_largest_start_not_above_the_change(s: str, u: str, expected: str) -> None:
    assert points(s, u, base("40", "10"), rule("banded", **BANDS)) == Fraction(expected)


@pytest.mark.parametrize(
    ("s", "last", "expected"),
    [
        ("70", "40", "2.5"),  # up: 30 of the 60 still possible, 5·0.5
        ("30", "40", "-1.25"),  # down: 10 of 40, 5·(−0.25)
        ("40", "40", "0"),
        ("100", "0", "5"),  # all that was possible
        ("0", "100", "-5"),
        ("100", "100", "0"),  # nothing was possible, nothing changed
        ("0", "0", "0"),
    ],
)
def test_headroom_measures_the_share_of_what_was_possible(s: str, last: str, expected: str) -> None:
    how = rule("headroom", satisfied=Decimal(5), dissatisfied=Decimal(0))
    assert points(s, "10", base(last, "10"), how) == Fraction(expected)


def test_bands_are_no_caps() -> None:
    outcome = compare(Fraction(90), Fraction(0), base("40", "10"), rule("banded", cap_satisfied=Decimal(0), **BANDS))
    assert (outcome.points_satisfaction, outcome.capped_satisfaction) == (Fraction("0.5"), False)


def test_none_gives_no_points_and_keeps_the_baseline() -> None:
    outcome = compare(Fraction(50), Fraction(5), base("40", "10", source="merged"), rule("none"))
    assert (outcome.points_satisfaction, outcome.points_dissatisfaction, outcome.kind) == (0, 0, "merged")


@pytest.mark.parametrize("baseline", [None, Baseline(group_rank=3)])
def test_without_comparable_rates_there_are_no_points(baseline: Baseline | None) -> None:
    outcome = compare(Fraction(50), Fraction(5), baseline, rule("linear"))
    assert (outcome.adjustment, outcome.kind, outcome.change_satisfaction) == (0, "none", None)
    assert not (outcome.capped_satisfaction or outcome.capped_dissatisfaction)
    assert not (outcome.still_satisfaction or outcome.still_dissatisfaction)


@pytest.mark.parametrize(
    ("change", "still"),
    [
        ("9.8", True),  # 1.96²·(3² + 4²) = 1.96²·25 = 9.8²: at the edge it still counts as none
        ("9.8000001", False),
        ("-9.8", True),
        ("-9.8000001", False),
    ],
)
def test_the_dead_band_is_exact_at_its_edge(change: str, still: bool) -> None:
    how = rule("linear", deadband=True)
    baseline = base("40", "10", se_satisfaction=Decimal(4))
    errors = (Decimal(3), Decimal(0))
    outcome = compare(40 + Fraction(change), Fraction(10), baseline, how, errors)
    assert outcome.still_satisfaction is still
    assert outcome.points_satisfaction == (0 if still else Fraction(change) / 5)


def test_the_dead_band_uses_errors_rounded_to_six_places() -> None:
    how = rule("linear", deadband=True)
    baseline = base("40", "10")
    # 1.0000004 rounds to 1.000000: 1.96 is within, 1.9600001 is not
    errors = (Decimal("1.0000004"), Decimal(0))
    assert compare(Fraction("41.96"), Fraction(10), baseline, how, errors).still_satisfaction
    assert not compare(Fraction("41.9600001"), Fraction(10), baseline, how, errors).still_satisfaction


def test_a_merged_department_takes_the_mean_by_valid_ballots() -> None:
    # (60·300 + 30·100)/400 = 52.5; (4·300 + 8·100)/400 = 5; se (2·300 + 4·100)/400 = 2.5
    merged = merged_baseline(
        [
            Predecessor(Decimal(60), Decimal(4), 300, Decimal(2), Decimal(1)),
            Predecessor(Decimal(30), Decimal(8), 100, Decimal(4), Decimal(1)),
            Predecessor(None, None, 50),
        ]
    )
    assert merged == Baseline(
        Decimal("52.5000"),
        Decimal("5.0000"),
        se_satisfaction=Decimal("2.500000"),
        se_dissatisfaction=Decimal("1.000000"),
        source="merged",
    )


def test_a_merged_rate_is_rounded_once_half_up() -> None:
    # (0.0001·1 + 0·1)/2 = 0.00005 → 0.0001
    merged = merged_baseline([Predecessor(Decimal("0.0001"), Decimal(0), 1), Predecessor(Decimal(0), Decimal(0), 1)])
    assert merged is not None
    assert merged.satisfaction == Decimal("0.0001")


def test_nothing_to_merge_is_no_baseline() -> None:
    assert merged_baseline([Predecessor(None, None, 5), Predecessor(Decimal(1), Decimal(1), 0)]) is None


def test_half_a_baseline_is_refused() -> None:
    with pytest.raises(ScoringError):
        Baseline(Decimal(1), None)
