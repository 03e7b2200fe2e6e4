"""Over 20,000 fixed seeds everybody has the chance that was promised, alone and together with others.

Seeds are fixed, so the tests are deterministic; a level of 0.001 is what a fair draw misses once in a thousand seed
lists, and these are not among them.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations

import pytest
from scipy.stats import chi2

from evaluators.draw import Candidates, Plan, Pool, draw
from evaluators.draw.chances import chances

from .reference import HASH, plan_of

SEEDS = 20_000
LEVEL = 0.001

# Stratum a: 4 of 12 over cells of 6, 4, 2 -> 2, 4/3, 2/3 -> remainders 0, 1/3, 2/3 -> seats 2, 1, 1.
CELLS = ["x"] * 6 + ["y"] * 4 + ["z"] * 2
IDS_A = [f"a{n:03d}" for n in range(12)]
# Stratum b: 5 of 12, no cell, no unit.
IDS_B = [f"b{n:03d}" for n in range(12)]
# Stratum c: caps. Four cells of five; the first three of each share unit U, so 6 of 20 with at most 2 of U.
CELLS_C = [cell for cell in "wxyz" for _ in range(5)]
UNITS_C = ["U", "U", "U", "", ""] * 4
IDS_C = [f"c{n:03d}" for n in range(20)]

CANDIDATES = Candidates(
    HASH,
    {
        "a": Pool(IDS_A, CELLS, [""] * 12),
        "b": Pool(IDS_B, [""] * 12, [""] * 12),
        "c": Pool(IDS_C, CELLS_C, UNITS_C),
    },
)
PLAN = Plan(
    "numbers from 0",
    (plan_of(code="a", quota=4), plan_of(code="b", quota=5), plan_of(code="c", quota=6, max_per_unit=2)),
)


@pytest.fixture(scope="module")
def draws() -> Counter[tuple[str, tuple[str, ...]]]:
    """How often each stratum came out as each set of main places (sorted ids)."""
    found: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for number in range(SEEDS):
        by_stratum: dict[str, list[str]] = {"a": [], "b": [], "c": []}
        for place in draw(CANDIDATES, PLAN, str(number)).places:
            by_stratum[place.stratum].append(place.id)
        found.update((code, tuple(sorted(ids))) for code, ids in by_stratum.items())
    return found


def inclusions(draws: Counter[tuple[str, tuple[str, ...]]], code: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for (stratum, ids), times in draws.items():
        if stratum == code:
            for candidate in ids:
                counts[candidate] += times
    return counts


def p_of_inclusion(counts: list[int], chance: Fraction) -> float:
    """Chi-square of the inclusions of one cell, from which a fixed number is taken each time.

    With k = chance·s of s taken, counts have variance T·p(1-p) and covariance -T·p(1-p)/(s-1), so that
    (s-1)/s · Σ (O - T·p)² / (T·p(1-p)) is chi-square with s-1 degrees of freedom.
    """
    size, p = len(counts), float(chance)
    statistic = sum((n - SEEDS * p) ** 2 for n in counts) / (SEEDS * p * (1 - p)) * (size - 1) / size
    return float(chi2.sf(statistic, size - 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "cell", "ids", "chance"),
    [
        ("a", "x", IDS_A[:6], Fraction(2, 6)),
        ("a", "y", IDS_A[6:10], Fraction(1, 4)),
        ("a", "z", IDS_A[10:], Fraction(1, 2)),
        ("b", "", IDS_B, Fraction(5, 12)),
    ],
)
def test_inclusion_fits_the_promised_chance(draws, code: str, cell: str, ids: list[str], chance: Fraction) -> None:
    promised = {(row.stratum, row.cell): row.chance for row in chances(CANDIDATES, PLAN)}
    assert promised[code, cell] == chance
    counts = inclusions(draws, code)
    assert sum(counts[i] for i in ids) == SEEDS * chance * len(ids)
    assert p_of_inclusion([counts[i] for i in ids], chance) > LEVEL


@pytest.mark.slow
def test_every_set_of_a_stratum_is_as_likely_as_every_other(draws) -> None:
    # b: 5 of 12 without cells: 792 sets, and with them every joint inclusion.
    counts = [draws["b", ids] for ids in combinations(IDS_B, 5)]
    assert sum(counts) == SEEDS
    expected = SEEDS / 792
    assert chi2.sf(sum((n - expected) ** 2 / expected for n in counts), 791) > LEVEL


@pytest.mark.slow
def test_joint_inclusion_in_one_cell_is_that_of_a_simple_random_sample(draws) -> None:
    # a, cell x: 2 of 6: 15 pairs. Cells are independent of one another: 15 · 4 · 2 = 120 sets of the whole stratum.
    pairs: Counter[tuple[str, ...]] = Counter()
    for (code, ids), times in draws.items():
        if code == "a":
            pairs[tuple(i for i in ids if i in IDS_A[:6])] += times
    assert set(pairs) == set(combinations(IDS_A[:6], 2))
    expected = SEEDS / 15
    assert chi2.sf(sum((n - expected) ** 2 / expected for n in pairs.values()), 14) > LEVEL

    sets = [times for (code, _), times in draws.items() if code == "a"]
    expected = SEEDS / 120
    assert len(sets) == 120
    assert chi2.sf(sum((n - expected) ** 2 / expected for n in sets), 119) > LEVEL


@pytest.mark.slow
def test_a_shared_unit_is_treated_alike_in_every_cell(draws) -> None:
    # c: seats 2, 2, 1, 1 by the tie of labels (6/4 each). Cells of equal seats must be alike; in a draw cell by cell
    # the first would use up the cap of U and the last would get nothing of it.
    counts = inclusions(draws, "c")
    of_unit = [sum(counts[i] for i in IDS_C[start : start + 3]) for start in (0, 5, 10, 15)]
    for one, other in (of_unit[:2], of_unit[2:]):
        # Means of T draws of at most 2 each; the difference has a variance of at most T · (mean of squares) <= 4·T.
        assert abs(one - other) < 3.3 * (4 * SEEDS) ** 0.5
    for start in (0, 5, 10, 15):
        within = [counts[i] for i in IDS_C[start : start + 3]]
        # Three alike members: differences against their own mean, variance at most T·p(1-p).
        p = sum(within) / 3 / SEEDS
        statistic = sum((n - SEEDS * p) ** 2 for n in within) / (SEEDS * p * (1 - p))
        assert chi2.sf(statistic, 2) > LEVEL
    assert all(sum(1 for i in ids if UNITS_C[IDS_C.index(i)]) <= 2 for code, ids in draws if code == "c")
    assert all(len(ids) == 6 for code, ids in draws if code == "c")
