"""The result as `results.json`: figures as strings, null where there is none."""

from collections.abc import Mapping
from typing import Any

from .figures import as_text
from .result import DepartmentResult, Result


def results_json(result: Result, intervals: Mapping[str, tuple[int, int]] | None = None) -> dict[str, Any]:
    """What `python -m scoring` writes: departments in the order of `departments.csv`.

    `intervals` are the rank intervals by department code, where the bootstrap ran.
    """
    return {"departments": [_department(row, (intervals or {}).get(row.code)) for row in result.departments]}


def _department(row: DepartmentResult, interval: tuple[int, int] | None) -> dict[str, Any]:
    outcomes = row.outcomes
    return {
        "code": row.code,
        "group": row.group,
        "status": row.status,
        "satisfaction": as_text(row.satisfaction),
        "dissatisfaction": as_text(row.dissatisfaction),
        "base": as_text(row.base),
        "adjustment": as_text(row.adjustment),
        "public": as_text(row.public),
        "assessment": as_text(row.assessment),
        "bonus": as_text(row.bonus),
        "deduction": as_text(row.deduction),
        "total": as_text(row.total),
        "group_rank": row.group_rank,
        "overall_rank": row.overall_rank,
        "movement": row.movement,
        "baseline": row.baseline,
        "omitted_strata": list(row.omitted_strata),
        "outcomes": None
        if outcomes is None
        else {
            "key_help": list(outcomes.key_help),
            "advanced": outcomes.advanced,
            "people_satisfied": outcomes.people_satisfied,
            "most_improved": outcomes.most_improved,
        },
        "se_satisfaction": as_text(row.se_satisfaction),
        "se_dissatisfaction": as_text(row.se_dissatisfaction),
        "rank_interval": None if interval is None else list(interval),
    }
