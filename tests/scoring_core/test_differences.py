"""Two results side by side, written by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from scoring.core.differences import Difference, Standing, compared


def row(code: str, total: str | None, ranks: tuple[int | None, int | None], **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "group": f"group of {code}",
        "total": total,
        "group_rank": ranks[0],
        "overall_rank": ranks[1],
        **more,
    }


FIRST = [
    row("a", "90.5", (1, 1), baseline="own"),
    row("b", "80", (2, 2)),
    row("c", "70", (3, 3)),
    row("gone", "1", (4, 4)),
]
SECOND = [
    row("c", "70", (3, 3)),
    row("new", None, (None, None)),
    row("b", "91.25", (1, 1)),
    row("a", "90", (2, 2), baseline="none"),
]
FIGURES = ("total", "group_rank", "baseline")


def test_every_department_of_either_stands_in_it_those_of_the_first_in_their_order() -> None:
    assert compared(FIRST, SECOND, FIGURES).standings == (
        Standing("a", "group of a", (Decimal("90.5"), Decimal(90)), (1, 2), (1, 2)),
        Standing("b", "group of b", (Decimal(80), Decimal("91.25")), (2, 1), (2, 1)),
        Standing("c", "group of c", (Decimal(70), Decimal(70)), (3, 3), (3, 3)),
        Standing("gone", "group of gone", (Decimal(1), None), (4, None), (4, None)),
        Standing("new", "group of new", (None, None), (None, None), (None, None)),
    )


def test_each_figure_that_differs_is_named_with_its_change_where_it_is_a_number() -> None:
    assert compared(FIRST, SECOND, FIGURES).differences == (
        Difference("a", "total", "90.5", "90", Decimal("-0.5")),
        Difference("a", "group_rank", 1, 2),
        Difference("a", "baseline", "own", "none"),
        Difference("b", "total", "80", "91.25", Decimal("11.25")),
        Difference("b", "group_rank", 2, 1),
        Difference("gone", "total", "1", None),
        Difference("gone", "group_rank", 4, None),
    )


def test_who_gains_who_loses_and_how_alike_the_orders_are() -> None:
    found = compared(FIRST, SECOND, FIGURES)
    assert (found.gained, found.lost) == (1, 1)
    assert [standing.moved for standing in found.standings] == [-1, 1, 0, None, None]
    assert [standing.change for standing in found.standings] == [Decimal("-0.5"), Decimal("11.25"), 0, None, None]
    # a, b, c are in both: one of three pairs is turned round, (2 − 1)/3.
    assert found.correlation == 1 / 3


def test_outcomes_that_differ_absent_and_false_being_the_same() -> None:
    one = [
        row("a", "1", (1, 1), outcomes={"key_help": ["veto"], "advanced": False}),
        row("b", "1", (1, 1), outcomes=None),
    ]
    two = [
        row("a", "1", (1, 1), outcomes={"key_help": [], "advanced": True}),
        row("b", "1", (1, 1), outcomes={"advanced": False}),
    ]
    assert compared(one, two).outcomes == (
        Difference("a", "key_help", ["veto"], []),
        Difference("a", "advanced", False, True),
    )


def test_a_result_beside_itself_shows_nothing() -> None:
    found = compared(FIRST, FIRST)
    assert (found.differences, found.outcomes, found.gained, found.lost, found.correlation) == ((), (), 0, 0, 1.0)
