"""A trial must not become a way to ask what few people answered."""

from __future__ import annotations

from decimal import Decimal

from evaluation.definition import ScoringDefinition
from scoring.core.whatif import telling
from tests.scoring_core.builders import ballots, definition, departments, times

Rows = list[tuple[str, str, str]]


def told(rules: ScoringDefinition, rows: Rows, tried: tuple[str, ...]) -> tuple[frozenset[str], bool]:
    judged = departments(["g", "h"])
    cube = ballots(rules, rows).cube(rules, 2)
    weights = tuple(Decimal(weight) for weight in tried)
    assert len(weights) == len(cube.class_weights)
    return telling(rules, judged, cube, weights, min_cell=5)


def test_a_group_in_which_a_small_cell_counts_keeps_its_weights() -> None:
    # D01 (g) has 4 answers of b, D02 (h) 5: with min_valid 1 both enter the score, and 4 are fewer than 5.
    rules = definition({"g": {"a": 50, "b": 50}, "h": {"a": 50, "b": 50}})
    rows: Rows = [*times(9, "a", "1", "AB"), *times(4, "b", "1", "AA"), ("b", "1", ".A")]  # type: ignore[list-item]
    assert told(rules, rows, ("1",)) == (frozenset({"g"}), False)


def test_a_small_cell_that_does_not_count_or_does_not_judge_forbids_nothing() -> None:
    rows: Rows = [*times(9, "a", "1", "AB"), *times(4, "b", "1", "AA")]  # type: ignore[list-item]
    counted_from_five = definition({"g": {"a": 50, "b": 50}, "h": {"a": 50, "b": 50}}, min_valid=5)
    assert told(counted_from_five, rows, ("1",)) == (frozenset(), False)
    not_judging = definition({"g": {"a": 100, "b": 0}, "h": {"a": 100, "b": 0}})
    assert told(not_judging, rows, ("1",)) == (frozenset(), False)


def test_a_class_of_a_few_gains_no_more_than_three_times() -> None:
    # Two of class 2 among eleven in stratum a: from (1, 2) to (1, 6) it gains three times, to (1, 7) more; so it does
    # when the others lose instead.
    rules = definition({"g": {"a": 100}, "h": {"a": 100}})
    rows: Rows = [*times(9, "a", "1", "AB"), *times(2, "a", "2", "BA")]  # type: ignore[list-item]
    for tried, refused in ((("1", "2"), False), (("1", "6"), False), (("1", "7"), True), (("0.3", "2"), True)):
        assert told(rules, rows, tried) == (frozenset(), refused)


def test_classes_of_many_can_be_weighed_as_one_likes() -> None:
    rules = definition({"g": {"a": 100}, "h": {"a": 100}})
    rows: Rows = [*times(9, "a", "1", "AB"), *times(5, "a", "2", "BA")]  # type: ignore[list-item]
    assert told(rules, rows, ("1", "2000")) == (frozenset(), False)
