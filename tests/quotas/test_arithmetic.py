"""The arithmetic of planning quotas, by hand."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.definition import StratumPlan
from evaluation.quotas.margins import Sample, department_margin, margin, variance, worst_case
from evaluation.quotas.population import NEVER, Candidate, Kind, Population
from evaluation.quotas.repairs import Change, Trouble, reach, troubles
from evaluation.quotas.spread import spreads
from evaluation.quotas.suggestions import Bounds, Influence, measures, share_out
from evaluators.draw.chances import capacity, margin_of_error


def label(keys: Sequence[str], place: Mapping[str, str]) -> str:
    return "|".join(place[key] for key in keys)


def candidates(*groups: tuple[int, int | None, str, Kind]) -> Population:
    """Groups of (how many, unit, district, kind)."""
    return Population.count(
        Candidate(kind, unit, district, "") for number, unit, district, kind in groups for _ in range(number)
    )


def plan(**changes: Any) -> StratumPlan:
    return StratumPlan("s", "S", **{"cell_by": ("district",), **changes})


ROUND_BAR = Kind(0, 0b0010)  # kept out by the rule "round", the second of RECUSALS
DRAWN_LAST, DRAWN_BEFORE = Kind(1, 0), Kind(2, 0)
#: Units 1 (5 never drawn), 2 (3, and 2 drawn last round), 3 (1 employed by a department); 4 without a unit, 2 of them
#: drawn two rounds ago. 15 in all; districts a (units) and b (no unit).
MIXED = candidates(
    (5, 1, "a", NEVER), (3, 2, "a", NEVER), (2, 2, "a", DRAWN_LAST), (1, 3, "a", ROUND_BAR), (2, None, "b", NEVER),
    (2, None, "b", DRAWN_BEFORE),
)  # fmt: skip


# Populations


def test_rotation_and_recusal_leave_who_may_be_drawn() -> None:
    assert MIXED.active == 15
    assert MIXED.size(0, "department") == 15
    assert MIXED.size(1, "department") == 13  # the two drawn last round rest
    assert MIXED.size(2, "round") == 10  # two more rest, one is recused
    assert (MIXED.resting(1), MIXED.resting(2), MIXED.resting(9)) == (2, 4, 4)


def test_a_cap_counts_unit_by_unit_and_never_those_without_one() -> None:
    # caps of 2: min(5,2) + min(5,2) + min(1,2) + 4 without a unit; with the last round resting unit 2 has 3 left
    assert MIXED.capacity(0, "none", 2) == 2 + 2 + 1 + 4
    assert MIXED.capacity(1, "round", 4) == 4 + 3 + 0 + 4
    assert MIXED.capacity(0, "none", None) == 15


def test_the_smallest_cap_is_the_smallest() -> None:
    # caps 1: 3 + 4 = 7, 2: 9, 3: 11, 4: 13, 5: 15
    assert [MIXED.smallest_cap(quota, 0, "none") for quota in (7, 8, 11, 14, 15, 16)] == [1, 2, 3, 5, 5, None]


def test_cells_hold_only_who_may_be_drawn() -> None:
    assert MIXED.cell_sizes(("district",), 0, "none", label) == {"a": 11, "b": 4}
    assert MIXED.cell_sizes(("district",), 2, "round", label) == {"a": 8, "b": 2}
    assert MIXED.cell_sizes((), 0, "none", label) == {"": 15}


def test_a_population_survives_being_stored() -> None:
    again = Population.from_dict(MIXED.to_dict())
    assert again.to_dict() == MIXED.to_dict()
    assert again.capacity(1, "round", 2) == MIXED.capacity(1, "round", 2)
    empty = Population.from_dict(Population.count([]).to_dict())
    assert (empty.active, empty.capacity(1, "none", 3), empty.smallest_cap(1, 0, "none")) == (0, 0, None)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4)), max_size=8), st.integers(1, 9))
def test_the_capacity_is_that_of_the_draw(groups: list[tuple[int, int]], cap: int) -> None:
    population = candidates(*((number, unit or None, "a", NEVER) for number, unit in groups))
    sizes: dict[str, int] = {}
    for number, unit in groups:
        sizes[str(unit or "")] = sizes.get(str(unit or ""), 0) + number
    assert population.capacity(0, "none", cap) == capacity(sizes, cap)


# Margins


def test_a_stratum_at_its_worst_has_the_textbook_margin() -> None:
    # 100 of 1,000: 1.96 · √(0.25/100 · 900/999) = 9.30 points, as the draw's own formula has it
    found = margin(Sample(100, 1000), worst_case(1000))
    assert found == pytest.approx(9.302, abs=0.001)
    assert found == pytest.approx(100 * margin_of_error(100, 1000))


def test_everybody_asked_is_sure_and_nobody_asked_unknown() -> None:
    assert margin(Sample(50, 50), 0.25) == 0
    assert margin(Sample(0, 50), 0.25) is None
    assert margin(Sample(0, 0), 0.25) is None


def test_the_design_effect_multiplies_the_variance() -> None:
    # 0.2/100 · (1 − 1/4) = 0.0015; twice that
    assert variance(Sample(100, 400), 0.2) == pytest.approx(0.0015)
    assert variance(Sample(100, 400, 2.0), 0.2) == pytest.approx(0.003)


def test_a_department_adds_weights_squared_times_variances() -> None:
    samples = {"x": Sample(100, 400), "y": Sample(50, 100), "z": Sample(10, 10)}
    spreads_ = {"x": 0.2, "y": 0.1, "z": 0.25}
    # x: 0.5² · 0.0015 = 0.000375; y: 0.3² · 0.1/50 · 0.5 = 0.00009; z asks everybody: 0. √0.000465 · 196 = 4.2265
    assert department_margin({"x": 50, "y": 30, "z": 20}, samples, spreads_) == pytest.approx(4.2265, abs=0.0001)


def test_a_stratum_nobody_is_asked_of_leaves_its_weight_to_the_others() -> None:
    samples = {"x": Sample(100, 400), "y": Sample(0, 100)}
    # x alone counts, with the whole weight: √0.0015 · 196
    assert department_margin({"x": 50, "y": 50}, samples, {"x": 0.2, "y": 0.1}) == pytest.approx(7.591, abs=0.001)
    assert department_margin({"y": 100}, samples, {"y": 0.1}) is None


# Spread


def answers_of(*columns: str) -> np.ndarray:
    """One department a column, one ballot a letter: s satisfied, n neither, - blank, ? don't know."""
    numbers = [["-sn?".index(letter) for letter in column] for column in columns]
    return np.array(numbers, np.uint8).T.reshape(len(columns[0]), len(columns), 1)


VALID, SATISFIED = [True, True, False], [True, False, False]


def spread_of(*columns: str, weights: Sequence[float] = (), min_cell: int = 2) -> list[float | None]:
    answers = answers_of(*columns)
    given_ = np.array(weights or [1.0] * len(answers))
    return spreads(answers, given_, valid=VALID, satisfied=SATISFIED, shares=[1.0], min_cell=min_cell)


def test_the_spread_is_the_sample_variance_where_everybody_answers() -> None:
    # p = 3/4 of 4: 4/3 · 3/16 = 1/4
    assert spread_of("sssn") == [pytest.approx(0.25)]


def test_a_blank_or_a_dont_know_widens_the_spread() -> None:
    # 4 valid of 6, p = 3/4: Σ u² = (6/4)² · (3 · 1/16 + 9/16) = 27/16, over n − 1 = 5
    assert spread_of("sssn-?") == [pytest.approx(27 / 16 / 5)]


def test_weights_count_in_the_spread() -> None:
    # weights 2, 1, 1: p = 2/4; u = 2·½·3/4, 1·½·3/4 twice; Σ u² = 9/16 · (1 + 1/4 + 1/4) = 27/32, over 2
    assert spread_of("snn", weights=[2, 1, 1]) == [pytest.approx(27 / 64)]


def test_cells_that_are_hidden_are_not_looked_at() -> None:
    few, unanimous, many = "sn-----", "sssssss", "s" * 20
    assert spread_of(few, min_cell=3) == [None]
    assert spread_of(unanimous) == [None]
    assert spread_of(many) == [pytest.approx(0.0)]


def test_two_criteria_go_together() -> None:
    # u = ½(y1 − p1) + ½(y2 − p2): both 1 → ½, both 0 → −½ (p = ½): Σ u² = 4 · 1/4, over 3
    answers = np.repeat(answers_of("snsn"), 2, axis=2)
    found = spreads(answers, np.ones(4), valid=VALID, satisfied=SATISFIED, shares=[0.5, 0.5], min_cell=2)
    assert found == [pytest.approx(1 / 3)]


# Suggestions

FREE = Bounds(0, 10_000)


def shared(total: int, sizes: Mapping[str, int], **bounds: Bounds) -> dict[str, int]:
    known = {code: bounds.get(code, FREE) for code in sizes}
    return share_out(total, {code: Fraction(size) for code, size in sizes.items()}, known).quotas


def test_seats_are_shared_in_proportion_by_largest_remainder() -> None:
    # 10 over 5:3:3 = 4.55, 2.73, 2.73: one seat left for b and one for c, whose remainders are larger
    assert shared(10, {"a": 5, "b": 3, "c": 3}) == {"a": 4, "b": 3, "c": 3}


def test_a_bound_passes_its_seats_on() -> None:
    # 100 over 60:30:10; a takes at most 20, so 80 over 30:10
    assert shared(100, {"a": 60, "b": 30, "c": 10}, a=Bounds(0, 20)) == {"a": 20, "b": 60, "c": 20}
    # c needs at least 25, so 75 over 60:30
    assert shared(100, {"a": 60, "b": 30, "c": 10}, c=Bounds(25, 99)) == {"a": 50, "b": 25, "c": 25}


def test_what_does_not_fit_is_told() -> None:
    sizes = {"a": Fraction(1), "b": Fraction(1)}
    assert share_out(10, sizes, {"a": Bounds(0, 3), "b": Bounds(0, 4)}) == ({"a": 3, "b": 4}, 3)
    assert share_out(10, sizes, {"a": Bounds(8, 9), "b": Bounds(5, 9)}) == ({"a": 8, "b": 5}, -3)


def test_the_four_measures() -> None:
    strata = {"a": Influence(400, 0.09), "b": Influence(100, 0.04)}
    assert measures("equal", strata) == {"a": 1, "b": 1}
    assert measures("proportional", strata) == {"a": 400, "b": 100}
    assert measures("square_root", strata) == {"a": 20, "b": 10}
    neyman = measures("neyman", strata)
    assert float(neyman["a"] / neyman["b"]) == pytest.approx(1.5)  # 0.3 : 0.2
    with pytest.raises(ValueError, match="unknown"):
        measures("guess", strata)


def test_no_other_sharing_has_a_smaller_variance_than_neymans() -> None:
    # Σ squares/n over every way to share 30 seats over three strata
    strata = {"a": Influence(1, 0.5), "b": Influence(1, 0.1), "c": Influence(1, 0.02)}
    found = share_out(30, measures("neyman", strata), dict.fromkeys(strata, Bounds(1, 30))).quotas

    def total(seats: Sequence[int]) -> float:
        return sum(known.squares / number for known, number in zip(strata.values(), seats, strict=True))

    every = ((a, b, 30 - a - b) for a, b in itertools.product(range(1, 29), repeat=2) if a + b < 30)
    # whole seats: within what one seat can make
    assert total(list(found.values())) <= min(map(total, every)) * 1.01


@given(
    st.integers(0, 400),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 40), st.integers(0, 60)), min_size=1, max_size=6),
)
def test_shares_add_up_and_keep_their_bounds(total: int, rows: list[tuple[int, int, int]]) -> None:
    sizes = {str(at): Fraction(size) for at, (size, _least, _more) in enumerate(rows)}
    bounds = {str(at): Bounds(least, least + more) for at, (_size, least, more) in enumerate(rows)}
    quotas, left = share_out(total, sizes, bounds)
    assert sum(quotas.values()) + left == total
    assert all(bounds[code].least <= quota <= bounds[code].most for code, quota in quotas.items())
    if left:
        assert quotas == {code: bound.most if left > 0 else bound.least for code, bound in bounds.items()}


# Troubles and ways out


def test_a_plan_that_works_has_no_troubles() -> None:
    assert troubles(plan(quota=6, reserve=2), MIXED, label) == []
    assert troubles(plan(mode="all", quota=99, reserve=99), MIXED, label) == []


def test_a_quota_beyond_the_stratum() -> None:
    # 20 wanted of 15: nothing but fewer helps
    (trouble,) = troubles(plan(quota=20), MIXED, label)
    assert trouble == Trouble("quota", 5, (Change("quota", 15, 15),))


def test_a_cap_that_lets_too_few_through() -> None:
    # at most 2 of a unit: 9 of 15; 11 need a cap of 3
    (trouble,) = troubles(plan(quota=11, max_per_unit=2), MIXED, label)
    assert trouble == Trouble("quota", 2, (Change("quota", 9, 9), Change("max_per_unit", 3, 11)))
    assert reach(plan(quota=11, max_per_unit=2), MIXED) == 9


def test_rotation_that_leaves_too_few() -> None:
    # two rounds of rest leave 11, one leaves 13, none 15: for 12 one round is the smallest change
    (trouble,) = troubles(plan(quota=12, rotation_rounds=2), MIXED, label)
    assert trouble == Trouble("quota", 1, (Change("quota", 11, 11), Change("rotation_rounds", 1, 13)))


def test_recusal_that_leaves_one_too_few() -> None:
    (trouble,) = troubles(plan(quota=15, recusal="round"), MIXED, label)
    assert trouble == Trouble("quota", 1, (Change("quota", 14, 14), Change("recusal", "group", 15)))


def test_a_quota_of_the_whole_stratum_lifts_the_cap() -> None:
    # by the rules of the draw a quota of at least the stratum takes everybody
    assert troubles(plan(quota=15, max_per_unit=1), MIXED, label) == []
    (trouble,) = troubles(plan(quota=14, max_per_unit=1), MIXED, label)
    assert trouble.missing == 14 - 7


def test_a_unit_stratum_has_no_cap() -> None:
    assert troubles(plan(quota=14, max_per_unit=1, drawn_by="unit"), MIXED, label) == []


def test_a_reserve_beyond_who_is_left() -> None:
    # 12 of 15 drawn, 3 left, 5 wanted in reserve
    (trouble,) = troubles(plan(quota=12, reserve=5), MIXED, label)
    assert trouble == Trouble("reserve", 2, (Change("reserve", 3, 3),))


def test_more_cells_than_seats() -> None:
    many = candidates(*((4, None, f"d{number}", NEVER) for number in range(5)))
    kinds = {trouble.kind: trouble for trouble in troubles(plan(quota=3, min_per_cell=1), many, label)}
    # a seat for each of five cells takes five seats; not spread over districts there is one cell
    assert kinds["minimum"] == Trouble("minimum", 2, (Change("quota", 5, 5), Change("cell_by", "", 3)))
    # three of five cells get the seat: two have no chance
    assert kinds["chances"].missing == 2
    assert kinds["chances"].changes == (Change("cell_by", "", 3),)


def test_a_cell_without_a_chance_gets_one_by_a_seat_for_each() -> None:
    # 5 seats over 96 and 4: 4.8 and 0.2, so 5 and 0; with one each first 4 and 1 — 1 of 4 is five times the 5 of 100
    lopsided = candidates((96, None, "big", NEVER), (4, None, "small", NEVER))
    (trouble,) = troubles(plan(quota=5), lopsided, label)
    assert trouble == Trouble("chances", 1, (Change("cell_by", "", 5),))
    # 10 seats over 80, 10 and 10 … none of them without: 8, 1, 1
    assert troubles(plan(quota=10), candidates((80, None, "x", NEVER), (20, None, "y", NEVER)), label) == []
