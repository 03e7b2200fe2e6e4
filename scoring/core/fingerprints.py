"""One canonical order and fingerprint of a round's input, whatever order it came in.

Departments, items and strata are taken by code, ballots by stratum, weight and answers, so that the same input gives
the same fingerprint (and from it the same bootstrap) on every machine.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from evaluation.definition import ScoringDefinition
from evaluation.definition.values import canonical_json, plain

from .ballots import Ballots, canonical_columns
from .model import Adjustment, Baseline, Department


def input_fingerprint(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    ballots: Ballots,
    *,
    baselines: Mapping[str, Baseline],
    assessments: Mapping[str, Decimal],
    adjustments: Mapping[str, Adjustment],
) -> str:
    """SHA-256 (64 hex digits) of everything that goes into the score."""
    digest = hashlib.sha256()
    digest.update(canonical_json(canonical_head(definition, departments, baselines, assessments, adjustments)))
    columns = canonical_columns(definition, departments)
    strata = sorted(range(len(definition.strata)), key=lambda at: definition.strata[at].code)
    for stratum in strata:
        for weight, answers in ballots.canonical(stratum, columns):
            digest.update(canonical_json([definition.strata[stratum].code, plain(weight), len(answers)]))
            digest.update(np.ascontiguousarray(answers).data)
    return digest.hexdigest()


def canonical_head(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    baselines: Mapping[str, Baseline],
    assessments: Mapping[str, Decimal],
    adjustments: Mapping[str, Adjustment],
) -> dict[str, Any]:
    """Everything but the ballots, as plain data in canonical order. Names and labels change no number: left out."""
    rules = definition.to_round_json()
    for key in ("items", "strata", "groups"):
        rules[key] = sorted(
            ({name: value for name, value in row.items() if name != "label"} for row in rules[key]),
            key=lambda row: str(row["code"]),
        )
    rules["scale"] = [{name: value for name, value in row.items() if name != "label"} for row in rules["scale"]]
    codes = {department.code for department in departments}

    def shown(value: Decimal | None) -> str | None:
        return None if value is None else plain(value)

    return {
        "round": rules,
        "departments": sorted([department.code, department.group] for department in departments),
        "baselines": {
            code: [
                shown(row.satisfaction),
                shown(row.dissatisfaction),
                row.group_rank,
                row.overall_rank,
                shown(row.se_satisfaction),
                shown(row.se_dissatisfaction),
                row.source,
            ]
            for code, row in baselines.items()
            if code in codes
        },
        "assessments": {code: plain(score) for code, score in assessments.items() if code in codes},
        "adjustments": {
            code: [plain(row.bonus), plain(row.deduction), bool(row.veto), bool(row.problem)]
            for code, row in adjustments.items()
            if code in codes
        },
    }
