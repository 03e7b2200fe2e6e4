"""Sharing seats out over strata: four customary ways, within what each stratum can and must give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

METHODS = ("proportional", "square_root", "neyman", "equal")


class Bounds(NamedTuple):
    """The fewest and the most seats a stratum can get."""

    least: int
    most: int


class Suggestion(NamedTuple):
    """``quotas`` by stratum; ``left``: seats that found no place (below 0: so many more had to be given)."""

    quotas: dict[str, int]
    left: int


class Influence(NamedTuple):
    """What Neyman's rule looks at: the size N, and Σ_d W_sd² · S²_sd · deff over the departments."""

    size: int
    squares: float


def measures(method: str, strata: Mapping[str, Influence]) -> dict[str, Fraction]:
    """What the seats are to be proportional to, by stratum.

    ``equal``: 1. ``proportional``: N. ``square_root``: √N. ``neyman``: √(Σ_d W_sd² S²_sd deff_s), which for a given
    total makes the sum of the variances of all departments' rates least (Neyman 1934, with the weights of this
    evaluation in place of the shares of the population; Cochran, Sampling Techniques, 3rd ed., 5.5).

    Raises:
        ValueError: an unknown method.
    """
    if method == "equal":
        return dict.fromkeys(strata, Fraction(1))
    if method == "proportional":
        return {code: Fraction(known.size) for code, known in strata.items()}
    if method == "square_root":
        return {code: Fraction(math.sqrt(known.size)) for code, known in strata.items()}
    if method == "neyman":
        return {code: Fraction(math.sqrt(known.squares)) for code, known in strata.items()}
    raise ValueError(f"unknown method {method}")


def share_out(total: int, sizes: Mapping[str, Fraction], bounds: Mapping[str, Bounds]) -> Suggestion:
    """Share ``total`` seats in proportion to ``sizes``, within the bounds.

    A stratum beyond a bound gets the bound, and the rest is shared anew among the others, until all fit; then whole
    seats by largest remainder (ties: the larger measure, then the code).

    Args:
        sizes: measures of at least 0; where those left are all 0, they count as equal.
        bounds: by the same codes.

    Raises:
        ValueError: a bound below 0, or a least above its most.
    """
    if any(not 0 <= bound.least <= bound.most for bound in bounds.values()):
        raise ValueError("bounds must be 0 <= least <= most")
    least, most = sum(bound.least for bound in bounds.values()), sum(bound.most for bound in bounds.values())
    if total <= least:
        return Suggestion({code: bounds[code].least for code in sizes}, total - least)
    if total >= most:
        return Suggestion({code: bounds[code].most for code in sizes}, total - most)
    fixed: dict[str, int] = {}
    while True:
        free = [code for code in sizes if code not in fixed]
        exact = _proportional(total - sum(fixed.values()), {code: sizes[code] for code in free})
        over = {code: exact[code] - bounds[code].most for code in free if exact[code] > bounds[code].most}
        under = {code: bounds[code].least - exact[code] for code in free if exact[code] < bounds[code].least}
        if not over and not under:
            return Suggestion({code: fixed.get(code, 0) for code in sizes} | _whole(exact, sizes), 0)
        # Where more has to be given back than taken away, the upper bounds surely hold; else the lower ones do.
        if sum(over.values()) >= sum(under.values()):
            fixed |= {code: bounds[code].most for code in over}
        if sum(under.values()) >= sum(over.values()):
            fixed |= {code: bounds[code].least for code in under}


def _proportional(total: int, sizes: Mapping[str, Fraction]) -> dict[str, Fraction]:
    whole = sum(sizes.values())
    if not whole:
        return {code: Fraction(total, len(sizes)) for code in sizes}
    return {code: total * size / whole for code, size in sizes.items()}


def _whole(exact: Mapping[str, Fraction], sizes: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole numbers with the same sum, each at most one off: the bounds are whole, so they still hold."""
    found = {code: math.floor(share) for code, share in exact.items()}
    rest = int(sum(exact.values())) - sum(found.values())
    order: Sequence[str] = sorted(exact, key=lambda code: (found[code] - exact[code], -sizes[code], code))
    for code in order[:rest]:
        found[code] += 1
    return found
