"""The ballots of a round as packed bytes, and one canonical order of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from evaluation.definition import ScoringDefinition

from .cube import CountCube
from .model import Department
from .tally import CubeShape, Packed, tally_packed

Answers = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Ballots:
    """The ballots of a round as packed bytes by (stratum, weight class), positions from 0.

    Each value holds whole ballots of `departments × items` bytes one after the other; `class_weights` are the weights
    of the classes.
    """

    packed: Mapping[tuple[int, int], Packed]
    class_weights: tuple[Decimal, ...]
    #: Their counts where these were made while they were read; of no meaning for what the ballots are.
    counted: "Counted | None" = field(default=None, compare=False, repr=False)

    def matrix(self, stratum: int, weight_class: int, width: int) -> Answers:
        """The ballots of one stratum and class, shape (n, width)."""
        data = self.packed.get((stratum, weight_class), b"")
        return np.frombuffer(data, dtype=np.uint8).reshape(-1, width) if width else np.zeros((0, 0), dtype=np.uint8)

    def returned(self, stratum: int, width: int) -> int:
        """Ballots of one stratum, blank ones included."""
        sizes = (len(self.packed.get((stratum, at), b"")) for at in range(len(self.class_weights)))
        return sum(sizes) // width if width else 0

    def cube(self, definition: ScoringDefinition, departments: int) -> CountCube:
        """The count cube. Raises `ScoringError` for bytes that are no ballots of this round."""
        shape = CubeShape.of(
            departments, len(definition.items), len(definition.strata), self.class_weights, definition.scale
        )
        if self.counted is not None and self.counted.shape == shape:
            return self.counted.cube
        return tally_packed(shape, self.packed)

    def by_weight(self) -> list[tuple[Decimal, list[int]]]:
        """Positions of the classes of each weight, by ascending weight: what a class is called changes no number."""
        grouped: dict[Decimal, list[int]] = {}
        for position, weight in enumerate(self.class_weights):
            grouped.setdefault(weight, []).append(position)
        return sorted(grouped.items())

    def canonical(self, stratum: int, columns: npt.NDArray[np.int64]) -> list[tuple[Decimal, npt.NDArray[np.uint8]]]:
        """The ballots of one stratum by ascending weight, columns reordered, rows sorted; empty ones left out."""
        result = []
        identity = bool((columns == np.arange(len(columns))).all())
        for weight, classes in self.by_weight():
            portions = [self.matrix(stratum, at, len(columns)) for at in classes]
            answers = portions[0] if len(portions) == 1 else np.concatenate(portions)
            if len(answers):
                result.append((weight, sorted_rows(answers if identity else answers[:, columns])))
        return result


@dataclass(frozen=True, slots=True)
class Counted:
    """The count cube of some ballots in a shape."""

    shape: CubeShape
    cube: CountCube


def canonical_columns(definition: ScoringDefinition, departments: Sequence[Department]) -> npt.NDArray[np.int64]:
    """For each column of the canonical order (departments, then items, by code) its column in the frozen order."""
    items = len(definition.items)
    by_department = sorted(range(len(departments)), key=lambda at: departments[at].code)
    by_item = sorted(range(items), key=lambda at: definition.items[at].code)
    return np.array([d * items + q for d in by_department for q in by_item], dtype=np.int64)


def sorted_rows(answers: Answers) -> Answers:
    """The rows of a uint8 matrix in ascending byte order."""
    if answers.shape[0] < 2 or answers.shape[1] == 0:
        return answers
    rows = np.ascontiguousarray(answers).view(f"V{answers.shape[1]}").reshape(-1)
    return np.sort(rows).view(np.uint8).reshape(answers.shape)
