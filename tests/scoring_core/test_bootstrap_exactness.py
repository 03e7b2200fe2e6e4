"""What a replicate does after its rates: the same comparison, composite and order as the exact score."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from evaluation.definition import Band, ScoringDefinition, YearOverYear
from scoring.core.ballots import Ballots
from scoring.core.bootstrap import _contest, _Resampled, _summary, _term, _totals, rank_uncertainty
from scoring.core.model import Adjustment, Baseline
from scoring.core.resampling import statistics
from scoring.core.score import score
from tests.scoring_core.builders import definition, departments, random_ballots

BANDS = (Band(Decimal(-10), Decimal(-2)), Band(Decimal(0), Decimal("0.5")), Band(Decimal(5), Decimal(3)))
METHODS = {
    "none": YearOverYear(),
    "linear": YearOverYear("linear", Decimal("0.2"), Decimal("0.3")),
    "linear, capped": YearOverYear("linear", Decimal("0.5"), Decimal("0.7"), Decimal(2), Decimal("1.5")),
    "headroom": YearOverYear("headroom", Decimal(3), Decimal(4)),
    "headroom, capped": YearOverYear("headroom", Decimal(30), Decimal(40), Decimal(1), Decimal(2)),
    "banded": YearOverYear("banded", bands_satisfied=BANDS, bands_dissatisfied=BANDS[1:]),
}
#: Last year against this one's roughly 40 / 30 per cent: a rise, a fall, next to nothing, nothing to lose or to gain.
LAST = [(20, 50), (70, 10), ("40.01", "30.02"), (0, 100), (100, 0), (41, 29), (39, 31)]


@dataclass
class Unmoved:
    """A replicate that drew the very ballots that were cast."""

    satisfaction: npt.NDArray[np.float64]
    dissatisfaction: npt.NDArray[np.float64]
    base: npt.NDArray[np.float64]


def round_of(rule: YearOverYear) -> tuple[ScoringDefinition, Ballots, dict[str, Any]]:
    rules = definition(
        {"g": {"s1": "40", "s2": "60"}}, year_over_year=rule, composite=("70", "30"), decimals=10, min_valid=5
    )
    given = {
        "baselines": {
            f"D0{at}": Baseline(
                Decimal(s), Decimal(u), se_satisfaction=Decimal("0.3"), se_dissatisfaction=Decimal("0.2")
            )
            for at, (s, u) in enumerate(LAST, start=1)
        },
        "assessments": {f"D0{at}": Decimal(80 + at) for at in range(1, 9)},
        "adjustments": {"D02": Adjustment(bonus=Decimal("1.5")), "D03": Adjustment(deduction=Decimal("0.25"))},
    }
    return rules, random_ballots(rules, 8, size=200, seed=21, weights=("1", "1.5")), given


@pytest.mark.parametrize("deadband", [False, True])
@pytest.mark.parametrize("name", METHODS)
def test_a_replicate_of_the_ballots_cast_has_the_published_totals(name: str, deadband: bool) -> None:
    rule = METHODS[name]
    rules, ballots, given = round_of(
        YearOverYear(**{**{key: getattr(rule, key) for key in rule.__dataclass_fields__}, "deadband": deadband})
    )
    result = score(rules, departments("g" * 8), ballots.cube(rules, 8), **given)
    rows = result.departments
    unmoved = Unmoved(
        *(
            np.array([[float(Fraction(getattr(row, figure))) for row in rows]])
            for figure in ("satisfaction", "dissatisfaction", "base")
        )
    )
    found = _totals(rules, rows, unmoved, given["baselines"], given["assessments"], given["adjustments"])  # type: ignore[arg-type]
    assert found[0] == pytest.approx([float(row.total or 0) for row in rows], abs=1e-8)


def test_a_replicate_without_a_valid_ballot_of_a_cell_keeps_the_cells_own_rate() -> None:
    rules = definition({"g": {"s": "100"}}, min_valid=1)
    # Of the four valid answers of D01 two are satisfied, one dissatisfied: S 50, U 25, B (2·100 + 80)/4 = 70.
    ballots = Ballots({(0, 0): bytes([1, 1, 2, 3])}, (Decimal(1),))
    result = score(rules, departments("g"), ballots.cube(rules, 1))
    resampled = _Resampled(rules, [result.departments[0].rates], [0], 3)
    kinds, _combine = statistics(rules)
    drawn = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 9], [0, 3, 0, 1, 0]]  # nothing; nothing but "don't know"; three and one
    sums = np.array([[[float(row @ counts)] for row in kinds] for counts in np.array(drawn, dtype=float)])
    resampled.add(0, [(0, 0)], sums)
    assert resampled.satisfaction[:, 0] == pytest.approx([50, 50, 75])
    assert resampled.dissatisfaction[:, 0] == pytest.approx([25, 25, 25])
    assert resampled.base[:, 0] == pytest.approx([70, 70, 75])


def test_ties_on_the_total_are_broken_in_their_order_and_what_is_equal_counts_half() -> None:
    """Four tied on T: S tells the first from the others, U the third from the second and fourth, who stay tied."""
    totals = np.array([[80.0, 80.0, 80.0, 80.0, 81.0]])
    satisfied = np.array([[60.0, 50.0, 50.0, 50.0, 50.0]])
    dissatisfied = -np.array([[9.0, 7.0, 5.0, 7.0, 7.0]])
    ranks, right = _contest([totals, satisfied, dissatisfied])
    assert ranks.tolist() == [[2, 4, 3, 4, 1]]
    assert right[:4, :4].tolist() == [
        [0.5, 1, 1, 1],
        [0, 0.5, 0, 0.5],
        [0, 1, 0.5, 1],
        [0, 0.5, 0, 0.5],
    ]
    assert right[4].tolist() == [1, 1, 1, 1, 0.5]


def test_ranks_and_chances_are_shares_of_the_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four replicates of two departments: three times the first is ahead, once behind; in portions of one replicate."""
    monkeypatch.setattr("scoring.core.bootstrap._COMPARED_AT_ONCE", 4)
    ranks, right = _contest([np.array([[2.0, 1.0], [2.0, 1.0], [1.0, 2.0], [3.0, 0.0]])])
    assert ranks.tolist() == [[1, 2], [1, 2], [2, 1], [1, 2]]
    assert (right[0, 1], right[1, 0]) == (0.75, 0.25)
    # Two of the four undecided: each counts half, in its own portion.
    ranks, right = _contest([np.array([[2.0, 1.0], [1.0, 1.0], [1.0, 1.0], [0.0, 3.0]])])
    assert (right[0, 1], right[1, 0]) == (0.5, 0.5)


def test_what_is_said_of_a_department_carries_its_code_and_group_and_how_it_was_found() -> None:
    rules, ballots, given = round_of(METHODS["linear"])
    judged = departments("g" * 8)
    result = score(rules, judged, ballots.cube(rules, 8), **given)
    found = rank_uncertainty(rules, judged, ballots, result, seed="5eed", replicates=50, **given)
    assert (found.seed, found.replicates) == ("5eed", 50)
    assert {code: (row.code, row.group) for code, row in found.departments.items()} == {
        department.code: (department.code, "g") for department in judged
    }
    (order,) = found.orders
    by_rank = sorted(result.departments, key=lambda row: row.group_rank or 0)
    assert (order.group, list(order.codes)) == ("g", [row.code for row in by_rank])
    assert [len(row) for row in order.chances] == [7, 6, 5, 4, 3, 2, 1, 0]


def in_two(behind: int, tied: int = 0) -> Any:
    """What 200 replicates say of A before B, `behind` of them the other way round and `tied` undecided."""
    rules = definition({"g": {"s": "100"}})
    ballots = Ballots({(0, 0): bytes([1, 1] * 5 + [1, 3] * 5)}, (Decimal(1),))
    rows = score(rules, departments("gg"), ballots.cube(rules, 2)).departments
    totals = np.tile([2.0, 1.0], (200, 1))
    totals[:behind] = [1.0, 2.0]
    totals[behind : behind + tied] = [1.0, 1.0]
    return _summary(rules, rows, [totals], "5eed", 200).departments


@pytest.mark.parametrize(
    ("behind", "first", "second"),
    [
        # Of 200 the fifth is the lower end, the 195th the upper one: five other places below or above are left out.
        (4, (1, 1), (2, 2)),
        (5, (1, 1), (1, 2)),
        (6, (1, 2), (1, 2)),
    ],
)
def test_an_interval_leaves_out_the_outer_fortieths(
    behind: int, first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = in_two(behind)
    assert (found["D01"].rank_interval, found["D02"].rank_interval) == (first, second)


def test_those_tied_for_last_in_a_replicate_are_all_last_in_it() -> None:
    found = in_two(behind=20, tied=30)
    assert (found["D01"].chance_last, found["D02"].chance_last) == (50 / 200, 180 / 200)


def test_the_dead_band_reaches_up_to_its_limit_and_no_further() -> None:
    """Errors of 0.3 and 0.4 points: 1.96 · 0.5 = 0.98 is within, more is not; a missing error is none."""
    change = np.array([0.98, 0.9801, -0.98, -0.9801, 5.0])
    found = _term(change, 50.0, (Decimal("0.3"), Decimal("0.4")), "linear", 1.0, None, ())
    assert found.tolist() == [0, 0.9801, 0, -0.9801, 5]
    assert _term(np.array([0.5, 1.0]), 50.0, (None, Decimal("0.5")), "linear", 1.0, None, ()).tolist() == [0, 1]


def test_headroom_is_the_share_of_what_was_still_possible_however_small_the_change() -> None:
    """From 20: half a point up is 0.5/80, half a point down 0.5/20; from 100 up there is nothing, down 0.5/100."""
    assert _term(np.array([0.5, -0.5, 0.0]), 20.0, None, "headroom", 1.0, None, ()).tolist() == [0.5 / 80, -0.5 / 20, 0]
    assert _term(np.array([-0.5]), 100.0, None, "headroom", 1.0, None, ()).tolist() == [-0.5 / 100]


def test_a_change_on_the_edge_of_a_band_is_in_it() -> None:
    bands = (Band(Decimal(0), Decimal(1)), Band(Decimal(5), Decimal(3)))
    change = np.array([-0.1, 0.0, 4.9, 5.0])
    assert _term(change, 50.0, None, "banded", 0.0, None, bands).tolist() == [0, 1, 1, 3]
