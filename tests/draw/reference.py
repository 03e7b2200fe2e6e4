"""The rules of the draw told as plainly as possible: whole sorted lists, no short cuts. The tests compare with it."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from evaluators.draw import Candidates, Plan, Pool, StratumPlan

ROOT = Path(__file__).resolve().parent.parent.parent
_SHARED = ROOT.parent / "shared" / "golden" / "draw-small"
GOLDEN = _SHARED if _SHARED.is_dir() else ROOT / "tests" / "golden" / "draw-small"

HASH = "0" * 64
# id, cell, unit
Person = tuple[str, str, str]
# id, role, order
Drawn = tuple[str, str, int]


def plan_of(**changes: object) -> StratumPlan:
    """A random stratum `res` with the named fields changed."""
    fields: dict = {"mode": "random", "quota": 3, "reserve": 0, "max_per_unit": None, "min_per_cell": 0}
    return StratumPlan(**({"code": "res"} | fields | changes))


def candidates_of(people: list[Person], code: str = "res") -> Candidates:
    """Candidates of one stratum."""
    ids, cells, units = ([person[i] for person in people] for i in range(3))
    return Candidates(HASH, {code: Pool(ids, cells, units)})


def one_stratum(**changes: object) -> Plan:
    return Plan("dice, in public", (plan_of(**changes),))


def seed_of(snapshot_hash: str, plan: Plan, public_seed: str) -> str:
    return hashlib.sha256("\n".join([snapshot_hash, plan.plan_hash, public_seed]).encode()).hexdigest()


def key(seed: str, candidate: str) -> str:
    return hashlib.sha256((seed + ":" + candidate).encode()).hexdigest()


def seats_of(sizes: dict[str, int], quota: int, minimum: int) -> dict[str, int]:
    """Largest remainder, one seat at a time, with fractions as (numerator over a common denominator)."""
    seats = dict.fromkeys(sizes, 0)
    if minimum == 1 and quota >= len(sizes):
        seats = dict.fromkeys(sizes, 1)
    left = {cell: size - seats[cell] for cell, size in sizes.items()}
    rest, total = quota - sum(seats.values()), sum(left.values())
    exact = {cell: rest * left[cell] for cell in sizes}  # over `total`
    for cell in sizes:
        seats[cell] += exact[cell] // total
    by_remainder = sorted(sizes, key=lambda c: (-(exact[c] % total), -sizes[c], c.encode("utf-8")))
    for cell in by_remainder:
        if sum(seats.values()) == quota:
            break
        seats[cell] += 1
    return seats


def drawn(people: list[Person], stratum: StratumPlan, seed: str) -> list[Drawn]:
    """Main, then reserve, of one stratum."""
    order = sorted(people, key=lambda person: key(seed, person[0]))
    if stratum.mode == "all" or stratum.quota >= len(people):
        return [(person[0], "main", i + 1) for i, person in enumerate(order)]
    seats = seats_of(dict(Counter(cell for _, cell, _ in people)), stratum.quota, stratum.min_per_cell)
    chosen: set[str] = set()
    units: Counter[str] = Counter()

    def fits(unit: str) -> bool:
        return stratum.max_per_unit is None or unit == "" or units[unit] < stratum.max_per_unit

    for candidate, cell, unit in order:
        if seats[cell] > 0 and fits(unit):
            chosen.add(candidate)
            seats[cell] -= 1
            units[unit] += 1
    for candidate, _, unit in order:
        if len(chosen) < stratum.quota and candidate not in chosen and fits(unit):
            chosen.add(candidate)
            units[unit] += 1
    main = [person[0] for person in order if person[0] in chosen]
    reserve = [person[0] for person in order if person[0] not in chosen][: stratum.reserve]
    return [
        (candidate, role, i + 1)
        for role, ids in (("main", main), ("reserve", reserve))
        for i, candidate in enumerate(ids)
    ]
