"""Whether a stratum's plan can be carried out, and the smallest change that makes it so; counted, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evaluation.definition.parts import CELL_KEYS, StratumPlan
from evaluators.draw.chances import stratum_chances, unfair
from evaluators.draw.plan import StratumPlan as DrawnStratum

from .population import Label, Population

#: Rules of recusal, the strictest first.
_STRICTEST_FIRST = ("round", "group", "department", "none")
_COARSER = ((CELL_KEYS[0],), (CELL_KEYS[1],), ())


class Change(NamedTuple):
    """One way out: the field of the plan, its new value, and how many could then be drawn."""

    field: str
    value: int | str | None
    reach: int


class Trouble(NamedTuple):
    """What does not fit. ``kind``: quota, reserve, minimum (seats per cell first), chances. ``missing``: how many."""

    kind: str
    missing: int
    changes: tuple[Change, ...]


def cap_of(plan: StratumPlan) -> int | None:
    """The cap that the draw will use: units are not capped, nor is a stratum whose everybody is asked."""
    return None if plan.drawn_by == "unit" or plan.mode == "all" else plan.max_per_unit


def eligible(plan: StratumPlan, population: Population) -> int:
    """Candidates left after rotation and recusal."""
    return population.size(plan.rotation_rounds, plan.recusal)


def reach(plan: StratumPlan, population: Population) -> int:
    """The most seats the stratum can fill: by the rules a quota of at least the stratum takes everybody, uncapped."""
    size = eligible(plan, population)
    if plan.mode == "all" or plan.quota >= size:
        return size
    return population.capacity(plan.rotation_rounds, plan.recusal, cap_of(plan))


def seats(plan: StratumPlan, population: Population) -> int:
    """Seats that will be filled."""
    found = reach(plan, population)
    return found if plan.mode == "all" else min(plan.quota, found)


def troubles(plan: StratumPlan, population: Population, label: Label) -> list[Trouble]:
    """Everything about a plan that cannot be carried out, each with its ways out, the smallest change first."""
    if plan.mode == "all":
        return []
    found = []
    missing = plan.quota - seats(plan, population)
    if missing > 0:
        found.append(Trouble("quota", missing, tuple(_for_quota(plan, population))))
    left = eligible(plan, population) - seats(plan, population)
    if missing <= 0 and plan.reserve > left:
        found.append(Trouble("reserve", plan.reserve - left, (Change("reserve", left, left),)))
    return found + list(_cells(plan, population, label))


def _for_quota(plan: StratumPlan, population: Population) -> Iterator[Change]:
    cap, quota = cap_of(plan), plan.quota
    most = reach(plan, population)
    if cap is not None and quota >= eligible(plan, population):
        # Everybody of the stratum would be taken in spite of the cap, and still too few.
        most = eligible(plan, population)
    yield Change("quota", most, most)
    if cap is not None and quota < eligible(plan, population):
        raised = population.smallest_cap(quota, plan.rotation_rounds, plan.recusal)
        if raised is not None:
            yield Change("max_per_unit", raised, population.capacity(plan.rotation_rounds, plan.recusal, raised))
    for rounds in range(plan.rotation_rounds - 1, -1, -1):
        could = _could(population, quota, rounds, plan.recusal, cap)
        if could >= quota:
            yield Change("rotation_rounds", rounds, could)
            break
    for rule in _STRICTEST_FIRST[_STRICTEST_FIRST.index(plan.recusal) + 1 :]:
        could = _could(population, quota, plan.rotation_rounds, rule, cap)
        if could >= quota:
            yield Change("recusal", rule, could)
            break


def _could(population: Population, quota: int, rotation: int, recusal: str, cap: int | None) -> int:
    size = population.size(rotation, recusal)
    return size if quota >= size else population.capacity(rotation, recusal, cap)


def _cells(plan: StratumPlan, population: Population, label: Label) -> Iterator[Trouble]:
    """Cells whose chance is nothing or more than twice the stratum's, and a minimum that does not set in."""
    sizes = population.cell_sizes(plan.cell_by, plan.rotation_rounds, plan.recusal, label)
    if not sizes or plan.quota < 1:
        return
    if plan.min_per_cell and plan.quota < len(sizes):
        changes = [Change("quota", len(sizes), len(sizes))]
        changes += [
            Change("cell_by", ",".join(keys), plan.quota)
            for keys, number in _coarser(plan, population, label)
            if number <= plan.quota
        ][:1]
        yield Trouble("minimum", len(sizes) - plan.quota, tuple(changes))
    number = _unfair(plan, plan.min_per_cell, sizes)
    if number:
        yield Trouble("chances", number, tuple(_for_chances(plan, population, sizes, label)))


def _for_chances(plan: StratumPlan, population: Population, sizes: dict[str, int], label: Label) -> Iterator[Change]:
    for minimum in {0, 1} - {plan.min_per_cell}:
        if not _unfair(plan, minimum, sizes):
            yield Change("min_per_cell", minimum, plan.quota)
    for keys, _number in _coarser(plan, population, label):
        coarse = population.cell_sizes(keys, plan.rotation_rounds, plan.recusal, label)
        if not _unfair(plan, plan.min_per_cell, coarse):
            yield Change("cell_by", ",".join(keys), plan.quota)
            break


def _coarser(plan: StratumPlan, population: Population, label: Label) -> Iterator[tuple[tuple[str, ...], int]]:
    """Coarser ways to spread, the one with the most cells first, with the number of cells."""
    ways = [keys for keys in _COARSER if set(keys) < set(plan.cell_by)]
    counted = [(keys, len(population.cell_sizes(keys, plan.rotation_rounds, plan.recusal, label))) for keys in ways]
    yield from sorted(counted, key=lambda way: -way[1])


def _unfair(plan: StratumPlan, minimum: int, sizes: dict[str, int]) -> int:
    drawn = DrawnStratum(plan.code, "random", plan.quota, 0, None, minimum)
    return len(unfair(stratum_chances(drawn, sizes)))
