"""What else changed between two years: each kind by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scoring.core.shifts import Judged, Shift, shifts
from tests.scoring_core.builders import definition

BEFORE = definition({"g": {"s": "40", "t": "60", "u": "0"}, "h": {"s": "100"}})


def before(group: str = "g", omitted: tuple[str, ...] = ()) -> Judged:
    return Judged(BEFORE, group, omitted)


def test_the_same_rules_have_no_shift() -> None:
    assert shifts(before(omitted=("s",)), before(omitted=("s",))) == ()


def weighs(stratum: str, then: int, now: int) -> Shift:
    return Shift("weight", stratum, Decimal(then), Decimal(now))


def added(stratum: str, now: int) -> Shift:
    return Shift("added", stratum, None, Decimal(now))


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ({"s": "45", "t": "55"}, [weighs("s", 40, 45), weighs("t", 60, 55)]),
        ({"s": "40", "t": "50", "v": "10"}, [weighs("t", 60, 50), added("v", 10)]),
        # A stratum of weight 0 does not judge: having it or not is no change, giving it a weight is.
        ({"s": "40", "t": "60"}, []),
        ({"s": "40", "t": "50", "u": "10"}, [weighs("t", 60, 50), added("u", 10)]),
        ({"t": "100"}, [weighs("t", 60, 100), Shift("dropped", "s", Decimal(40), None)]),
    ],
)  # fmt: skip
def test_strata_and_weights(now: dict[str, str], found: list[Shift]) -> None:
    assert list(shifts(before(), Judged(definition({"g": now}), "g", ()))) == found


def test_the_weights_are_those_of_its_group_in_each_year() -> None:
    assert list(shifts(before("h"), before("g"))) == [
        Shift("group", "", "h", "g"),
        weighs("s", 100, 40),
        added("t", 60),
    ]


def test_omitted_strata_then_and_now() -> None:
    assert list(shifts(before(omitted=("s",)), before(omitted=("t",)))) == [Shift("back", "s"), Shift("omitted", "t")]


def test_a_new_stratum_that_fails_to_report_is_new_and_nothing_more() -> None:
    now = Judged(definition({"g": {"s": "40", "t": "50", "v": "10"}}), "g", ("v",))
    assert [shift.kind for shift in shifts(before(), now)] == ["weight", "added"]
