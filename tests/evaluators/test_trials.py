"""Trial draws: the same rules as the draw, never its seed."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from evaluators.draw import BadInput, Candidates, Plan, Pool, StratumPlan, check_public_seed
from evaluators.draw.allocation import allocate
from evaluators.draw.selection import Keys, select
from evaluators.trials import EVERY_STRATUM, Representation, generator, simulate
from tests.draw.reference import HASH, plan_of

Person = tuple[str, str, str]  # cell, unit, label


def stratum_of(people: Sequence[Person], code: str = "res") -> tuple[Candidates, dict[str, dict[str, list[str]]]]:
    ids = [f"E{number:03d}" for number in range(len(people))]
    pool = Pool(ids, [cell for cell, _, _ in people], [unit for _, unit, _ in people])
    return Candidates(HASH, {code: pool}), {"x": {code: [label for _, _, label in people]}}


def run(people: Sequence[Person], trials: int, **plan: object) -> dict[str, Representation]:
    candidates, labels = stratum_of(people)
    rows = simulate(candidates, Plan("dice", (plan_of(code="res", **plan),)), trials, "trial/2008/1", labels)
    return {row.label: row for row in rows if row.stratum == "res"}


class Order(Keys[float]):
    """Keys that put the candidates in a given order."""

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__(len(order))
        self._key = {position: float(rank) for rank, position in enumerate(order)}

    def bound(self, share: float) -> float:
        return share * self.size

    def below(self, bound: float | None) -> list[tuple[float, int]]:
        return [(key, i) for i, key in self._key.items() if bound is None or key < bound]

    def of(self, positions: Iterable[int]) -> list[tuple[float, int]]:
        return [(self._key[i], i) for i in positions]


def exact_mean(people: Sequence[Person], stratum: StratumPlan) -> dict[str, float]:
    """The mean number drawn by label over every order there is, each gone through by the draw itself."""
    cells, units, labels = ([person[at] for person in people] for at in range(3))
    seats = allocate(Counter(cells), stratum.quota, stratum.min_per_cell)
    total: Counter[str] = Counter()
    orders = list(itertools.permutations(range(len(people))))
    for order in orders:
        total.update(labels[i] for i in select(Order(order), cells, units, stratum, seats).main)
    return {label: total[label] / len(orders) for label in set(labels)}


CAPPED: list[Person] = [
    ("a", "U1", "x"), ("a", "U1", "y"), ("a", "U2", "x"), ("b", "U1", "y"), ("b", "U1", "x"), ("b", "", "z"),
    ("b", "U2", "y"),
]  # fmt: skip


@pytest.mark.parametrize("cap", [1, 2, None])
def test_trials_are_the_draw_over_all_orders(cap: int | None) -> None:
    # Seven people have 5,040 orders: their mean is exact. 20,000 trials; a label's number lies within 0 to 4, so its
    # standard deviation is at most 2, of the mean 0.0142; four of these.
    stratum = plan_of(code="res", quota=4, reserve=0, max_per_unit=cap)
    exact = exact_mean(CAPPED, stratum)
    found = run(CAPPED, 20_000, quota=4, max_per_unit=cap)
    assert {label: row.mean for label, row in found.items()} == pytest.approx(exact, abs=4 * 0.0142)
    # Fine enough to tell the caps apart.
    if cap == 1:
        assert (
            abs(exact["z"] - exact_mean(CAPPED, plan_of(code="res", quota=4, reserve=0, max_per_unit=None))["z"]) > 0.1
        )


def test_a_head_that_does_not_do_goes_on_beyond_it() -> None:
    # 2 of 800 in cell b, which has a seat of its own: among the first 72 of a trial there is mostly none of them.
    people = [("a", f"U{number % 40}", "x") for number in range(798)] + [("b", "V0", "z"), ("b", "V1", "z")]
    found = run(people, 50, quota=4, max_per_unit=1, min_per_cell=1)
    assert found["z"].never == 0
    assert (found["z"].mean, found["x"].mean) == (1, 3)


def test_cells_without_caps_always_get_their_seats() -> None:
    # 6 of 60 over 40 and 20: 4 and 2, whoever it is.
    people = [("a", "U", "a")] * 40 + [("b", "U", "b")] * 20
    found = run(people, 50, quota=6)
    assert found["a"] == Representation("res", "x", "a", 40, 4.0, 4, 4, 0)
    assert found["b"] == Representation("res", "x", "b", 20, 2.0, 2, 2, 0)


def test_another_dimension_varies_around_its_share() -> None:
    # 15 of x and 45 of y in one cell, 12 drawn: hypergeometric. Mean 3, variance 12 · 1/4 · 3/4 · 48/59 = 1.83; with
    # 4,000 trials the mean's standard error is 0.0214. P(0) = C(45,12)/C(60,12) = 0.0205: 82 of 4,000, sd 9.
    # P(X ≤ 0) = 0.021 < 5 % ≤ P(X ≤ 1) = 0.123; P(X ≤ 4) = 0.867, P(X ≤ 5) = 0.962 ≥ 95 %.
    people = [("", "", "x" if number < 15 else "y") for number in range(60)]
    found = run(people, 4_000, quota=12)
    assert found["x"].mean == pytest.approx(3, abs=4 * 0.0214)
    assert (found["x"].low, found["x"].high) == (1, 5)
    assert (found["y"].low, found["y"].high) == (7, 11)
    assert found["x"].never == pytest.approx(82, abs=4 * 9)
    assert found["x"].mean + found["y"].mean == pytest.approx(12)


def test_all_strata_together_are_counted_too() -> None:
    pools = {code: Pool([f"{code}{n:03d}" for n in range(10)], ["x"] * 5 + ["y"] * 5, [""] * 10) for code in "ab"}
    labels = {"cell": {code: pool.cells for code, pool in pools.items()}}
    plan = Plan("dice", (plan_of(code="a", quota=4), plan_of(code="b", mode="all"), plan_of(code="none", quota=3)))
    rows = simulate(Candidates(HASH, pools), plan, 5, "trial/2008/1", labels)
    # a: 2 and 2, b: 5 and 5, none: nobody there.
    assert rows[0] == Representation(EVERY_STRATUM, "cell", "x", 10, 7.0, 7, 7, 0)
    assert [(row.stratum, row.label) for row in rows] == [
        ("", "x"), ("", "y"), ("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"),
    ]  # fmt: skip


def test_the_same_label_gives_the_same_trials_and_another_gives_others() -> None:
    first = generator("trial/2008/1", "res").random(4)
    assert np.array_equal(first, generator("trial/2008/1", "res").random(4))
    assert not np.array_equal(first, generator("trial/2008/2", "res").random(4))
    assert not np.array_equal(first, generator("trial/2008/1", "npc").random(4))


def test_the_label_of_a_trial_is_refused_as_a_public_seed() -> None:
    with pytest.raises(BadInput):
        check_public_seed("trial/2008/1")


def test_progress_rises_to_the_number_of_trials_and_what_it_raises_ends_it() -> None:
    candidates, labels = stratum_of(CAPPED)
    plan = Plan("dice", (plan_of(code="res", quota=4, max_per_unit=1),))
    seen: list[int] = []
    simulate(candidates, plan, 5, "trial/1", labels, lambda done, total: seen.append(done))
    assert seen == [1, 2, 3, 4, 5, 5]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(candidates, plan, 5, "trial/1", labels, stop)


def test_what_does_not_fit_is_refused() -> None:
    candidates, labels = stratum_of(CAPPED)
    plan = Plan("dice", (plan_of(code="res", quota=4),))
    with pytest.raises(ValueError, match="at least one trial"):
        simulate(candidates, plan, 0, "trial/1", labels)
    with pytest.raises(ValueError, match="do not fit"):
        simulate(candidates, plan, 1, "trial/1", {"x": {"res": ["x"]}})
