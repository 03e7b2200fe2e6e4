"""Which cells of a breakdown must not be shown, in any form.

Three rules: fewer than `min_cell` valid answers; all valid answers alike below 20 (such a cell tells everybody's
answer); and, wherever a hidden cell could be had by subtracting the shown ones from a total, the next-smallest too.

Subtraction takes many forms: a department's rates are a total of W* · p over its strata, so what the shown strata
leave of it is known to every reader. Two hidden cells are not enough if together they are all "satisfied", or if one
of them weighs next to nothing. Hence the test of exchange: a cell is safe if one of its answers could be another one
and the other hidden cells make up for it, so that every total stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from evaluation.definition import ScoringDefinition

from .cube import CellCounts
from .model import Department

Mask = npt.NDArray[np.bool_]
Valid = npt.NDArray[np.int64]

#: A cell whose answers all agree is shown from this many on.
UNANIMOUS_SHOWN_FROM = 20


def small_cells(valid: Valid, unanimous: Mask, *, min_cell: int) -> Mask:
    """Cells hidden for their own sake: too few valid answers, or all alike among fewer than 20. Empty cells too."""
    return (valid < min_cell) | (unanimous & (valid < UNANIMOUS_SHOWN_FROM))


def with_complements(
    valid: Valid, hidden: Mask, *, min_cell: int, in_row_total: Mask | None = None, column_totals: bool = False
) -> Mask:
    """Hide further cells until no hidden one can be had by subtraction.

    `valid` (n, m) are the valid answers of the cells, `hidden` what is hidden for its own sake, `in_row_total` which
    cells make up the total of their row that the reader knows (default: all); `column_totals` says that the totals of
    the columns are known as well. A total that holds hidden answers must hold two hidden cells with answers and at
    least `min_cell` answers among them, else its smallest shown cell goes too (a cell without answers protects
    nobody). Returns the mask (n, m) of all hidden cells.
    """
    mask = hidden.copy()
    in_row = valid if in_row_total is None else np.where(in_row_total, valid, 0)
    lines = [(in_row[row], mask[row]) for row in range(valid.shape[0])]
    if column_totals:
        lines += [(valid[:, column], mask[:, column]) for column in range(valid.shape[1])]
    changed = True
    while changed:  # every pass that changes anything hides one more cell, so this ends
        changed = False
        for numbers, hides in lines:
            while _exposed(numbers, hides, min_cell):
                shown = np.flatnonzero(~hides & (numbers > 0))
                if not shown.size:
                    break
                hides[shown[np.argmin(numbers[shown])]] = True
                changed = True
    return mask


def _exposed(numbers: Valid, hides: Mask, min_cell: int) -> bool:
    """Whether a reader who knows the total of this line learns the answers of a hidden cell."""
    covered = numbers[hides & (numbers > 0)]
    return covered.size > 0 and (covered.size < 2 or int(covered.sum()) < min_cell)


@dataclass(frozen=True, slots=True)
class HiddenCells:
    """`mask` (departments, strata): the cells of the breakdown by stratum that are not shown."""

    mask: Mask

    def hides(self, department: int, stratum: int) -> bool:
        """Whether the cell at these positions is hidden."""
        return bool(self.mask[department, stratum])


def hidden_strata(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    cells: CellCounts,
    *,
    min_cell: int,
    answer_totals: bool = False,
    stratum_totals: bool = False,
) -> HiddenCells:
    """The hidden cells of the breakdown department × stratum, over all criteria together.

    A cell is hidden when it is small or unanimous on any criterion. Strata that do not judge a department's group
    (weight 0) are left open: there is nothing to show. A department's published rates are a total of its reporting
    cells, on every criterion; `answer_totals` says that its answers over all strata are shown too, `stratum_totals`
    that totals by stratum are.
    """
    valid, unanimous = valid_answers(definition, cells)
    weights = [
        [definition.group(row.group).weight(stratum.code) for stratum in definition.strata] for row in departments
    ]
    shape = (len(departments), len(definition.strata))
    judged = np.array([[weight > 0 for weight in row] for row in weights], dtype=bool).reshape(shape)
    hidden = small_cells(valid, unanimous, min_cell=min_cell).any(axis=1) & judged
    reports = (valid >= definition.min_valid) & judged[:, np.newaxis, :]
    answers = np.where(judged, valid.max(axis=1, initial=0), 0)
    mask = hidden
    while True:  # every round hides more cells, so this ends
        mask = with_complements(
            answers,
            mask,
            min_cell=min_cell,
            in_row_total=judged if answer_totals else reports.any(axis=1),
            column_totals=stratum_totals,
        )
        further = _remainders(definition, cells, weights, reports, hidden, mask, min_cell)
        if not (further & ~mask).any():
            return HiddenCells(mask & judged)
        mask |= further


def _remainders(
    definition: ScoringDefinition,
    cells: CellCounts,
    weights: Sequence[Sequence[Decimal]],
    reports: Mask,
    own: Mask,
    mask: Mask,
    min_cell: int,
) -> Mask:
    """The mask with further cells hidden until what the shown strata leave of any criterion's rates tells nothing.

    `reports` (D, Q, S) are the cells in the rates, `own` (D, S) what is hidden for its own sake, `mask` what is hidden.
    """
    choices = [position for position, choice in enumerate(definition.scale) if choice.is_valid]
    found = mask.copy()
    for department, item in np.argwhere((reports & own[:, np.newaxis, :]).any(axis=2)).tolist():
        rows = [
            _Row(Fraction(weights[department][s]), sum(line[0]), tuple(int(number) for number in line[1]))
            if reports[department, item, s]
            else None
            for s, line in enumerate(
                zip(
                    cells.counts[department, item][:, choices].tolist(),
                    cells.weighted[department, item][:, choices].tolist(),
                    strict=True,
                )
            )
        ]
        hides = found[department]
        while not _tells_nothing(rows, own[department], hides, min_cell):
            shown = [s for s, row in enumerate(rows) if row is not None and not hides[s]]
            if not shown:  # nothing is left but the department's own rate, which is published
                break
            hides[min(shown, key=lambda s: (rows[s].valid, s))] = True  # type: ignore[union-attr]
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """A reporting cell: its stratum's weight W, its valid answers, the sums of weights by valid choice."""

    weight: Fraction
    valid: int
    sums: tuple[int, ...]

    def part(self, choice: int) -> Fraction:
        """W · p of one choice."""
        return self.weight * Fraction(self.sums[choice], sum(self.sums))


def _tells_nothing(rows: Sequence[_Row | None], own: Mask, hides: Mask, min_cell: int) -> bool:
    """Whether every cell hidden for its own sake stays open to doubt although the sum of the hidden ones is known."""
    covered = [(s, row) for s, row in enumerate(rows) if row is not None and hides[s]]
    if not any(own[s] for s, _ in covered):
        return True
    if len(covered) < 2 or sum(row.valid for _, row in covered) < min_cell:
        return False
    return all(_exchangeable(row, [other for o, other in covered if o != s]) for s, row in covered if own[s])


def _exchangeable(row: _Row, others: Sequence[_Row]) -> bool:
    """Whether one answer i of the cell could as well be a j, the others giving up as much of j for i: no total moves.

    One answer weighs W/n; the others must hold W · p of j at least as large.
    """
    step = row.weight / row.valid
    room = [sum((other.part(choice) for other in others), Fraction(0)) >= step for choice in range(len(row.sums))]
    return any(row.sums[i] > 0 and room[j] for i in range(len(row.sums)) for j in range(len(row.sums)) if i != j)


def valid_answers(definition: ScoringDefinition, cells: CellCounts) -> tuple[Valid, Mask]:
    """Valid answers (D, Q, S) and whether they all agree."""
    choices = [position for position, choice in enumerate(definition.scale) if choice.is_valid]
    counts = cells.counts[..., choices]
    valid = counts.sum(axis=3)
    largest = counts.max(axis=3, initial=0)
    return valid, (valid > 0) & (largest == valid)


@dataclass(frozen=True, slots=True)
class OpenCell:
    """A cell that enters the score and yet would be hidden elsewhere: the public bundle has to name it.

    `unanimous`: its valid answers all agree, so it tells everybody's; else it only has few of them.
    """

    department: str
    item: str
    stratum: str
    valid: int
    unanimous: bool = True


def open_cells(
    definition: ScoringDefinition, departments: Sequence[Department], cells: CellCounts, *, min_cell: int = 0
) -> list[OpenCell]:
    """The reporting cells that a public bundle cannot leave out; the export asks for confirmation naming them.

    Those below 20 valid answers that all agree, and, in a round whose `min_valid` is below its `min_cell`, those of
    fewer than `min_cell` valid answers.
    """
    valid, unanimous = valid_answers(definition, cells)
    alike = unanimous & (valid < UNANIMOUS_SHOWN_FROM)
    found = np.argwhere((alike | (valid < min_cell)) & (valid >= definition.min_valid))
    return [
        OpenCell(
            departments[d].code,
            definition.items[q].code,
            definition.strata[s].code,
            int(valid[d, q, s]),
            bool(alike[d, q, s]),
        )
        for d, q, s in found.tolist()
        if definition.group(departments[d].group).weight(definition.strata[s].code) > 0
    ]
