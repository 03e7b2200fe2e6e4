"""Seats over cells: largest remainder, its ties, its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.draw.allocation import allocate

from .reference import seats_of

sizes = st.dictionaries(st.text("ab区|", max_size=3), st.integers(1, 40), min_size=1, max_size=9)
minimum = st.sampled_from([0, 1])


@pytest.mark.parametrize(
    ("cells", "quota", "least", "expected"),
    [
        # 10 of 100 in proportion: 5, 3, 2 exactly.
        ({"a": 50, "b": 30, "c": 20}, 10, 0, {"a": 5, "b": 3, "c": 2}),
        # 4·50/100 = 2.0, 4·30/100 = 1.2, 4·20/100 = 0.8: the fourth seat goes to c.
        ({"a": 50, "b": 30, "c": 20}, 4, 0, {"a": 2, "b": 1, "c": 1}),
        # One each, then 7 over 49, 29, 19 of 97: 3.54, 2.09, 1.37 -> 3, 2, 1 and the last to a.
        ({"a": 50, "b": 30, "c": 20}, 10, 1, {"a": 5, "b": 3, "c": 2}),
        # One each, then 1 over 9, 0, 0 of 9.
        ({"a": 10, "b": 1, "c": 1}, 4, 1, {"a": 2, "b": 1, "c": 1}),
        # The quota equals the number of cells: one each and nothing left.
        ({"a": 10, "b": 1, "c": 1}, 3, 1, {"a": 1, "b": 1, "c": 1}),
        # Below the number of cells the minimum does not hold: 2·10/12 = 1.67, 2/12 = 0.17 each.
        ({"a": 10, "b": 1, "c": 1}, 2, 1, {"a": 2, "b": 0, "c": 0}),
        # Equal remainders (1·2/4 = 0.5 each): same size, so the label decides.
        ({"b": 2, "a": 2}, 1, 0, {"b": 0, "a": 1}),
        # 2 of 8 over 6 and 2: 1.5 and 0.5. The remainders are equal; the larger cell comes first.
        ({"a": 2, "b": 6}, 2, 0, {"a": 0, "b": 2}),
        # UTF-8 order of labels: "" < "Z" < "a" < "é" < "区".
        ({"区": 2, "é": 2, "a": 2, "Z": 2, "": 2}, 1, 0, {"区": 0, "é": 0, "a": 0, "Z": 0, "": 1}),
        ({"区": 2, "é": 2}, 1, 0, {"区": 0, "é": 1}),
        # UTF-8 puts U+FFFD before U+1F600, UTF-16 the other way round.
        ({"\U0001f600": 2, "\ufffd": 2}, 1, 0, {"\U0001f600": 0, "\ufffd": 1}),
        # All, and more than all.
        ({"a": 2, "b": 1}, 3, 0, {"a": 2, "b": 1}),
        ({"a": 2, "b": 1}, 9, 1, {"a": 2, "b": 1}),
        ({"a": 2, "b": 1}, 0, 1, {"a": 0, "b": 0}),
        ({}, 5, 1, {}),
    ],
)
def test_worked_examples(cells: dict[str, int], quota: int, least: int, expected: dict[str, int]) -> None:
    assert allocate(cells, quota, least) == expected


@given(sizes, st.integers(0, 400), minimum)
def test_seats_sum_to_the_quota_and_never_exceed_a_cell(cells: dict[str, int], quota: int, least: int) -> None:
    seats = allocate(cells, quota, least)
    assert seats.keys() == cells.keys()
    assert sum(seats.values()) == min(quota, sum(cells.values()))
    assert all(0 <= seats[cell] <= size for cell, size in cells.items())


@given(sizes, st.integers(0, 400))
def test_the_minimum_holds_where_the_quota_allows_it(cells: dict[str, int], quota: int) -> None:
    seats = allocate(cells, quota, 1)
    assert quota < len(cells) or min(seats.values()) >= 1


@given(sizes, st.integers(0, 400), minimum)
def test_a_larger_cell_never_gets_fewer_seats(cells: dict[str, int], quota: int, least: int) -> None:
    seats = allocate(cells, quota, least)
    for smaller in cells:
        for larger in cells:
            assert cells[smaller] >= cells[larger] or seats[smaller] <= seats[larger]


@given(sizes, st.integers(0, 400))
def test_every_cell_gets_its_share_rounded_down_or_up(cells: dict[str, int], quota: int) -> None:
    total = sum(cells.values())
    quota = min(quota, total)
    for cell, seats in allocate(cells, quota).items():
        assert quota * cells[cell] // total <= seats <= -(-quota * cells[cell] // total)


@given(sizes, st.data(), st.integers(0, 400), st.integers(1, 60), minimum)
def test_a_cell_that_grows_alone_never_loses_a_seat(
    cells: dict[str, int], data: st.DataObject, quota: int, more: int, least: int
) -> None:
    # Its share of the quota rises and every other share falls; where another share falls below a whole number, that
    # cell takes part in the remainders with one more to give out, so that nobody is pushed ahead of the grown one.
    grown = data.draw(st.sampled_from(sorted(cells)))
    after = allocate({**cells, grown: cells[grown] + more}, quota, least)
    assert after[grown] >= allocate(cells, quota, least)[grown]


@given(sizes, st.integers(0, 200), st.integers(0, 200), minimum)
def test_a_larger_quota_costs_a_cell_at_most_one_seat(cells: dict[str, int], quota: int, more: int, least: int) -> None:
    # Not even that on either side of the point where the minimum sets in, so both quotas are on the same side.
    if (quota >= len(cells)) != (quota + more >= len(cells)):
        least = 0
    fewer, seats = allocate(cells, quota, least), allocate(cells, quota + more, least)
    assert all(seats[cell] >= fewer[cell] - 1 for cell in cells)


def test_the_method_is_not_monotone_in_the_quota_as_everybody_who_uses_it_should_know() -> None:
    # The Alabama paradox. Shares at 10: 6·10/14 = 4.29, 4.29, 2·10/14 = 1.43 -> the tenth seat to c.
    # At 11: 4.71, 4.71, 1.57 -> the tenth and the eleventh to a and b, and c falls from 2 to 1.
    cells = {"a": 6, "b": 6, "c": 2}
    assert allocate(cells, 10) == {"a": 4, "b": 4, "c": 2}
    assert allocate(cells, 11) == {"a": 5, "b": 5, "c": 1}


@given(sizes, st.integers(0, 400), minimum)
def test_the_same_as_told_plainly(cells: dict[str, int], quota: int, least: int) -> None:
    quota = min(quota, sum(cells.values()) - 1)
    assert allocate(cells, quota, least) == seats_of(cells, quota, least)


@pytest.mark.parametrize(("cells", "quota", "least"), [({"a": 0}, 1, 0), ({"a": 1}, -1, 0), ({"a": 1}, 1, 2)])
def test_impossible_arguments_are_refused(cells: dict[str, int], quota: int, least: int) -> None:
    with pytest.raises(ValueError, match="sizes must be"):
        allocate(cells, quota, least)
