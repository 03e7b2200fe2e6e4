"""Trial draws: how districts, industries and the like will be represented, before the seed is known.

A trial goes through the same allocation and selection as the draw; only its keys come from a generator seeded by the
trial's number instead of from the public seed. No trial can therefore be the real draw, nor give it away.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .api import NOBODY, check_strata, seats_of
from .plan import Plan, StratumPlan
from .selection import Keys, Progress, select
from .snapshot import Candidates, Pool

# Labels of the candidates by dimension ("district", …) and stratum code, parallel to the ids of the pool.
Dimensions = Mapping[str, Mapping[str, Sequence[str]]]
EVERY_STRATUM = ""


class Representation(NamedTuple):
    """How many main places one label got in the trials.

    Attributes:
        stratum: its code, "" for all strata together.
        dimension, label: what was counted.
        size: candidates with that label.
        mean: mean number drawn.
        low, high: the least interval that holds the middle 95 per cent of the trials (nearest rank).
        minimum, maximum: over all trials.
        never: trials in which nobody with that label was drawn.
    """

    stratum: str
    dimension: str
    label: str
    size: int
    mean: float
    low: int
    high: int
    minimum: int
    maximum: int
    never: int


def simulate(
    candidates: Candidates,
    plan: Plan,
    trials: int,
    seed_prefix: str,
    *,
    dimensions: Dimensions | None = None,
    progress: Progress | None = None,
) -> list[Representation]:
    """Draw ``trials`` times and count who is represented.

    Args:
        candidates, plan: as for the draw.
        trials: at least 1.
        seed_prefix: same prefix, same trials; anything but the real seed.
        dimensions: what to count by; cells, where nothing is given.
        progress: called with (trials done, trials) after each; what it raises ends the simulation.

    Returns:
        Rows by dimension, stratum in the order of the plan (all together first) and label.

    Raises:
        BadInput: a stratum that is not in the plan.
        ValueError: no trial, or a dimension whose labels do not fit the pool.
    """
    if trials < 1:
        raise ValueError("needs at least one trial")
    check_strata(candidates, plan)
    pools = {s.code: candidates.pools.get(s.code, NOBODY) for s in plan.strata}
    seats = {s.code: seats_of(pools[s.code], s) for s in plan.strata}
    by = dimensions or {"cell": {code: pool.cells for code, pool in pools.items()}}
    _check_dimensions(by, pools)
    histograms: dict[tuple[str, str, str], Counter[int]] = defaultdict(Counter)
    for trial in range(trials):
        together: dict[str, Counter[str]] = {dimension: Counter() for dimension in by}
        for stratum in plan.strata:
            code = stratum.code
            chosen = _trial(pools[code], stratum, seats[code], f"{seed_prefix}\n{trial}\n{code}")
            for dimension, labels_of in by.items():
                labels = labels_of.get(code, ())
                counts = Counter(map(labels.__getitem__, chosen)) if labels else Counter()
                together[dimension].update(counts)
                for label, number in counts.items():
                    histograms[dimension, code, label][number] += 1
        for dimension, counts in together.items():
            for label, number in counts.items():
                histograms[dimension, EVERY_STRATUM, label][number] += 1
        if progress is not None:
            progress(trial + 1, trials)
    return _representations(by, plan, histograms, trials)


def _trial(pool: Pool, stratum: StratumPlan, seats: Mapping[str, int], seed: str) -> list[int]:
    if stratum.takes_everyone(len(pool.ids)):
        return list(range(len(pool.ids)))
    number = int.from_bytes(hashlib.sha256(f"trial draw\n{seed}".encode()).digest(), "big")
    # Not a secret and not the draw: a quick generator will do. Equal keys are as rare as 2^-53 and only share a place.
    number_from_0_to_1 = random.Random(number).random
    keys = _TrialKeys([number_from_0_to_1() for _ in pool.ids])
    return select(keys, pool.cells, pool.units, stratum, seats).main


class _TrialKeys(Keys[float]):
    """Keys of a trial: numbers evenly spread from 0 to 1."""

    def __init__(self, numbers: list[float]) -> None:
        super().__init__(len(numbers))
        self._numbers = numbers

    def bound(self, share: float) -> float:
        return share

    def below(self, bound: float | None) -> list[tuple[float, int]]:
        limit = 2.0 if bound is None else bound
        return [(key, i) for i, key in enumerate(self._numbers) if key < limit]

    def of(self, positions: Iterable[int]) -> list[tuple[float, int]]:
        return [(self._numbers[i], i) for i in positions]


def _check_dimensions(by: Dimensions, pools: Mapping[str, Pool]) -> None:
    for dimension, labels_of in by.items():
        for code, labels in labels_of.items():
            if code not in pools or len(labels) != len(pools[code].ids):
                raise ValueError(f"the labels of {dimension} do not fit the candidates of {code}")


def _representations(
    by: Dimensions, plan: Plan, histograms: Mapping[tuple[str, str, str], Counter[int]], trials: int
) -> list[Representation]:
    rows = []
    for dimension, labels_of in by.items():
        sizes = {code: Counter(labels_of.get(code, ())) for code in plan.codes}
        sizes = {EVERY_STRATUM: sum(sizes.values(), Counter())} | sizes
        for code, by_label in sizes.items():
            for label in sorted(by_label, key=str.encode):
                counts = Counter(histograms.get((dimension, code, label), Counter()))
                counts[0] = trials - sum(counts.values())
                drawn = sorted(number for number, times in counts.items() if times)
                rows.append(
                    Representation(
                        stratum=code,
                        dimension=dimension,
                        label=label,
                        size=by_label[label],
                        mean=sum(number * times for number, times in counts.items()) / trials,
                        low=_quantile(counts, drawn, 25, trials),
                        high=_quantile(counts, drawn, 975, trials),
                        minimum=drawn[0],
                        maximum=drawn[-1],
                        never=counts[0],
                    )
                )
    return rows


def _quantile(counts: Counter[int], drawn: list[int], per_mille: int, trials: int) -> int:
    """Nearest rank: the smallest number that at least ``per_mille`` of the trials do not exceed."""
    needed, seen = per_mille * trials, 0
    for number in drawn:
        seen += counts[number]
        if 1000 * seen >= needed:
            return number
    return drawn[-1]
