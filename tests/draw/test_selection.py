"""One pass in key order, caps, a second pass, reserves; and who stands in."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.draw import BadInput, Candidates, Place, Plan, Pool, StratumPlan, draw, stand_in

from .reference import HASH, Person, candidates_of, drawn, key, one_stratum, plan_of, seed_of

SEED = "12 34 56"


def chosen(people: list[Person], plan: Plan) -> tuple[list[str], list[str]]:
    places = draw(candidates_of(people), plan, SEED).places
    return [p.id for p in places if p.role == "main"], [p.id for p in places if p.role == "reserve"]


def in_key_order(ids: list[str], plan: Plan) -> list[str]:
    """The ids in the order in which this plan and SEED take them."""
    seed = seed_of(HASH, plan, SEED)
    return sorted(ids, key=lambda candidate: key(seed, candidate))


IDS = [f"E{number:03d}" for number in range(8)]


def test_without_cells_and_caps_the_first_in_key_order_are_taken() -> None:
    plan = one_stratum(quota=3, reserve=2)
    order = in_key_order(IDS, plan)
    assert chosen([(i, "", "") for i in IDS], plan) == (order[:3], order[3:5])


def test_a_cell_without_seats_left_is_passed_over() -> None:
    plan = one_stratum(quota=4, reserve=8)
    order = in_key_order(IDS, plan)
    # Two cells of four get two seats each; the first four in key order are all of "a".
    people = [(i, "a" if n < 4 else "b", "") for n, i in enumerate(order)]
    assert chosen(people, plan) == ([order[0], order[1], order[4], order[5]], [order[2], order[3], order[6], order[7]])


def test_a_full_unit_is_passed_over_and_the_empty_unit_is_never_full() -> None:
    plan = one_stratum(quota=3, reserve=1, max_per_unit=1)
    order = in_key_order(IDS, plan)
    # Units in key order: U, U, none, none, …: the second of U is passed over, and is the first reserve: no cap there.
    people = [(i, "", "U" if n < 2 else "") for n, i in enumerate(order)]
    assert chosen(people, plan) == ([order[0], order[2], order[3]], [order[1]])


def test_the_cap_counts_across_the_cells_of_a_stratum() -> None:
    plan = one_stratum(quota=2, max_per_unit=1, min_per_cell=1)
    order = in_key_order(IDS, plan)
    # "a" and "b" get one seat each. The first two are U's, one in each cell; the second must give way to V.
    units = ["U", "U", "V", "V", "V", "V", "V", "V"]
    cells = ["a", "b", "a", "b", "a", "b", "a", "b"]
    people = [(i, cells[n], units[n]) for n, i in enumerate(order)]
    assert chosen(people, plan)[0] == [order[0], order[3]]


def test_seats_that_a_cell_cannot_fill_go_to_others_in_key_order_and_still_keep_the_cap() -> None:
    plan = one_stratum(quota=4, max_per_unit=1)
    order = in_key_order(IDS, plan)
    # Two seats each. All of "b" (the last four) are U's, so one seat of "b" is left over: it goes to the third of
    # "a", unless his unit is full: it is W's, of whom the first is in already; so the fourth of "a" gets it.
    people = [(i, "a", "W" if n in (0, 2) else "") for n, i in enumerate(order[:4])]
    people += [(i, "b", "U") for i in order[4:]]
    assert chosen(people, plan)[0] == [order[0], order[1], order[3], order[4]]


def test_what_the_caps_do_not_allow_is_a_shortfall() -> None:
    plan = one_stratum(quota=5, reserve=9, max_per_unit=1)
    result = draw(candidates_of([(i, "", "U" if n % 2 else "V") for n, i in enumerate(IDS)]), plan, SEED)
    # Two units, one each; the other six are all reserves.
    assert result.summaries["res"]._asdict() == {"quota": 5, "chosen": 2, "reserve": 6, "shortfall": 3}


@pytest.mark.parametrize(("quota", "shortfall"), [(8, 0), (11, 3)])
def test_a_quota_of_at_least_the_stratum_takes_everyone_without_cap(quota: int, shortfall: int) -> None:
    plan = one_stratum(quota=quota, reserve=4, max_per_unit=1)
    result = draw(candidates_of([(i, "a", "U") for i in IDS]), plan, SEED)
    assert [p.id for p in result.places] == in_key_order(IDS, plan)
    assert result.summaries["res"]._asdict() == {"quota": quota, "chosen": 8, "reserve": 0, "shortfall": shortfall}


def test_all_takes_everyone_and_its_quota_is_the_stratum() -> None:
    plan = one_stratum(mode="all", quota=2, reserve=4, max_per_unit=1)
    result = draw(candidates_of([(i, "a", "U") for i in IDS]), plan, SEED)
    assert [(p.id, p.role, p.order) for p in result.places] == [
        (i, "main", n + 1) for n, i in enumerate(in_key_order(IDS, plan))
    ]
    assert result.summaries["res"]._asdict() == {"quota": 8, "chosen": 8, "reserve": 0, "shortfall": 0}


@pytest.mark.parametrize(("mode", "quota"), [("all", 0), ("random", 2)])
def test_a_stratum_without_candidates_is_reported_too(mode: str, quota: int) -> None:
    plan = one_stratum(mode=mode, quota=2, reserve=1)
    result = draw(Candidates(HASH, {}), plan, SEED)
    assert result.places == ()
    assert result.summaries["res"]._asdict() == {"quota": quota, "chosen": 0, "reserve": 0, "shortfall": quota}


def test_a_quota_of_nobody_still_has_reserves() -> None:
    plan = one_stratum(quota=0, reserve=2, min_per_cell=1)
    assert chosen([(i, "", "") for i in IDS], plan) == ([], in_key_order(IDS, plan)[:2])


def test_strata_come_in_the_order_of_the_plan_and_do_not_touch_one_another() -> None:
    pools = {code: Pool([f"{code}{n:03d}" for n in range(9)], ["c"] * 9, ["U"] * 9) for code in ("a", "b")}
    plan = Plan("dice", (plan_of(code="b", quota=2, max_per_unit=2), plan_of(code="a", quota=2, max_per_unit=2)))
    result = draw(Candidates(HASH, pools), plan, SEED)
    # Both strata fill up although they share unit U: the cap is the stratum's own.
    assert [(p.stratum, p.role, p.order) for p in result.places] == [
        ("b", "main", 1), ("b", "main", 2), ("a", "main", 1), ("a", "main", 2),
    ]  # fmt: skip


def test_a_stratum_that_the_plan_does_not_know_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        draw(candidates_of([("E001", "", "")], code="other"), one_stratum(), SEED)
    assert (refused.value.code, refused.value.column) == ("unknown_stratum", "stratum")


def test_progress_counts_to_the_total_and_may_end_the_draw() -> None:
    people = [(f"E{number:06d}", "", "") for number in range(70_000)]
    seen: list[tuple[int, int]] = []
    draw(candidates_of(people), one_stratum(), SEED, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (70_000, 70_000)
    assert len(seen) > 1
    assert seen == sorted(seen)

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        draw(candidates_of(people), one_stratum(), SEED, progress=stop)


plans = st.builds(
    plan_of,
    mode=st.sampled_from(["random", "random", "random", "all"]),
    quota=st.integers(0, 60),
    reserve=st.integers(0, 40),
    max_per_unit=st.none() | st.integers(1, 4),
    min_per_cell=st.integers(0, 1),
)


def people_of(size: int, cells: int, units: int, seed: int) -> list[Person]:
    """Cells and units of unequal sizes; every fourth without unit."""
    rng = random.Random(seed)
    return [
        (
            f"E{number:05d}",
            f"区{int(cells * rng.random() ** 2)}",
            "" if rng.random() < 0.25 else f"U{int(units * rng.random() ** 2)}",
        )
        for number in range(size)
    ]


@settings(max_examples=300, deadline=None)
@given(plans, st.integers(0, 400), st.integers(1, 12), st.integers(1, 40), st.integers(0, 9999))
def test_the_same_as_told_plainly(stratum: StratumPlan, size: int, cells: int, units: int, number: int) -> None:
    people = people_of(size, cells, units, number)
    plan = Plan("dice", (stratum,))
    result = draw(candidates_of(people), plan, str(number))
    assert [(p.id, p.role, p.order) for p in result.places] == drawn(people, stratum, seed_of(HASH, plan, str(number)))


@pytest.mark.parametrize(
    ("quota", "reserve", "cap", "units"),
    [
        (300, 30, None, 500),
        (300, 30, 1, 500),  # caps bite
        (300, 30, 1, 200),  # caps leave a shortfall: every tail is looked at
        (2, 9_000, None, 500),  # more reserves than the head holds
        (30, 2_500, 1, 10),
    ],
)
@pytest.mark.parametrize("least", [0, 1])
def test_the_short_cuts_of_a_large_stratum_do_not_show(quota: int, reserve: int, cap: int, units: int, least: int):
    people = people_of(12_000, 60, units, 7)
    people = [(i, cell, unit or f"V{n % 20}") for n, (i, cell, unit) in enumerate(people)]
    stratum = plan_of(quota=quota, reserve=reserve, max_per_unit=cap, min_per_cell=least)
    plan = Plan("dice", (stratum,))
    result = draw(candidates_of(people), plan, SEED)
    assert [(p.id, p.role, p.order) for p in result.places] == drawn(people, stratum, seed_of(HASH, plan, SEED))


@settings(max_examples=50)
@given(plans, st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_never_matters(stratum: StratumPlan, size: int, rng: random.Random) -> None:
    people = people_of(size, 4, 9, size)
    plan = Plan("dice", (stratum,))
    shuffled = rng.sample(people, len(people))
    assert draw(candidates_of(people), plan, SEED) == draw(candidates_of(shuffled), plan, SEED)


def place(candidate: str, cell: str, unit: str, role: str, order: int, stratum: str = "res") -> Place:
    return Place(candidate, stratum, cell, unit, role, order)  # type: ignore[arg-type]


PLACES = [
    place("main1", "a", "U", "main", 1),
    place("main2", "a", "V", "main", 2),
    place("main3", "b", "U", "main", 3),
    place("resv1", "b", "W", "reserve", 1),
    place("resv2", "a", "V", "reserve", 2),
    place("resv3", "a", "W", "reserve", 3),
    place("resv4", "a", "", "reserve", 4),
    place("other", "a", "", "reserve", 1, stratum="npc"),
]


@pytest.mark.parametrize(
    ("leaving", "cap", "used", "left", "expected"),
    [
        # Same cell first, although resv1 comes earlier.
        ("main1", None, (), (), "resv2"),
        # resv2 would be the second of V, whose cap is one.
        ("main1", 1, (), (), "resv3"),
        # The seat of the one leaving is free: V then has none.
        ("main2", 1, (), (), "resv2"),
        # An empty unit keeps every cap.
        ("main1", 1, ("resv1", "resv3"), (), "resv4"),
        # Somebody who already left does not count against the cap: main2 (V) was replaced by resv4.
        ("main1", 1, ("resv4",), ("main2",), "resv2"),
        # The cell has no unused reserve: the next of the stratum.
        ("main3", None, ("resv1",), (), "resv2"),
        # … that keeps the cap: resv2 is V's, so is main2; W serves already as resv1.
        ("main3", 1, ("resv1",), (), "resv4"),
        # A stand-in can be replaced as well.
        ("resv2", None, ("resv2",), ("main1",), "resv3"),
        # No reserve left in the stratum; that of another stratum does not count.
        ("main1", None, ("resv1", "resv2", "resv3", "resv4"), (), None),
    ],
)
def test_who_stands_in(leaving: str, cap: int | None, used: tuple, left: tuple, expected: str | None) -> None:
    found = stand_in(PLACES, leaving, max_per_unit=cap, used=used, left=left)
    assert (found.id if found else None) == expected


@pytest.mark.parametrize(("leaving", "left"), [("nobody", ()), ("resv1", ()), ("main1", ("main1",))])
def test_only_somebody_who_holds_a_seat_can_be_replaced(leaving: str, left: tuple) -> None:
    with pytest.raises(ValueError, match="holds no seat"):
        stand_in(PLACES, leaving, max_per_unit=None, left=left)
