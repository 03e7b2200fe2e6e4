"""A stored run explained: read from what is kept with it, computed again, and only shown if it comes out the same."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from departments.models import Department as DepartmentRow
from evaluation.definition import RoundConfiguration, ScoringDefinition
from evaluation.models import Round
from evaluation.selectors import ballot_definition_of, configuration_of
from evaluation.wording import label_of
from scoring.core.cube import CountCube
from scoring.core.differences import FIGURES, compared
from scoring.core.explaining import Explainer
from scoring.core.model import Adjustment, Baseline, Department, ScoringError
from scoring.core.outcomes import PROBLEM, VETO
from scoring.core.privacy import hidden_strata
from scoring.core.result import Result
from scoring.core.result_json import results_json
from scoring.core.score import score
from scoring.inputs import assessments_of, baselines_of
from scoring.models import ScoreRun

#: A rank interval takes the ballots; everything else follows from the counts.
_RECOMPUTED = tuple(figure for figure in FIGURES if figure != "rank_interval")


class Unexplained(Exception):
    """A run that does not come out again as it was: what it was scored from is no longer there."""


@dataclass(frozen=True)
class Labels:
    """What strata, criteria, choices and groups are called, by code, in the reader's language."""

    strata: Mapping[str, str]
    items: Mapping[str, str]
    choices: Mapping[str, str]
    groups: Mapping[str, str]

    @classmethod
    def of(cls, configuration: RoundConfiguration) -> Labels:
        return cls(
            *(
                {part.code: label_of(part) for part in parts}
                for parts in (configuration.strata, configuration.items, configuration.scale, configuration.groups)
            )
        )


@dataclass(frozen=True)
class _Inputs:
    definition: ScoringDefinition
    departments: tuple[Department, ...]
    cube: CountCube
    baselines: Mapping[str, Baseline]
    assessments: Mapping[str, Decimal]
    adjustments: Mapping[str, Adjustment]

    def score(self) -> Result:
        return score(self.definition, self.departments, self.cube, **self.about)

    @property
    def about(self) -> dict[str, Any]:
        return {"baselines": self.baselines, "assessments": self.assessments, "adjustments": self.adjustments}


def explainer_of(run: ScoreRun) -> Explainer:
    """Explains every department of a run. Raises Unexplained when its figures do not come out again.

    Assessment scores may have been corrected since; then those that the run recorded are taken.
    """
    inputs = _inputs(run)
    for candidate in (inputs, _as_recorded(inputs, run)):
        try:
            result = candidate.score()
        except ScoringError:
            continue
        rows: list[dict[str, Any]] = results_json(result)["departments"]
        if not _differs(run.result["departments"], rows):
            hidden = hidden_strata(
                candidate.definition,
                candidate.departments,
                candidate.cube.cells(),
                min_cell=configuration_of(run.round).min_cell,
            )
            return Explainer(candidate.definition, result, hidden, **candidate.about)
    raise Unexplained(f"run {run.number} of {run.round.year}")


def _differs(stored: list[dict[str, Any]], again: list[dict[str, Any]]) -> bool:
    found = compared(stored, again, _RECOMPUTED)
    return bool(found.differences or found.outcomes)


def _inputs(run: ScoreRun) -> _Inputs:
    """What a run was scored from, as far as it stands there now."""
    round: Round = run.round
    configuration = configuration_of(round)
    groups = {entry.code: entry.group for entry in ballot_definition_of(round).departments}
    names = dict(DepartmentRow.objects.values_list("code", "full_name"))
    cube = CountCube.from_bytes(zlib.decompress(bytes(run.cube)))
    assessments, adjustments = assessments_of(round.year)
    return _Inputs(
        definition=configuration.scoring_definition(round.year, round.populations or {}),
        departments=tuple(Department(code, names.get(code, code), groups[code]) for code in run.axes["departments"]),
        cube=cube,
        baselines=baselines_of(round),
        assessments=assessments,
        adjustments=adjustments,
    )


def _as_recorded(inputs: _Inputs, run: ScoreRun) -> _Inputs:
    """The same with the assessment, bonus and deduction that the run's own table shows, and its vetoes."""
    assessments: dict[str, Decimal] = {}
    adjustments: dict[str, Adjustment] = {}
    for row in run.result["departments"]:
        if row["assessment"] is not None:
            assessments[row["code"]] = Decimal(row["assessment"])
        reasons = (row["outcomes"] or {}).get("key_help", [])
        adjustments[row["code"]] = Adjustment(
            Decimal(row["bonus"] or 0),
            Decimal(row["deduction"] or 0),
            VETO if VETO in reasons else "",
            PROBLEM if PROBLEM in reasons else "",
        )
    return replace(inputs, assessments=assessments, adjustments=adjustments)
