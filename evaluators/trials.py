"""Trial draws: how districts, industries and the like will be represented, before the seed is known.

A trial follows the rules of the draw; only the order of the candidates comes from a random generator instead of the
public seed. Nothing of a trial can be the real draw, or give it away:

- the real seed is the SHA-256 of a text that begins with 64 hexadecimal digits; a trial's is that of a text that begins
  with ``trial draw``: no text is both (and `check_public_seed` refuses the label of a trial as a public seed);
- the real keys are SHA-256 of the seed and an id; a trial's come from a generator, and no id goes into them;
- ids are new in every snapshot, so those of the real draw do not exist yet.

Where no cap on units can bind, the first candidates of a cell in random order are a random sample of it, and their
counts by label are drawn at once (multivariate hypergeometric). Elsewhere the draw's own `select` goes through the
candidates in every trial.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluators.draw import Candidates, Plan, Pool, StratumPlan
from evaluators.draw.allocation import allocate
from evaluators.draw.selection import Keys, select

#: Labels of the candidates by dimension ("district", …) and stratum code, parallel to the ids of the pool.
Dimensions = Mapping[str, Mapping[str, Sequence[str]]]
Progress = Callable[[int, int], object]
Numbers = npt.NDArray[np.int64]
EVERY_STRATUM = ""
LOW, HIGH = 50, 950  # per mille


@dataclass(frozen=True)
class Representation:
    """How many main places one label got in the trials.

    Attributes:
        stratum: its code, "" for all strata together.
        dimension, label: what was counted.
        size: candidates with that label.
        mean: mean number drawn.
        low, high: 5th and 95th percentile of the trials (nearest rank): nine of ten lie between, ends included.
        never: trials in which nobody with that label was drawn.
    """

    stratum: str
    dimension: str
    label: str
    size: int
    mean: float
    low: int
    high: int
    never: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe."""
        return asdict(self)


def generator(label: str, stratum: str) -> np.random.Generator:
    """The random numbers of one stratum in the trials with this label; the same label gives the same trials."""
    digest = hashlib.sha256(f"trial draw\n{label}\n{stratum}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def simulate(
    candidates: Candidates,
    plan: Plan,
    trials: int,
    label: str,
    dimensions: Dimensions,
    progress: Progress | None = None,
) -> list[Representation]:
    """Draw ``trials`` times and count who is represented.

    Args:
        candidates, plan: as for the draw. Everybody's stratum must be in the plan.
        trials: at least 1.
        label: of the trial seeds.
        dimensions: what to count by.
        progress: called with (trials done, trials), a trial of a stratum counting for its part of the plan; what it
            raises ends the simulation.

    Returns:
        Rows by dimension, stratum in the order of the plan (all together first) and label.

    Raises:
        ValueError: no trial, or a dimension whose labels do not fit the pool.
    """
    if trials < 1:
        raise ValueError("needs at least one trial")
    empty = Pool((), (), ())
    pools = {stratum.code: candidates.pools.get(stratum.code, empty) for stratum in plan.strata}
    names: dict[str, list[str]] = {}
    for dimension, labels_of in dimensions.items():
        if any(len(labels_of.get(code, ())) != len(pool.ids) for code, pool in pools.items()):
            raise ValueError(f"the labels of {dimension} do not fit the candidates")
        names[dimension] = sorted({text for labels in labels_of.values() for text in labels}, key=str.encode)
    whole = max(1, len(plan.strata)) * trials

    counts: dict[tuple[str, str], Numbers] = {}
    sizes: dict[tuple[str, str], Numbers] = {}
    for position, stratum in enumerate(plan.strata):
        coded = {
            dimension: _codes(dimensions[dimension].get(stratum.code, ()), names[dimension]) for dimension in names
        }

        def told(done: int, before: int = position * trials) -> None:
            if progress is not None:
                progress((before + done) * trials // whole, trials)

        drawn = _stratum(pools[stratum.code], stratum, trials, generator(label, stratum.code), coded, names, told)
        for dimension in names:
            counts[stratum.code, dimension] = drawn[dimension]
            sizes[stratum.code, dimension] = np.bincount(coded[dimension], minlength=len(names[dimension]))
        told(trials)
    return list(_rows(plan, names, counts, sizes, trials))


def _codes(labels: Sequence[str], names: Sequence[str]) -> Numbers:
    position = {name: at for at, name in enumerate(names)}
    return np.fromiter(map(position.__getitem__, labels), np.int64, len(labels))


def _stratum(
    pool: Pool,
    stratum: StratumPlan,
    trials: int,
    random: np.random.Generator,
    coded: Mapping[str, Numbers],
    names: Mapping[str, Sequence[str]],
    told: Callable[[int], None],
) -> dict[str, Numbers]:
    """Main places by dimension, shape (trials, labels)."""
    size = len(pool.ids)
    if stratum.takes_everyone(size):
        return {
            dimension: np.tile(np.bincount(codes, minlength=len(names[dimension])), (trials, 1))
            for dimension, codes in coded.items()
        }
    seats = allocate(Counter(pool.cells), stratum.quota, stratum.min_per_cell)
    if not _cap_can_bind(pool, stratum):
        return _at_once(pool, seats, trials, random, coded, names)
    found = {dimension: np.zeros((trials, len(names[dimension])), np.int64) for dimension in coded}
    alone = replace(stratum, reserve=0)
    for trial in range(trials):
        chosen = select(_TrialKeys(random.random(size)), pool.cells, pool.units, alone, seats).main
        for dimension, codes in coded.items():
            found[dimension][trial] = np.bincount(codes[chosen], minlength=len(names[dimension]))
        told(trial + 1)
    return found


def _cap_can_bind(pool: Pool, stratum: StratumPlan) -> bool:
    if stratum.max_per_unit is None:
        return False
    largest = max((number for unit, number in Counter(pool.units).items() if unit), default=0)
    return largest > stratum.max_per_unit


def _at_once(
    pool: Pool,
    seats: Mapping[str, int],
    trials: int,
    random: np.random.Generator,
    coded: Mapping[str, Numbers],
    names: Mapping[str, Sequence[str]],
) -> dict[str, Numbers]:
    """All trials of a stratum without a cap: each cell fills its own seats, with a random sample of its candidates."""
    found = {dimension: np.zeros((trials, len(names[dimension])), np.int64) for dimension in coded}
    dimensions = list(coded)
    # Candidates of the same labels in every dimension are alike.
    cells: defaultdict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
    for cell, *labels in zip(pool.cells, *(coded[dimension].tolist() for dimension in dimensions), strict=True):
        cells[cell][tuple(labels)] += 1
    for cell in sorted(cells, key=str.encode):
        alike = sorted(cells[cell].items())
        numbers = np.array([number for _labels, number in alike], np.int64)
        drawn = random.multivariate_hypergeometric(numbers, seats[cell], size=trials, method="marginals")
        for at, dimension in enumerate(dimensions):
            np.add.at(found[dimension].T, [labels[at] for labels, _number in alike], drawn.T)
    return found


class _TrialKeys(Keys[float]):
    """Keys of a trial: numbers evenly spread from 0 to 1. Equal ones are as rare as 2^-53 and only share a place."""

    def __init__(self, numbers: npt.NDArray[np.float64]) -> None:
        super().__init__(len(numbers))
        self._numbers = numbers

    def bound(self, share: float) -> float:
        return share

    def below(self, bound: float | None) -> list[tuple[float, int]]:
        limit = 2.0 if bound is None else bound
        return self._pairs(np.flatnonzero(self._numbers < limit))

    def of(self, positions: Iterable[int]) -> list[tuple[float, int]]:
        return self._pairs(np.fromiter(positions, np.int64))

    def beyond(self, positions: Iterable[int]) -> list[tuple[float, int]]:
        if self._bound is None:
            return []
        found = np.fromiter(positions, np.int64)
        found = found[self._numbers[found] >= self._bound]
        return self._pairs(found[np.argsort(self._numbers[found], kind="stable")])

    def _pairs(self, positions: Numbers) -> list[tuple[float, int]]:
        return list(zip(self._numbers[positions].tolist(), positions.tolist(), strict=True))


def _rows(
    plan: Plan,
    names: Mapping[str, Sequence[str]],
    counts: Mapping[tuple[str, str], Numbers],
    sizes: Mapping[tuple[str, str], Numbers],
    trials: int,
) -> Iterable[Representation]:
    for dimension, labels in names.items():
        strata = [
            (stratum.code, counts[stratum.code, dimension], sizes[stratum.code, dimension]) for stratum in plan.strata
        ]
        if not strata:
            continue
        drawn_of_all = np.sum([drawn for _code, drawn, _size in strata], axis=0)
        size_of_all = np.sum([size for _code, _drawn, size in strata], axis=0)
        together = (EVERY_STRATUM, drawn_of_all, size_of_all)
        for code, drawn, size in [together, *strata]:
            ordered = np.sort(drawn, axis=0)
            for at, label in enumerate(labels):
                if size[at]:
                    yield Representation(
                        stratum=code,
                        dimension=dimension,
                        label=label,
                        size=int(size[at]),
                        mean=float(drawn[:, at].mean()),
                        low=int(ordered[_rank(LOW, trials), at]),
                        high=int(ordered[_rank(HIGH, trials), at]),
                        never=int((drawn[:, at] == 0).sum()),
                    )


def _rank(per_mille: int, trials: int) -> int:
    """Position of the smallest number that at least ``per_mille`` of the trials do not exceed (nearest rank)."""
    return max(0, -(-per_mille * trials // 1000) - 1)
