"""Who can be drawn from a stratum, whatever rotation, recusal, cap and cells its plan will have.

The people are counted once by *kind*: how many rounds ago they were drawn last, and which rules of recusal keep them
out. What a plan leaves, and how many of it a cap lets through, is then a sum over kinds: exact, and quick enough to
follow what is typed, however large the register.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from evaluation.definition.parts import RECUSALS

Counts = npt.NDArray[np.int64]
Label = Callable[[Sequence[str], Mapping[str, str]], str]


class Kind(NamedTuple):
    """``ago``: drawn last so many rounds ago, 0 = never. ``barred``: bit i is set where ``RECUSALS[i]`` keeps out."""

    ago: int
    barred: int


NEVER = Kind(0, 0)


class Candidate(NamedTuple):
    """One candidate as far as a plan can tell candidates apart; ``unit`` is None where there is none."""

    kind: Kind
    unit: int | None
    district: str
    industry: str


@dataclass(frozen=True, eq=False)
class Population:
    """The active candidates of one stratum.

    Attributes:
        kinds: the kinds that occur.
        loose: candidates without a unit by kind, shape (kinds,).
        units: different make-ups of units, shape (make-ups, kinds); ``times``: units with each make-up.
        cells: (district, industry); ``in_cells``: candidates, shape (cells, kinds).
        knows_units: False where only the size of the stratum is known.
    """

    kinds: tuple[Kind, ...]
    loose: Counts
    units: Counts
    times: Counts
    cells: tuple[tuple[str, str], ...]
    in_cells: Counts
    knows_units: bool = True

    @classmethod
    def count(cls, candidates: Iterable[Candidate]) -> Population:
        """Count candidates one by one."""
        builder = Builder()
        for candidate in candidates:
            builder.add(candidate)
        return builder.population()

    @classmethod
    def of_size(cls, size: int) -> Population:
        """A stratum of which nothing but the size is known."""
        kinds = (NEVER,) if size else ()
        none = np.zeros((0, len(kinds)), np.int64)
        loose = np.array([size] * len(kinds), np.int64)
        return cls(kinds, loose, none, np.zeros(0, np.int64), (), none, knows_units=False)

    @property
    def active(self) -> int:
        """Everybody counted, before rotation and recusal."""
        return int(self.loose.sum() + (self.units.sum(axis=1) * self.times).sum())

    def allowed(self, rotation: int, recusal: str) -> Counts:
        """1 for the kinds that a plan lets take part, 0 for the others. Raises ValueError for an unknown recusal."""
        bit = 1 << RECUSALS.index(recusal)
        return np.array(
            [int((kind.ago == 0 or kind.ago > rotation) and not kind.barred & bit) for kind in self.kinds], np.int64
        )

    def size(self, rotation: int, recusal: str) -> int:
        """Candidates who neither rest nor are recused."""
        return self.capacity(rotation, recusal, None)

    def resting(self, rotation: int) -> int:
        """Candidates drawn in the last ``rotation`` rounds."""
        resting = np.array([int(0 < kind.ago <= rotation) for kind in self.kinds], np.int64)
        return int(self.loose @ resting + (self.units @ resting) @ self.times)

    def capacity(self, rotation: int, recusal: str, cap: int | None) -> int:
        """The most that can be drawn: Σ over units of min(cap, candidates of the unit), and all without a unit."""
        allowed = self.allowed(rotation, recusal)
        in_units = self.units @ allowed
        if cap is not None:
            in_units = np.minimum(in_units, cap)
        return int(self.loose @ allowed + in_units @ self.times)

    def smallest_cap(self, quota: int, rotation: int, recusal: str) -> int | None:
        """The smallest cap per unit with which ``quota`` can be drawn, None where no cap would do."""
        in_units = self.units @ self.allowed(rotation, recusal)
        low, high = 1, max([1, *in_units.tolist()])
        if self.capacity(rotation, recusal, high) < quota:
            return None
        while low < high:
            middle = (low + high) // 2
            if self.capacity(rotation, recusal, middle) >= quota:
                high = middle
            else:
                low = middle + 1
        return low

    def cell_sizes(self, cell_by: Sequence[str], rotation: int, recusal: str, label: Label) -> dict[str, int]:
        """Candidates by label of the cell, those with at least one; ``label`` makes it of the keys and a place."""
        sizes: Counter[str] = Counter()
        numbers = (self.in_cells @ self.allowed(rotation, recusal)).tolist()
        for (district, industry), number in zip(self.cells, numbers, strict=True):
            if number:
                sizes[label(cell_by, {"district": district, "industry": industry})] += number
        return dict(sizes)

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe; `from_dict` gives it back."""
        return {
            "kinds": [list(kind) for kind in self.kinds],
            "loose": self.loose.tolist(),
            "units": self.units.tolist(),
            "times": self.times.tolist(),
            "cells": [list(cell) for cell in self.cells],
            "in_cells": self.in_cells.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Population:
        """Read what `to_dict` wrote."""
        kinds = tuple(Kind(*kind) for kind in data["kinds"])
        return cls(
            kinds=kinds,
            loose=np.array(data["loose"], np.int64),
            units=_table(data["units"], kinds),
            times=np.array(data["times"], np.int64),
            cells=tuple((district, industry) for district, industry in data["cells"]),
            in_cells=_table(data["in_cells"], kinds),
        )


class Builder:
    """Counts the candidates of one stratum as they come."""

    def __init__(self) -> None:
        self._loose: Counter[Kind] = Counter()
        self._units: dict[int, Counter[Kind]] = {}
        self._cells: dict[tuple[str, str], Counter[Kind]] = {}

    def add(self, candidate: Candidate) -> None:
        """One more."""
        if candidate.unit is None:
            self._loose[candidate.kind] += 1
        else:
            self._units.setdefault(candidate.unit, Counter())[candidate.kind] += 1
        self._cells.setdefault((candidate.district, candidate.industry), Counter())[candidate.kind] += 1

    def population(self) -> Population:
        """What was counted; kinds, make-ups and cells in a fixed order."""
        kinds = tuple(sorted({kind for cell in self._cells.values() for kind in cell}))
        make_ups = Counter(tuple(unit[kind] for kind in kinds) for unit in self._units.values())
        order = sorted(make_ups)
        cells = tuple(sorted(self._cells))
        return Population(
            kinds=kinds,
            loose=np.array([self._loose[kind] for kind in kinds], np.int64),
            units=_table(order, kinds),
            times=np.array([make_ups[make_up] for make_up in order], np.int64),
            cells=cells,
            in_cells=_table([[self._cells[cell][kind] for kind in kinds] for cell in cells], kinds),
        )


def _table(rows: Sequence[Sequence[int]], kinds: Sequence[Kind]) -> Counts:
    """Rows of counts as an array, two-dimensional even without rows."""
    return np.array(rows, np.int64).reshape(len(rows), len(kinds))
