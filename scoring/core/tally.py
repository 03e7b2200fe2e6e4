"""From packed ballots to the count cube: one pass, in blocks, one `numpy.bincount` a block.

A ballot is `answers[d·items + q]`, one byte per department × item; 0 = blank, k = the k-th choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.definition import Choice

from .cube import CountCube, Counts, item_pairs
from .model import ScoringError

#: Answers a block holds: small enough for the processor's cache, whatever the size of the round.
BLOCK = 1 << 16
#: Class of an answer in the joint counts, by what the choice counts as; 0 is "not valid".
ANSWER_CLASS = {"abstain": 0, "satisfied": 1, "neutral": 2, "dissatisfied": 3}

Packed = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class CubeShape:
    """Sizes of a round: `departments` D, `items` Q, `strata` S, and what its choices count as."""

    departments: int
    items: int
    strata: int
    class_weights: tuple[Decimal, ...]
    counts: tuple[str, ...]

    @classmethod
    def of(
        cls, departments: int, items: int, strata: int, class_weights: Sequence[Decimal], scale: Sequence[Choice]
    ) -> "CubeShape":
        """The shape of a round with this scale and these weight classes."""
        return cls(departments, items, strata, tuple(class_weights), tuple(choice.counts for choice in scale))

    @property
    def width(self) -> int:
        """Bytes of one packed ballot."""
        return self.departments * self.items


class Tally:
    """Counts ballots as they come, in any order and any number of portions; memory does not grow with them."""

    def __init__(self, shape: CubeShape) -> None:
        self.shape = shape
        self._steps = len(shape.counts) + 1
        self._pairs = item_pairs(shape.items)
        self._counts = np.zeros(
            (shape.departments, shape.items, shape.strata, len(shape.class_weights), self._steps), dtype=np.int64
        )
        self._joint = (
            np.zeros((shape.departments, len(self._pairs), shape.strata, len(shape.class_weights), 16), dtype=np.int64)
            if self._pairs
            else None
        )
        self._class_of = np.array([0, *(ANSWER_CLASS[counts] for counts in shape.counts)], dtype=np.uint8)
        kind: Any = np.uint16 if shape.width * self._steps < 1 << 16 else np.int64
        self._offsets = (np.arange(shape.width) * self._steps).astype(kind)
        self._rows = max(1, BLOCK // max(1, shape.width))

    def add(self, stratum: int, weight_class: int, answers: Packed | npt.NDArray[np.uint8]) -> None:
        """Count ballots of one stratum and weight class (positions from 0), packed one after the other.

        Raises `ScoringError` when the bytes are no whole number of ballots or an answer is not on the scale; nothing
        of this portion is counted then.
        """
        width = self.shape.width
        data = np.frombuffer(answers, dtype=np.uint8) if isinstance(answers, Packed) else answers.reshape(-1)
        if data.size == 0:
            return
        if width == 0 or data.size % width:
            raise ScoringError("ballot_length", f"{data.size} answers are no whole number of ballots of {width}.")
        ballots = data.reshape(-1, width)
        counts = np.zeros(width * self._steps, dtype=np.int64)
        joint = None if self._joint is None else np.zeros(self._joint.shape[:2] + (16,), dtype=np.int64)
        for start in range(0, len(ballots), self._rows):
            block = ballots[start : start + self._rows]
            if block.max() >= self._steps:
                raise ScoringError("answer_range", "An answer is not on the scale.")
            counts += np.bincount((block + self._offsets).ravel(), minlength=counts.size)
            if joint is not None:
                self._add_joint(joint, block)
        self._counts[:, :, stratum, weight_class] += counts.reshape(
            self.shape.departments, self.shape.items, self._steps
        )
        if self._joint is not None and joint is not None:
            self._joint[:, :, stratum, weight_class] += joint

    def _add_joint(self, joint: Counts, block: npt.NDArray[np.uint8]) -> None:
        """Count the pairs of answer classes of every two items of a department."""
        departments = self.shape.departments
        classes = self._class_of[block].reshape(len(block), departments, self.shape.items)
        offsets = np.arange(departments, dtype=np.int64) * 16
        for position, (first, second) in enumerate(self._pairs):
            codes = classes[:, :, first] * np.uint8(4) + classes[:, :, second]
            counted = np.bincount((codes + offsets).ravel(), minlength=departments * 16)
            joint[:, position] += counted.reshape(departments, 16)

    def cube(self) -> CountCube:
        """What has been counted so far."""
        return CountCube(
            self._counts.copy(),
            self.shape.class_weights,
            None if self._joint is None else self._joint.copy(),
        )


def tally_packed(
    shape: CubeShape, packed: Mapping[tuple[int, int], Packed] | Iterable[tuple[tuple[int, int], Packed]]
) -> CountCube:
    """Count ballots given as one byte string per (stratum, weight class), e.g. `string_agg` of a database.

    A pair may come several times (a stream of portions). Raises `ScoringError` as `Tally.add` does.
    """
    counter = Tally(shape)
    for (stratum, weight_class), answers in packed.items() if isinstance(packed, Mapping) else packed:
        counter.add(stratum, weight_class, answers)
    return counter.cube()


def tally(
    shape: CubeShape,
    answers: npt.NDArray[np.uint8],
    strata: npt.NDArray[np.integer[Any]],
    weight_classes: npt.NDArray[np.integer[Any]],
) -> CountCube:
    """Count ballots given as one array (n, D·Q) with the stratum and weight class (n,) of each."""
    keys = np.asarray(strata, dtype=np.int64) * max(1, len(shape.class_weights)) + np.asarray(weight_classes)
    order = np.argsort(keys, kind="stable")
    counter = Tally(shape)
    values, starts = np.unique(keys[order], return_index=True)
    ends = [*starts[1:], len(order)]
    for key, start, end in zip(values, starts, ends, strict=True):
        stratum, weight_class = divmod(int(key), max(1, len(shape.class_weights)))
        rows = order[start:end]
        for at in range(0, len(rows), 4096):  # gather in portions: no second copy of all ballots
            counter.add(stratum, weight_class, np.ascontiguousarray(answers[rows[at : at + 4096]]))
    return counter.cube()
