"""Small and unanimous cells, and those that would give them away."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.core.privacy import hidden_strata, open_cells, small_cells, with_complements
from tests.scoring_core.builders import ballots, definition, departments, times


def complements(valid: list[list[int]], hidden: list[list[int]], **more: object) -> list[list[int]]:
    mask = with_complements(np.array(valid), np.array(hidden, dtype=bool), min_cell=5, **more)  # type: ignore[arg-type]
    return mask.astype(int).tolist()


def test_few_answers_are_hidden_and_so_are_unanimous_ones_below_twenty() -> None:
    valid = np.array([4, 5, 19, 20, 0])
    agree = np.array([False, False, True, True, False])
    assert small_cells(valid, agree, min_cell=5).tolist() == [True, False, True, False, True]


def test_the_next_smallest_goes_with_a_single_hidden_cell() -> None:
    # 3 could be had as total − 40 − 9: the 9 goes too
    assert complements([[3, 40, 9]], [[1, 0, 0]]) == [[1, 0, 1]]


def test_two_hidden_cells_protect_each_other_if_they_hold_enough() -> None:
    assert complements([[3, 4, 40]], [[1, 1, 0]]) == [[1, 1, 0]]
    assert complements([[2, 3, 40]], [[1, 1, 0]]) == [[1, 1, 0]]  # just enough
    assert complements([[2, 2, 40, 9]], [[1, 1, 0, 0]]) == [[1, 1, 0, 1]]  # 4 answers are still fewer than 5


def test_an_empty_cell_protects_nobody() -> None:
    assert complements([[3, 0, 40]], [[1, 1, 0]]) == [[1, 1, 1]]
    assert complements([[0, 40, 9]], [[1, 0, 0]]) == [[1, 0, 0]]  # and needs no protection itself
    assert complements([[3, 0, 40, 9]], [[1, 0, 0, 0]]) == [[1, 0, 0, 1]]  # nor is it hidden in vain
    assert complements([[6, 1, 40]], [[1, 0, 0]]) == [[1, 1, 0]]  # a single answer does protect


def test_a_row_with_nothing_left_to_hide_ends() -> None:
    assert complements([[3]], [[1]]) == [[1]]


def test_cells_outside_the_known_total_give_nothing_away() -> None:
    outside = np.array([[False, True, True]])
    assert complements([[3, 40, 9]], [[1, 0, 0]], in_row_total=outside) == [[1, 0, 0]]


def test_known_column_totals_are_protected_as_well() -> None:
    # row 1 hides 3 and then 9; both columns then have one hidden cell each, so row 2 hides its own
    valid, hidden = [[3, 9, 40], [30, 20, 50], [60, 60, 60]], [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert complements(valid, hidden) == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert complements(valid, hidden, column_totals=True) == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]


def rows(*sizes: tuple[str, int]) -> list[tuple[str, ...]]:
    """Ballots of one department, half A and half B, so that no cell is unanimous."""
    return [
        row
        for stratum, size in sizes
        for row in (*times(size - size // 2, stratum, "1", "A"), *times(size // 2, stratum, "1", "B"))
    ]


@pytest.mark.parametrize(
    ("min_valid", "answer_totals", "hidden"),
    [
        (5, False, [True, False, False]),  # the small stratum is not in the rate: nothing to subtract from
        (5, True, [True, True, False]),  # unless the answers over all strata are shown
        (1, False, [True, True, False]),  # or it enters the score
    ],
)
def test_the_breakdown_by_stratum(min_valid: int, answer_totals: bool, hidden: list[bool]) -> None:
    rules = definition({"g": {"s1": 30, "s2": 30, "s3": 40}}, min_valid=min_valid)
    cells = ballots(rules, rows(("s1", 3), ("s2", 8), ("s3", 30))).cube(rules, 1).cells()  # type: ignore[arg-type]
    found = hidden_strata(rules, departments("g"), cells, min_cell=5, answer_totals=answer_totals)
    assert found.mask.tolist() == [hidden]
    assert found.hides(0, 0)


def test_an_empty_stratum_is_too_few_and_adds_nothing_to_the_hidden_answers() -> None:
    # 4 answers hidden, none in s2: together still fewer than 5, so s3 goes too
    rules = definition({"g": {"s1": "30", "s2": "0.5", "s3": "69.5"}}, min_valid=1)
    cells = ballots(rules, rows(("s1", 4), ("s3", 30))).cube(rules, 1).cells()  # type: ignore[arg-type]
    assert hidden_strata(rules, departments("g"), cells, min_cell=5).mask.tolist() == [[True, True, True]]


def test_a_stratum_that_does_not_judge_is_open_not_hidden() -> None:
    rules = definition({"g": {"s1": 100, "s2": 0}})
    cells = ballots(rules, rows(("s1", 30))).cube(rules, 1).cells()  # type: ignore[arg-type]
    assert hidden_strata(rules, departments("g"), cells, min_cell=5).mask.tolist() == [[False, False]]


def test_small_on_one_criterion_is_hidden_on_all() -> None:
    rules = definition({"g": {"s1": 50, "s2": 50}}, items=(("a", "50"), ("b", "50")))
    answers = [*times(10, "s1", "1", "AB"), *times(10, "s1", "1", "B."), *times(15, "s2", "1", "AB")]
    answers += times(15, "s2", "1", "BA")
    cells = ballots(rules, answers).cube(rules, 1).cells()  # type: ignore[arg-type]
    # s1 on b: ten answers, all B → hidden; s2 must go with it
    assert hidden_strata(rules, departments("g"), cells, min_cell=5).mask.tolist() == [[True, True]]


def test_open_cells_that_enter_the_score_are_named() -> None:
    rules = definition({"g": {"s1": "0.5", "s2": "99.5"}, "h": {"s1": 100}}, min_valid=5)
    answers = [*times(5, "s1", "1", "AA"), *times(6, "s2", "1", "BA"), *times(20, "s2", "1", "B.")]
    cells = ballots(rules, answers).cube(rules, 2).cells()  # type: ignore[arg-type]
    found = open_cells(rules, departments("gh"), cells)
    # D01: s1 (5 × A, just enough to report), not s2 (26 × B); D02: s1, but not s2, which does not judge its group
    assert [(cell.department, cell.item, cell.stratum, cell.valid) for cell in found] == [
        ("D01", "overall", "s1", 5),
        ("D02", "overall", "s1", 5),
    ]


def test_twenty_equal_answers_are_no_secret() -> None:
    rules = definition({"g": {"s": 100}}, min_valid=5)
    for size, named in ((19, 1), (20, 0)):
        cells = ballots(rules, times(size, "s", "1", "A")).cube(rules, 1).cells()  # type: ignore[arg-type]
        assert len(open_cells(rules, departments("g"), cells)) == named


@pytest.mark.parametrize(("answers", "named"), [(4, 1), (5, 0)])
def test_a_cell_of_as_many_answers_as_the_rule_asks_for_is_no_open_cell(answers: int, named: int) -> None:
    """Mixed answers, in a round whose `min_valid` is below its `min_cell` of 5."""
    rules = definition({"g": {"s": 100}}, min_valid=1)
    cells = ballots(rules, [*times(answers - 1, "s", "1", "A"), ("s", "1", "C")]).cube(rules, 1).cells()
    assert len(open_cells(rules, departments("g"), cells, min_cell=5)) == named


@pytest.mark.parametrize(("least", "named"), [(7, 1), (8, 0)])
def test_a_cell_enters_the_score_from_the_least_number_of_answers_on(least: int, named: int) -> None:
    """Seven equal answers: open where they count, and no matter where they do not."""
    rules = definition({"g": {"s": 100}}, min_valid=least)
    cells = ballots(rules, times(7, "s", "1", "A")).cube(rules, 1).cells()
    found = open_cells(rules, departments("g"), cells)
    assert [cell.unanimous for cell in found] == [True] * named
