"""Other rules on the same counts: what the result would be, beside the run and never over it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from evaluation.definition import ScoringDefinition

from .cube import CountCube
from .model import Adjustment, Baseline, Department
from .result_json import results_json
from .score import score


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
