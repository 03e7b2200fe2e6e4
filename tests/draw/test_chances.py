"""Chances before freezing, what the caps allow, and the margin of error."""

from __future__ import annotations

from fractions import Fraction

import pytest

from evaluators.draw import BadInput, Candidates, Plan, Pool
from evaluators.draw.chances import capacity, chances, margin_of_error, stratum_chances, unfair

from .reference import HASH, candidates_of, one_stratum, plan_of


def test_the_chance_of_a_cell_is_its_seats_over_its_size() -> None:
    # 10 of 100: 5, 3, 2.
    rows = stratum_chances(plan_of(quota=10), {"b": 30, "": 20, "a": 50})
    assert [(row.cell, row.size, row.seats, row.chance, row.flag) for row in rows] == [
        ("", 20, 2, Fraction(1, 10), ""),
        ("a", 50, 5, Fraction(1, 10), ""),
        ("b", 30, 3, Fraction(1, 10), ""),
    ]
    assert {row.stratum_chance for row in rows} == {Fraction(1, 10)}


def test_a_cell_without_a_seat_is_flagged() -> None:
    # 2 of 102: 100·2/102 = 1.96 and 0.04: nothing for b.
    rows = stratum_chances(plan_of(quota=2), {"a": 100, "b": 2})
    assert [(row.cell, row.chance, row.flag) for row in rows] == [("a", Fraction(1, 50), ""), ("b", 0, "zero")]
    assert unfair(rows) == rows[1:]


@pytest.mark.parametrize(
    ("size", "flag"),
    [
        # One seat each, 3 more to the large cell: stratum 5 of 40 = 1/8; a cell of 4 has exactly twice that, of 3 more.
        (4, ""),
        (3, "high"),
    ],
)
def test_a_chance_of_more_than_twice_the_stratums_is_flagged(size: int, flag: str) -> None:
    rows = stratum_chances(plan_of(quota=5, min_per_cell=1), {"a": 40 - size, "b": size})
    assert rows[1].stratum_chance == Fraction(1, 8)
    assert (rows[1].seats, rows[1].flag) == (1, flag)
    assert rows[0].flag == ""


@pytest.mark.parametrize("changes", [{"mode": "all", "quota": 0}, {"quota": 9}, {"quota": 12}])
def test_where_everyone_is_taken_everyone_is_certain(changes: dict) -> None:
    rows = stratum_chances(plan_of(**changes), {"a": 8, "b": 1})
    assert [(row.seats, row.chance, row.stratum_chance, row.flag) for row in rows] == [(8, 1, 1, ""), (1, 1, 1, "")]


def test_a_quota_of_nobody_flags_every_cell() -> None:
    assert [row.flag for row in stratum_chances(plan_of(quota=0), {"a": 8, "b": 1})] == ["zero", "zero"]


def test_strata_come_in_the_order_of_the_plan_and_one_without_candidates_has_no_cells() -> None:
    plan = Plan("dice", (plan_of(code="b"), plan_of(code="c"), plan_of(code="a")))
    candidates = Candidates(HASH, {code: Pool([f"{code}001"], ["x"], [""]) for code in ("a", "b")})
    assert [(row.stratum, row.cell, row.size) for row in chances(candidates, plan)] == [("b", "x", 1), ("a", "x", 1)]
    with pytest.raises(BadInput):
        chances(candidates_of([("E001", "", "")], code="other"), one_stratum())


def test_what_a_cap_leaves_of_the_units() -> None:
    sizes = {"U": 5, "V": 1, "": 4}
    assert capacity(sizes, None) == 10
    assert capacity(sizes, 2) == 2 + 1 + 4


def test_the_margin_of_error_with_finite_population_correction() -> None:
    # 1.96 · sqrt(0.25/100 · 900/999) = 1.96 · sqrt(0.002252252) = 1.96 · 0.04745790
    assert margin_of_error(100, 1000) == pytest.approx(0.0930175, abs=1e-7)
    # 1 · sqrt(0.09/50 · 50/99) = sqrt(0.000909091)
    assert margin_of_error(50, 100, proportion=0.1, z=1) == pytest.approx(0.0301511, abs=1e-7)
    assert margin_of_error(100, 100) == 0
    assert margin_of_error(1, 1) == 0
    assert margin_of_error(0, 100) is None


@pytest.mark.parametrize("arguments", [(2, 1, 0.5), (-1, 1, 0.5), (1, 2, 1.5)])
def test_no_margin_of_what_cannot_be(arguments: tuple) -> None:
    with pytest.raises(ValueError, match="needs 0 <= sample"):
        margin_of_error(*arguments)
