"""The result as JSON: figures as strings, null where there is none.

`results_json` is what a recount writes; `full_json` has the same keys and, for the pages that explain a score, what
every figure came from.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluation.definition import ScoringDefinition
from evaluation.definition.values import plain

from .bootstrap import RankUncertainty
from .figures import as_text, rounded
from .result import DepartmentResult, MeanRates, Result
from .uncertainty import interval


def results_json(result: Result, intervals: Mapping[str, tuple[int, int]] | None = None) -> dict[str, Any]:
    """What `python -m scoring` writes: departments in the order of `departments.csv`.

    `intervals` are the rank intervals by department code, where the bootstrap ran.
    """
    return {"departments": [_department(row, (intervals or {}).get(row.code)) for row in result.departments]}


def results_text(result: Result, intervals: Mapping[str, tuple[int, int]] | None = None) -> str:
    """The file `results.json`, to the letter: equal results, equal text, hence one fingerprint."""
    return text_of(results_json(result, intervals))


def text_of(data: Mapping[str, Any]) -> str:
    """`results_json` as the file has it."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def full_json(
    definition: ScoringDefinition, result: Result, uncertainty: RankUncertainty | None = None
) -> dict[str, Any]:
    """`results_json` with more: per department the cells by stratum and criterion, the comparison, the intervals; the
    means of groups and city; how the strata were sampled; the bootstrap.

    The cells are those of the score, small ones included: whoever shows them asks `privacy.hidden_strata` first.
    """
    intervals = uncertainty.intervals() if uncertainty else {}
    departments = []
    for row in result.departments:
        chance = uncertainty.departments.get(row.code) if uncertainty else None
        departments.append(
            _department(row, intervals.get(row.code))
            | {
                "interval_satisfaction": _interval(row.satisfaction, row.se_satisfaction),
                "interval_dissatisfaction": _interval(row.dissatisfaction, row.se_dissatisfaction),
                "chance_last": None if chance is None else round(chance.chance_last, 4),
                "comparison": _comparison(row, definition.decimals),
                "strata": _strata(definition, row),
            }
        )
    return {
        "departments": departments,
        "groups": [_means(row) for row in result.groups],
        "city": _means(result.city),
        "sampling": [
            {
                "stratum": entry.code,
                "returned": entry.returned,
                "population": entry.population,
                "design_effect": plain(entry.design_effect),
                "flag": entry.flag,
            }
            for entry in result.sampling
        ],
        "bootstrap": None
        if uncertainty is None
        else {
            "seed": uncertainty.seed,
            "replicates": uncertainty.replicates,
            "pairs": [
                {"group": pair.group, "upper": pair.upper, "lower": pair.lower, "chance": round(pair.chance, 4)}
                for pair in uncertainty.pairs
            ],
        },
    }


def _department(row: DepartmentResult, rank_interval: tuple[int, int] | None) -> dict[str, Any]:
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
        "rank_interval": None if rank_interval is None else list(rank_interval),
    }


def _interval(rate: Decimal | None, error: Decimal | None) -> list[str | None] | None:
    return None if rate is None or error is None else [as_text(end) for end in interval(rate, error)]


def _comparison(row: DepartmentResult, places: int) -> dict[str, Any] | None:
    """Both terms of A_d with their changes; None for an insufficient department."""
    if row.comparison is None:
        return None
    terms = {}
    for name in ("satisfaction", "dissatisfaction"):
        terms[name] = {
            "change": _figure(getattr(row.comparison, f"change_{name}"), places),
            "points": _figure(getattr(row.comparison, f"points_{name}"), places),
            "capped": getattr(row.comparison, f"capped_{name}"),
            "still": getattr(row.comparison, f"still_{name}"),
        }
    return terms


def _strata(definition: ScoringDefinition, row: DepartmentResult) -> list[dict[str, Any]]:
    """The cells by stratum: weights in per cent, rates at the round's decimals, counts by valid choice."""
    places = definition.decimals
    group = definition.group(row.group)
    return [
        {
            "code": stratum.code,
            "weight": plain(group.weight(stratum.code)),
            "items": [
                {
                    "code": item.code,
                    "valid": cell.valid,
                    "counts": list(cell.counts),
                    "reports": cell.reports,
                    "effective_weight": _figure(100 * cell.effective_weight, places),
                    "satisfaction": _figure(cell.satisfaction, places),
                    "dissatisfaction": _figure(cell.dissatisfaction, places),
                    "base": _figure(cell.base, places),
                }
                for item, cell in zip(definition.items, (line[at] for line in row.rates.cells), strict=True)
            ],
        }
        for at, stratum in enumerate(definition.strata)
    ]


def _figure(value: Fraction | None, places: int) -> str | None:
    return None if value is None else as_text(rounded(value, places))


def _means(row: MeanRates) -> dict[str, Any]:
    return {
        "code": row.code,
        "ranked": row.ranked,
        "satisfaction": as_text(row.satisfaction),
        "dissatisfaction": as_text(row.dissatisfaction),
    }
