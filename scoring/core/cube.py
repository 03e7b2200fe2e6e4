"""The count cube: department × item × stratum × weight class × choice, integers. The narrow waist of scoring.

Everything heavy is before it (one pass over the ballots), everything exact is after it. Cubes add up, so shards and
hosts add up.
"""

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]

_MAGIC = b"cube1\n"
#: Weighted counts stay in 64-bit integers below this; beyond it, Python integers.
_SAFE = 2**62


@dataclass(frozen=True)
class CellCounts:
    """Answers by department × item × stratum × choice, weight classes summed up.

    `counts` (D, Q, S, C) are unweighted answers, `weighted` (same shape, integers or Python integers) are sums of
    weights times `denominator`; blank answers are in neither. `returned` (S,) are the ballots of each stratum, blank
    ones included, or None where that is unknown (public bundle).
    """

    counts: Counts
    weighted: npt.NDArray[np.int64] | npt.NDArray[np.object_]
    denominator: int
    returned: Counts | None = None


@dataclass(frozen=True)
class CountCube:
    """The counts of a round.

    `counts` (D, Q, S, K, C+1), int64: how many ballots of stratum s and weight class k give department d on item q
    the answer c (0 = blank, c ≥ 1 the c-th choice). `class_weights` are the K weights. `joint` (D, P, S, K, 16), only
    with several items: for the p-th pair q < q' of items (row by row of the upper triangle) the ballots whose answers
    are of class a on q and b on q' at 4a + b, with the classes 0 not valid, 1 satisfied, 2 neutral, 3 dissatisfied;
    standard errors need these because a ballot's answers on several items belong together.
    """

    counts: Counts
    class_weights: tuple[Decimal, ...]
    joint: Counts | None = None

    def __post_init__(self) -> None:
        if self.counts.ndim != 5 or self.counts.shape[3] != len(self.class_weights):
            raise ValueError("a cube has five axes, the fourth one being the weight classes")
        if any(weight <= 0 for weight in self.class_weights):
            raise ValueError("the weight of a class must be above 0")

    def __add__(self, other: "CountCube") -> "CountCube":
        """The cube of both sets of ballots. Raises ValueError for cubes of different rounds."""
        if self.counts.shape != other.counts.shape or self.class_weights != other.class_weights:
            raise ValueError("cubes of different shape or weights do not add up")
        if (self.joint is None) != (other.joint is None):
            raise ValueError("one cube has joint counts, the other has none")
        joint = None if self.joint is None or other.joint is None else self.joint + other.joint
        return CountCube(self.counts + other.counts, self.class_weights, joint)

    @property
    def returned(self) -> Counts:
        """Ballots by stratum, blank ones included, shape (S,)."""
        return self.returned_by_class.sum(axis=1)

    @property
    def returned_by_class(self) -> Counts:
        """Ballots by stratum and weight class, shape (S, K)."""
        _, _, strata, classes, _ = self.counts.shape
        if 0 in self.counts.shape:
            return np.zeros((strata, classes), dtype=np.int64)
        return self.counts[0, 0].sum(axis=2)  # type: ignore[no-any-return]

    def integer_weights(self) -> tuple[tuple[int, ...], int]:
        """The class weights as integers over one common denominator."""
        fractions = [Fraction(weight) for weight in self.class_weights]
        denominator = math.lcm(1, *(fraction.denominator for fraction in fractions))
        return tuple(int(fraction * denominator) for fraction in fractions), denominator

    def cells(self) -> CellCounts:
        """Sum the weight classes up, exactly."""
        weights, denominator = self.integer_weights()
        answers = self.counts[..., 1:]
        largest = int(self.counts.max(initial=0)) * max(weights, default=1) * max(1, len(weights))
        if largest < _SAFE:
            weighted: npt.NDArray[np.int64] | npt.NDArray[np.object_] = np.tensordot(
                answers, np.array(weights, dtype=np.int64), axes=([3], [0])
            )
        else:
            weighted = np.tensordot(answers.astype(object), np.array(weights, dtype=object), axes=([3], [0]))
        return CellCounts(answers.sum(axis=3), weighted, denominator, self.returned)

    def to_bytes(self) -> bytes:
        """The cube as one byte string (little-endian), to be stored with a run."""
        head = {
            "shape": list(self.counts.shape),
            "weights": [str(weight) for weight in self.class_weights],
            "joint": None if self.joint is None else list(self.joint.shape),
        }
        parts = [_MAGIC, json.dumps(head).encode(), b"\n", self.counts.astype("<i8").tobytes()]
        if self.joint is not None:
            parts.append(self.joint.astype("<i8").tobytes())
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> "CountCube":
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        if not data.startswith(_MAGIC):
            raise ValueError("not a count cube")
        end = data.index(b"\n", len(_MAGIC))
        head = json.loads(data[len(_MAGIC) : end])
        numbers = np.frombuffer(data, dtype="<i8", offset=end + 1).astype(np.int64)
        size = math.prod(head["shape"])
        joint = None if head["joint"] is None else numbers[size:].reshape(head["joint"])
        weights = tuple(Decimal(weight) for weight in head["weights"])
        return cls(numbers[:size].reshape(head["shape"]), weights, joint)


def item_pairs(items: int) -> list[tuple[int, int]]:
    """The pairs q < q' in the order of `CountCube.joint`."""
    return [(first, second) for first in range(items) for second in range(first + 1, items)]
