"""The chi-square of a planned draw: by hand where it can be, else by an independent table or by trial."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluation.representation.fit import bound, judge, margins


def test_one_block_by_hand() -> None:
    # 40 people, 30 in A and 10 in B; 20 taken: E = 15, 5. Var = 20 · 20/39 · 3/4 · 1/4 = 400/39 · 3/16 = 75/39.
    chance = margins([([30, 10], 20)], 2)
    assert chance.expected.tolist() == [15, 5]
    assert chance.covariance[0, 0] == pytest.approx(75 / 39)
    assert chance.covariance[0, 1] == pytest.approx(-75 / 39)
    # Observed 12 and 8: two categories, one degree: X² = 3² / (75/39) = 4.68.
    fit = judge([12, 8], chance)
    assert (fit.degrees, fit.pooled) == (1, ())
    assert fit.statistic == pytest.approx(4.68)
    assert fit.residuals[0] == pytest.approx(-(4.68**0.5))
    # One degree: p = 2 (1 − Φ(√4.68)).
    assert fit.p == pytest.approx(2 * stats.norm.sf(4.68**0.5))


def test_one_block_is_pearson_with_the_finite_population_correction() -> None:
    sizes, taken, observed = np.array([400, 300, 200, 100]), 250, np.array([110, 70, 40, 30])
    fit = judge(observed, margins([(sizes, taken)], 4))
    pearson = stats.chisquare(observed, taken * sizes / sizes.sum()).statistic
    assert fit.statistic == pytest.approx(pearson * (1000 - 1) / (1000 - 250))
    assert fit.degrees == 3


def test_returned_against_drawn_is_the_contingency_table() -> None:
    # Returned and not returned by district: Pearson of the 2 × 3 table times (N − 1)/N.
    drawn, returned = np.array([120, 80, 100]), np.array([100, 75, 70])
    fit = judge(returned, margins([(drawn, int(returned.sum()))], 3))
    table = stats.chi2_contingency([returned, drawn - returned], correction=False)
    assert fit.statistic == pytest.approx(table.statistic * 299 / 300)
    assert (fit.degrees, fit.p) == (2, pytest.approx(stats.chi2.sf(fit.statistic, 2)))


def test_unequal_quotas_on_purpose_are_no_alarm() -> None:
    # Two cells of 1,000: one takes 400, the other 40. In both, industry X is half. Far more of the first is drawn, and
    # the test, which expects 220 of each industry, sees nothing odd in 220 and 220.
    fit = judge([220, 220], margins([([500, 500], 400), ([500, 500], 40)], 2))
    assert fit.statistic == pytest.approx(0)
    # Without the plan the districts themselves would look absurd; with it, the cells fix them and nothing is left.
    by_cell = judge([400, 40], margins([([1000, 0], 400), ([0, 1000], 40)], 2))
    assert (by_cell.degrees, by_cell.p, by_cell.residuals) == (0, None, (None, None))


def test_everybody_taken_leaves_nothing_to_test() -> None:
    fit = judge([5, 7], margins([([5, 7], 12)], 2))
    assert (fit.statistic, fit.degrees, fit.p) == (0, 0, None)


def test_small_categories_are_pooled() -> None:
    # 1,000 people, 100 taken: E = 60, 34, 4, 2. The last two are below 5 and together 6.
    fit = judge([58, 36, 5, 1], margins([([600, 340, 40, 20], 100)], 4))
    assert (fit.pooled, fit.degrees) == ((2, 3), 2)
    # E = 60, 38, 2: alone too small, so the smallest left (38) joins.
    assert judge([60, 38, 2], margins([([600, 380, 20], 100)], 3)).pooled == (1, 2)
    # Nearly all returned: 3 of 60 are expected to be missing in the second, however many came back.
    assert judge([570, 57, 95], margins([([600, 60, 100], 722)], 3)).pooled == (1, 2)


def test_categories_without_people_do_not_matter() -> None:
    fit = judge([12, 8, 0], margins([([30, 10, 0], 20)], 3))
    assert fit.statistic == pytest.approx(4.68)
    assert fit.residuals[2] is None


def test_more_taken_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="21 taken of 20"):
        margins([([10, 10], 21)], 2)


def test_the_alarm_goes_off_as_often_as_it_says() -> None:
    """2,000 stratified draws with a fixed generator: below 5 % in about 5 % (Binomial(2000, 0.05): sd 9.7; ± 4 sd)."""
    generator = np.random.default_rng(20081124)
    cells = [(np.array([120, 60, 20]), 40), (np.array([30, 90, 80]), 90), (np.array([10, 25, 65]), 10)]
    chance = margins(cells, 3)
    alarms = 0
    for _trial in range(2000):
        observed = sum(generator.multivariate_hypergeometric(sizes, taken) for sizes, taken in cells)
        fit = judge(observed, chance)
        alarms += fit.p is not None and fit.p < 0.05
    assert 61 <= alarms <= 139


def test_one_district_can_be_odd_while_the_whole_is_not() -> None:
    # 14 districts of 500, 50 expected of each; one got 25, the others what it lacks. Var = 700 · 6300/6999 · 13/196.
    observed = [25] + [50 + 25 / 13] * 13
    fit = judge(observed, margins([([500] * 14, 700)], 14))
    assert fit.p is not None and fit.p > 0.05
    assert fit.residuals[0] == pytest.approx(-25 / (700 * 6300 / 6999 * 13 / 196) ** 0.5)  # -3.87
    assert fit.residuals[0] < -bound(14)
    assert all(abs(z) < bound(14) for z in fit.residuals[1:] if z is not None)


def test_a_loaded_draw_is_seen() -> None:
    # Two of the 14 short of 30 each, 5 more in each of the others: X² = (2 · 30² + 12 · 5²)/50 · 6999/6300 = 46.66,
    # where 13 degrees are at 22.36 with 5 %.
    fit = judge([20, 20] + [55] * 12, margins([([500] * 14, 700)], 14))
    assert fit.statistic == pytest.approx(46.66, abs=0.005)
    assert fit.p is not None and fit.p < 0.0001
