"""The chance of each candidate to be drawn, exactly, and whether it is fair enough to freeze.

The chance of a cell is its seats over its size: what the plan promises before caps on units come into play and before
seats that a cell could not fill go to others.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

from .allocation import allocate
from .api import NOBODY, check_strata
from .plan import Plan, StratumPlan
from .snapshot import Candidates

TOO_HIGH = 2

Flag = Literal["", "zero", "high"]


class CellChance(NamedTuple):
    """One cell of one stratum.

    Attributes:
        stratum, cell: labels.
        size: candidates in the cell.
        seats: seats allocated to it.
        chance: seats / size.
        stratum_chance: seats of the whole stratum / its size.
        flag: ``zero`` where nobody of the cell can be drawn, ``high`` where its chance is more than twice the
            stratum's, else "".
    """

    stratum: str
    cell: str
    size: int
    seats: int
    chance: Fraction
    stratum_chance: Fraction
    flag: Flag


def stratum_chances(stratum: StratumPlan, sizes: Mapping[str, int]) -> list[CellChance]:
    """Chances of the cells of one stratum, by cell label in UTF-8 byte order.

    Args:
        stratum: its plan.
        sizes: candidates by cell label, each at least 1. No cells, no chances.
    """
    total = sum(sizes.values())
    seats = dict(sizes) if stratum.takes_everyone(total) else allocate(sizes, stratum.quota, stratum.min_per_cell)
    overall = Fraction(sum(seats.values()), total) if total else Fraction(0)
    rows = []
    for cell in sorted(sizes, key=str.encode):
        chance = Fraction(seats[cell], sizes[cell])
        rows.append(CellChance(stratum.code, cell, sizes[cell], seats[cell], chance, overall, _flag(chance, overall)))
    return rows


def chances(candidates: Candidates, plan: Plan) -> list[CellChance]:
    """Chances of every cell, strata in the order of the plan.

    Raises:
        BadInput: a stratum that is not in the plan.
    """
    check_strata(candidates, plan)
    return [
        row
        for stratum in plan.strata
        for row in stratum_chances(stratum, Counter(candidates.pools.get(stratum.code, NOBODY).cells))
    ]


def unfair(rows: list[CellChance]) -> list[CellChance]:
    """The cells that stand in the way of freezing until they are merged or a person states why."""
    return [row for row in rows if row.flag]


def capacity(unit_sizes: Mapping[str, int], max_per_unit: int | None) -> int:
    """How many can be drawn at most from a stratum with a cap; the unit "" is never capped.

    A random quota above this ends in a shortfall, however the keys fall (a quota of at least the stratum lifts
    the cap).
    """
    if max_per_unit is None:
        return sum(unit_sizes.values())
    return sum(min(size, max_per_unit) if unit else size for unit, size in unit_sizes.items())


def margin_of_error(sample: int, population: int, proportion: float = 0.5, z: float = 1.96) -> float | None:
    """Half the width of the interval of a share, for simple random sampling without replacement.

    z · sqrt( p (1 - p) / n · (N - n) / (N - 1) ), where the last factor is the finite-population correction for a known
    p (Cochran, Sampling Techniques, 3rd ed., eq. 3.8).

    Args:
        sample: n, persons who answer.
        population: N, persons in the stratum.
        proportion: p as a fraction; 0.5 is the least favourable.
        z: 1.96 for 95 per cent.

    Returns:
        A fraction; 0 where everybody is asked, None where nobody is.

    Raises:
        ValueError: n above N, a negative n, or p outside 0 to 1.

    >>> round(margin_of_error(100, 1000), 4)
    0.093
    """
    if not 0 <= sample <= population or not 0 <= proportion <= 1:
        raise ValueError("needs 0 <= sample <= population and 0 <= proportion <= 1")
    if sample == 0:
        return None
    if sample == population:
        return 0.0
    correction = (population - sample) / (population - 1)
    return z * math.sqrt(proportion * (1 - proportion) / sample * correction)


def _flag(chance: Fraction, overall: Fraction) -> Flag:
    if chance == 0:
        return "zero"
    return "high" if chance > TOO_HIGH * overall else ""
