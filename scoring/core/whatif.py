"""Other rules on the same counts: what the result would be, beside the run and never over it.

A trial must not become a way to ask what few people answered. Its totals are for ranking alone and never shown: two of
them would solve for the answers of a small cell. And weights can be pushed until a handful decides the order; where a
handful is among the cells, `telling` says which changes would do that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from evaluation.definition import ScoringDefinition

from .cube import CountCube
from .model import Adjustment, Baseline, Department
from .result_json import results_json
from .score import score

#: How much a class of evaluators may gain on another by a trial where cells of it are small.
MOST_GAIN = 3


def telling(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    cube: CountCube,
    class_weights: Sequence[Decimal],
    *,
    min_cell: int,
) -> tuple[frozenset[str], bool]:
    """What a trial must leave as it is, so that no cell of fewer than `min_cell` valid answers decides an order.

    The codes of groups in which so small a cell enters the score at all (`min_valid` below `min_cell`): there the
    weights of strata would single it out. And whether `class_weights` (tried, in the cube's order) make one class gain
    more than `MOST_GAIN` times on another although some department has fewer than `min_cell` answers of a class in a
    stratum that reports.
    """
    choices = [1 + at for at, choice in enumerate(definition.scale) if choice.is_valid]
    by_class = cube.counts[..., choices].sum(axis=4)
    valid = by_class.sum(axis=3)
    judged = np.array(
        [[definition.group(row.group).weight(entry.code) > 0 for entry in definition.strata] for row in departments],
        dtype=bool,
    ).reshape(len(departments), 1, len(definition.strata))
    reports = judged & (valid >= definition.min_valid)
    small = (reports & (valid < min_cell)).any(axis=(1, 2))
    gains = [Fraction(new) / Fraction(old) for new, old in zip(class_weights, cube.class_weights, strict=True)]
    pushed = max(gains, default=Fraction(1)) > MOST_GAIN * min(gains, default=Fraction(1))
    few = pushed and bool(((by_class > 0) & (by_class < min_cell) & reports[..., None]).any())
    return frozenset(row.group for row, is_small in zip(departments, small, strict=True) if is_small), few


def trial(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    cube: CountCube,
    class_weights: Sequence[Decimal],
    *,
    baselines: Mapping[str, Baseline],
    assessments: Mapping[str, Decimal],
    adjustments: Mapping[str, Adjustment],
) -> list[dict[str, Any]]:
    """The `departments` of results.json under `definition` and `class_weights` (in the order of the cube's classes).

    Rank intervals are None: they take the ballots, a trial has counts alone. Raises ScoringError as `score` does,
    ValueError for a class weight that is not above 0 or another number of classes.
    """
    result = score(
        definition,
        departments,
        replace(cube, class_weights=tuple(class_weights)),
        baselines=baselines,
        assessments=assessments,
        adjustments=adjustments,
    )
    rows: list[dict[str, Any]] = results_json(result)["departments"]
    return rows
