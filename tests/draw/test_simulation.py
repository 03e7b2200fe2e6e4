"""Trial draws."""

from __future__ import annotations

import pytest

from evaluators.draw import BadInput, Candidates, Plan, Pool
from evaluators.draw.simulation import EVERY_STRATUM, Representation, simulate

from .reference import HASH, candidates_of, one_stratum, plan_of

PEOPLE = [(f"E{n:03d}", "a" if n < 40 else "b", f"U{n % 5}") for n in range(60)]
CANDIDATES = candidates_of(PEOPLE)


def row(rows: list[Representation], label: str, stratum: str = "res", dimension: str = "cell") -> Representation:
    return next(r for r in rows if (r.label, r.stratum, r.dimension) == (label, stratum, dimension))


def test_cells_without_caps_always_get_their_seats() -> None:
    # 6 of 60 over 40 and 20: 4 and 2, whoever it is.
    rows = simulate(CANDIDATES, one_stratum(quota=6), 50, "x")
    assert row(rows, "a") == Representation("res", "cell", "a", 40, 4.0, 4, 4, 4, 4, 0)
    assert row(rows, "b") == Representation("res", "cell", "b", 20, 2.0, 2, 2, 2, 2, 0)


def test_another_dimension_varies_around_its_share() -> None:
    industry = ["x" if n % 4 == 0 else "y" for n in range(60)]  # 15 and 45
    rows = simulate(CANDIDATES, one_stratum(quota=12), 400, "x", dimensions={"industry": {"res": industry}})
    x, y = row(rows, "x", dimension="industry"), row(rows, "y", dimension="industry")
    # 12 of 60: 3 of x on average, hypergeometric variance 12·(1/4)(3/4)·48/59 = 1.83; 400 trials: se of the mean 0.068.
    assert abs(x.mean - 3) < 4 * 0.068
    assert x.mean + y.mean == pytest.approx(12)
    assert x.minimum <= x.low < 3 < x.high <= x.maximum
    assert (x.size, y.size) == (15, 45)
    # Nobody of x: C(45,12)/C(60,12) = 0.0206 of the trials, 8 of 400 give or take 3 · 2.8.
    assert 0 <= x.never <= 17
    assert y.never == 0


def test_caps_count_in_a_trial_as_in_the_draw() -> None:
    rows = simulate(
        CANDIDATES,
        one_stratum(quota=20, max_per_unit=2),
        20,
        "x",
        dimensions={"unit": {"res": [unit for _, _, unit in PEOPLE]}},
    )
    # Five units, two each: ten places, however the keys fall.
    assert all((r.minimum, r.maximum) == (2, 2) for r in rows if r.stratum == "res")


def test_all_strata_together_are_counted_too() -> None:
    pools = {code: Pool([f"{code}{n:03d}" for n in range(10)], ["x"] * 5 + ["y"] * 5, [""] * 10) for code in "ab"}
    plan = Plan("dice", (plan_of(code="a", quota=4), plan_of(code="b", mode="all"), plan_of(code="none", quota=3)))
    rows = simulate(Candidates(HASH, pools), plan, 5, "x")
    # a: 2 and 2, b: 5 and 5, none: nobody there.
    assert row(rows, "x", EVERY_STRATUM) == Representation("", "cell", "x", 10, 7.0, 7, 7, 7, 7, 0)
    assert [(r.stratum, r.label) for r in rows] == [
        ("", "x"),
        ("", "y"),
        ("a", "x"),
        ("a", "y"),
        ("b", "x"),
        ("b", "y"),
    ]


def test_the_same_prefix_gives_the_same_trials_and_another_gives_others() -> None:
    names = {"name": {"res": [i for i, _, _ in PEOPLE]}}
    plan = one_stratum(quota=6)
    one = simulate(CANDIDATES, plan, 20, "x", dimensions=names)
    assert one == simulate(CANDIDATES, plan, 20, "x", dimensions=names)
    assert one != simulate(CANDIDATES, plan, 20, "y", dimensions=names)


def test_somebody_never_drawn_is_counted_as_never() -> None:
    rows = simulate(CANDIDATES, one_stratum(quota=0), 7, "x")
    assert row(rows, "a") == Representation("res", "cell", "a", 40, 0.0, 0, 0, 0, 0, 7)


def test_progress_and_refusals() -> None:
    seen: list[tuple[int, int]] = []
    simulate(CANDIDATES, one_stratum(), 3, "x", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(ValueError, match="at least one trial"):
        simulate(CANDIDATES, one_stratum(), 0, "x")
    with pytest.raises(ValueError, match="do not fit"):
        simulate(CANDIDATES, one_stratum(), 1, "x", dimensions={"industry": {"res": ["x"]}})
    with pytest.raises(BadInput):
        simulate(candidates_of(PEOPLE, code="other"), one_stratum(), 1, "x")
