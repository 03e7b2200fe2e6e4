"""Which ranks cannot be told apart: orders written by hand."""

from __future__ import annotations

import pytest

from scoring.core.bootstrap import GroupOrder
from scoring.core.certainty import blurred, order_of_json, orders_json, unsure_last

SURE, EDGE, OPEN = 0.99, 0.95, 0.8


def order(*rows: tuple[float, ...]) -> GroupOrder:
    """Departments A, B, C, …; row i holds the chances that the i-th comes before those below it."""
    return GroupOrder("g", tuple("ABCDEFG"[: len(rows) + 1]), (*rows, ()))


@pytest.mark.parametrize(
    ("rows", "stretches"),
    [
        # A | B C | D: only the pair in the middle is open; 95 % exactly is sure.
        (((EDGE, SURE, SURE), (OPEN, SURE), (SURE,)), ["BC"]),
        # All open: one stretch, no shorter one inside it.
        (((OPEN, OPEN, OPEN), (OPEN, OPEN), (OPEN,)), ["ABCD"]),
        # A~B, B~C, but A surely before C: two stretches that overlap, never "A to C cannot be told apart".
        (((OPEN, SURE, SURE), (OPEN, SURE), (SURE,)), ["AB", "BC"]),
        # A surely before B, yet A~C (C varies more): C is in no stretch with A, since B stands between them.
        (((SURE, OPEN), (OPEN,)), ["BC"]),
        (((SURE, SURE), (SURE,)), []),
        ((), []),
    ],
)
def test_stretches_within_which_every_two_are_open(rows: tuple[tuple[float, ...], ...], stretches: list[str]) -> None:
    assert ["".join(codes) for codes in blurred(order(*rows))] == stretches


@pytest.mark.parametrize(
    ("rows", "last", "unsure"),
    [
        (((SURE, SURE), (SURE,)), "C", ""),
        (((SURE, SURE), (EDGE,)), "C", ""),
        (((SURE, SURE), (OPEN,)), "C", "C"),
        # The neighbour is surely before C, somebody further up is not.
        (((SURE, OPEN), (SURE,)), "C", "C"),
        # The last two are helped: whether these two can be told apart is of no matter; A and B decide.
        (((SURE, SURE), (OPEN,)), "BC", ""),
        (((OPEN, SURE), (SURE,)), "BC", "B"),
        (((OPEN,),), "AB", ""),
    ],
)
def test_the_last_are_unsure_if_somebody_else_may_belong_behind_them(
    rows: tuple[tuple[float, ...], ...], last: str, unsure: str
) -> None:
    assert "".join(unsure_last(order(*rows), set(last))) == unsure


def test_orders_survive_as_plain_data_and_no_chance_looks_surer_than_it_is() -> None:
    given = order((0.94999, 0.5), (1.0,))
    assert [order_of_json(data) for data in orders_json([given])] == [order((0.9499, 0.5), (1.0,))]
