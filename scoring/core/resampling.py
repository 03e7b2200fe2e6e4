"""Rao–Wu resampling of one stratum's ballots: draws, blocks, and the sums of every replicate.

In stratum s draw m of the n_s ballots with replacement, t_i = how often ballot i came, and give it

    r_i = 1 − a + a · (n_s/m) · t_i,     a = sqrt(deff_s · m · (1 − n_s/N_s) / (n_s − 1)),

so that a census stratum does not vary. The variance is right for every m: m = n_s − 1, in large strata half of it (a
half-sample needs half the random numbers), less where a would exceed 1. Since r is linear in t, one matrix product
of the draws (replicates × ballots) with the answers (ballots × columns) gives all replicates of a block. Counts are
small integers, so the products are exact in single precision and do not depend on how the processor adds.

Source: J. N. K. Rao, C. F. J. Wu, Resampling inference with complex survey data, JASA 83 (1988).
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from evaluation.definition import ScoringDefinition

from .uncertainty import Sampling

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Answers = npt.NDArray[np.uint8]

#: Ballots in a block: the draws of 1,000 replicates (4 bytes each) stay at some 16 MB.
BLOCK_BALLOTS = 4096
#: Replicates whose draws are counted at once: the counters stay in the processor's cache.
COUNTED_AT_ONCE = 64
#: Larger strata are resampled by half: with so many draws the shape of the distribution is settled anyway.
FULL_UP_TO = 200


class Draws:
    """The resamples of one stratum, handed out block by block in the order of its ballots.

    `amplitude` a and `scale` n_s/m as above; a = 0 (census, single or no ballot) draws nothing.
    """

    def __init__(self, plan: Sampling, replicates: int, generator: np.random.Generator) -> None:
        self._generator = generator
        self._rows_left = plan.returned
        self.amplitude, self.scale, size = 0.0, 1.0, 0
        if not plan.flag:
            spread = float(plan.design_effect) * plan.finite_population_correction
            size = plan.returned - 1 if plan.returned <= FULL_UP_TO else (plan.returned - 1) // 2
            size = max(1, min(size, int((plan.returned - 1) / spread)))
            self.amplitude = math.sqrt(spread * size / (plan.returned - 1))
            self.scale = plan.returned / size
        self._left = np.full(replicates, size, dtype=np.int64)

    def counts(self, rows: int) -> Singles:
        """How often each of the next `rows` ballots came in each replicate, (replicates, rows).

        How many draws fall on these rows is binomial given what is left, so the blocks together are multinomial.
        """
        here = self._left
        if rows < self._rows_left:
            here = self._generator.binomial(self._left, rows / self._rows_left)
        self._left = self._left - here
        self._rows_left -= rows
        result = np.empty((len(here), rows), dtype=np.float32)
        replicate = np.zeros(0, dtype=np.int64)
        sizes = here[:0]
        for start in range(0, len(here), COUNTED_AT_ONCE):
            before, sizes = sizes, here[start : start + COUNTED_AT_ONCE]
            if not np.array_equal(before, sizes):
                replicate = np.repeat(np.arange(len(sizes), dtype=np.int64) * rows, sizes)
            drawn = self._uniform(rows, replicate.size)
            drawn += replicate
            counted = np.bincount(drawn, minlength=len(sizes) * rows)
            result[start : start + len(sizes)] = counted.reshape(len(sizes), rows)
        return result

    def _uniform(self, below: int, size: int) -> npt.NDArray[np.int64]:
        """`size` integers from 0 to `below` − 1, from the raw bits, whose sequence numpy never changes.

        32 bits times `below`, upper half: the bias is under `below`/2³².
        """
        raw = self._generator.bit_generator.random_raw((size + 1) // 2)
        numbers = np.asarray(raw, dtype="<u8").view("<u4")[:size].astype(np.uint64)
        numbers *= np.uint64(below)
        numbers >>= np.uint64(32)
        return numbers.view(np.int64)


def statistics(definition: ScoringDefinition) -> tuple[Singles, Floats]:
    """What is summed up over ballots, in as few columns as possible.

    Returns `kinds` (k, C+1), the number each answer (0 = blank) adds to each of k sums, and `combine` (4, k), how the
    sums make up valid, satisfied, dissatisfied and value. With up to four valid choices one sum per choice, else the
    four themselves.
    """
    scale = definition.scale
    table = np.zeros((4, len(scale) + 1))
    for position, choice in enumerate(scale, start=1):
        if choice.is_valid:
            satisfied, dissatisfied = choice.counts == "satisfied", choice.counts == "dissatisfied"
            table[:, position] = (1.0, satisfied, dissatisfied, float(choice.points))
    valid = [position for position, choice in enumerate(scale, start=1) if choice.is_valid]
    if len(valid) > 4:
        return table.astype(np.float32), np.eye(4)
    kinds = np.zeros((len(valid), len(scale) + 1), dtype=np.float32)
    kinds[np.arange(len(valid)), valid] = 1.0
    return kinds, table[:, valid]


def blocks(
    answers: Sequence[tuple[Decimal, Answers]], columns: npt.NDArray[np.int64], kinds: Singles
) -> Iterator[Singles]:
    """Blocks (ballots, kinds · columns) of weighted numbers, one at a time, in the order of the ballots."""
    weights = np.concatenate([np.full(len(rows), float(weight), dtype=np.float32) for weight, rows in answers])
    ballots = np.concatenate([rows for _, rows in answers]) if len(answers) > 1 else answers[0][1]
    weighted = bool((weights != 1.0).any())
    for start in range(0, len(ballots), BLOCK_BALLOTS):
        part = ballots[start : start + BLOCK_BALLOTS][:, columns]
        block = np.empty((len(part), len(kinds), part.shape[1]), dtype=np.float32)
        for position, numbers in enumerate(kinds):
            np.take(numbers, part, out=block[:, position], mode="clip")  # "clip": no buffered copy of `out`
        if weighted:
            block *= weights[start : start + len(part), None, None]
        yield block.reshape(len(part), -1)


def resampled_sums(
    plan: Sampling,
    answers: Sequence[tuple[Decimal, Answers]],
    columns: npt.NDArray[np.int64],
    kinds: Singles,
    replicates: int,
    generator: np.random.Generator,
) -> Floats:
    """Σ_i r_i w_i x_i of one stratum for every replicate, (replicates, kinds, columns).

    `answers` are its ballots by weight in canonical order, `columns` the answers wanted.
    """
    draws = Draws(plan, replicates, generator)
    size = len(kinds) * len(columns)
    fixed = np.zeros(size)
    drawn: Floats | Singles | None = None
    for block in blocks(answers, columns, kinds):
        fixed += block.sum(axis=0, dtype=np.float64)
        if draws.amplitude:
            product = draws.counts(len(block)) @ block
            drawn = product if drawn is None else np.add(drawn, product, dtype=np.float64)
    fixed *= 1.0 - draws.amplitude
    if drawn is None:
        return np.broadcast_to(fixed, (replicates, size)).reshape(replicates, len(kinds), len(columns))
    sums = np.multiply(drawn, draws.amplitude * draws.scale, dtype=np.float64)
    sums += fixed
    return sums.reshape(replicates, len(kinds), len(columns))
