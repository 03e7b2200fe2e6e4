"""A stored run explained: read from what is kept with it, computed again, and only shown if it comes out the same."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.definition import RoundConfiguration
from evaluation.selectors import configuration_of
from evaluation.wording import label_of
from scoring.core.basis import Basis
from scoring.core.cube import CountCube
from scoring.core.differences import FIGURES, compared
from scoring.core.explaining import Explainer
from scoring.core.privacy import hidden_strata
from scoring.core.result_json import results_json
from scoring.core.score import score
from scoring.models import ScoreRun

#: A rank interval takes the ballots; everything else follows from the counts.
_RECOMPUTED = tuple(figure for figure in FIGURES if figure != "rank_interval")


class Unexplained(Exception):
    """A run that does not come out again as it was: it was scored by a program with other rules."""


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


def explainer_of(run: ScoreRun) -> Explainer:
    """Explains every department of a run. Raises Unexplained when its figures do not come out again."""
    basis = Basis.from_json(run.basis)
    cube = CountCube.from_bytes(zlib.decompress(bytes(run.cube)))
    about: dict[str, Any] = {
        "baselines": basis.baselines,
        "assessments": basis.assessments,
        "adjustments": basis.adjustments,
    }
    result = score(basis.definition, basis.departments, cube, **about)
    again: list[dict[str, Any]] = results_json(result)["departments"]
    found = compared(run.result["departments"], again, _RECOMPUTED)
    if found.differences or found.outcomes:
        raise Unexplained(f"run {run.number} of {run.round.year}, program {run.code_version}")
    hidden = hidden_strata(
        basis.definition, basis.departments, cube.cells(), min_cell=configuration_of(run.round).min_cell
    )
    return Explainer(basis.definition, result, hidden, **about)
