"""Rao–Wu resampling of one stratum's ballots: draws, blocks, and the sums of every replicate.

In stratum s draw m of the n_s ballots with replacement, t_i = how often ballot i came, and give it

    r_i = 1 − a + a · (n_s/m) · t_i,     a = sqrt(deff_s · m · (1 − n_s/N_s) / (n_s − 1)),

so that a census stratum does not vary. The variance is right for every m: m = n_s − 1 in small strata, a quarter of it
in large ones (a quarter of the random numbers, and a ≤ ½ keeps every ballot in every replicate, so that no small cell
vanishes), less where a would exceed 1. Since r is linear in t, one matrix product
of the draws (replicates × ballots) with the answers (ballots × columns) gives all replicates of a block. Counts are
small integers, so the products are exact in single precision and do not depend on how the processor adds.

Source: J. N. K. Rao, C. F. J. Wu, Resampling inference with complex survey data, JASA 83 (1988).
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

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
#: Strata up to this size are resampled in full (m = n − 1); with more draws the shape of the distribution is settled.
FULL_UP_TO = 200


class Scratch:
    """One buffer used again and again: every 4 KB of fresh memory would cost a page fault."""

    def __init__(self, kind: type[np.floating[Any]] = np.float32) -> None:
        self._data: npt.NDArray[Any] = np.empty(0, dtype=kind)

    def array(self, *shape: int) -> npt.NDArray[Any]:
        """An array of this shape, its content undefined, until the next call."""
        size = math.prod(shape)
        if self._data.size < size:
            self._data = np.empty(size, dtype=self._data.dtype)
        return self._data[:size].reshape(shape)


class Workspace:
    """The buffers of one bootstrap."""

    def __init__(self) -> None:
        self.draws, self.block, self.product, self.sums = Scratch(), Scratch(), Scratch(), Scratch(np.float64)


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
            full = plan.returned - 1
            size = full if plan.returned <= FULL_UP_TO else max(FULL_UP_TO, full // 4)
            size = max(1, min(size, int(full / spread)))
            self.amplitude = math.sqrt(spread * size / full)
            self.scale = plan.returned / size
        self._left = np.full(replicates, size, dtype=np.int64)

    def counts(self, rows: int, scratch: Scratch) -> Singles:
        """How often each of the next `rows` ballots came in each replicate, (replicates, rows).

        How many draws fall on these rows is binomial given what is left, so the blocks together are multinomial.
        """
        here = self._left
        if rows < self._rows_left:
            here = self._generator.binomial(self._left, rows / self._rows_left)
        self._left = self._left - here
        self._rows_left -= rows
        result = scratch.array(len(here), rows)
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
    answers: Sequence[tuple[Decimal, Answers]], columns: npt.NDArray[np.int64], kinds: Singles, scratch: Scratch
) -> Iterator[Singles]:
    """Blocks (ballots, kinds · columns) of weighted numbers, one at a time, in the order of the ballots."""
    weights = np.concatenate([np.full(len(rows), float(weight), dtype=np.float32) for weight, rows in answers])
    ballots = np.concatenate([rows for _, rows in answers]) if len(answers) > 1 else answers[0][1]
    weighted = bool((weights != 1.0).any())
    everything = np.array_equal(columns, np.arange(ballots.shape[1]))
    for start in range(0, len(ballots), BLOCK_BALLOTS):
        part = ballots[start : start + BLOCK_BALLOTS]
        if not everything:
            part = part.take(columns, axis=1)
        block = scratch.array(len(part), len(kinds), part.shape[1])
        for position, numbers in enumerate(kinds):
            counted = np.flatnonzero(numbers)
            if counted.size == 1 and numbers[counted[0]] == 1.0:  # one choice: comparing is faster than looking up
                block[:, position] = part == counted[0]
            else:
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
    workspace: Workspace,
) -> Floats:
    """Σ_i r_i w_i x_i of one stratum for every replicate, up to a common factor, (replicates, kinds, columns).

    Rates are ratios of these sums, so the factor cancels out; not applying it saves a pass over all of them. `answers`
    are its ballots by weight in canonical order, `columns` the answers wanted. The result lives in the workspace: read
    it before the next call.
    """
    draws = Draws(plan, replicates, generator)
    size = len(kinds) * len(columns)
    fixed = np.zeros(size)
    drawn: Any = None
    for block in blocks(answers, columns, kinds, workspace.block):
        fixed += np.ones(len(block), dtype=np.float32) @ block
        if draws.amplitude:
            product = workspace.product.array(replicates, size)
            np.matmul(draws.counts(len(block), workspace.draws), block, out=product)
            drawn = product if len(block) == plan.returned else product + (np.zeros(size) if drawn is None else drawn)
    if drawn is None:
        return np.broadcast_to(fixed, (replicates, size)).reshape(replicates, len(kinds), len(columns))
    fixed *= (1.0 - draws.amplitude) / (draws.amplitude * draws.scale)
    sums = np.add(drawn, fixed, out=workspace.sums.array(replicates, size))
    return sums.reshape(replicates, len(kinds), len(columns))
