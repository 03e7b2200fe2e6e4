"""What may be shown of a result by stratum, criterion and choice: computed once with the run, small cells taken out.

Nothing that is hidden here is kept in readable form beside it, so that no screen, file or API can show it by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluation.definition import ScoringDefinition
from evaluation.models import Round
from evaluation.selectors import configuration_of
from scoring.core.cube import CountCube
from scoring.core.figures import as_text, rounded
from scoring.core.model import Department
from scoring.core.privacy import HiddenCells, hidden_strata
from scoring.core.rates import Cell
from scoring.core.result import DepartmentResult, Result


def breakdown(definition: ScoringDefinition, result: Result, cube: CountCube, round: Round) -> dict[str, Any]:
    """By department code: ``strata``, ``items`` and ``choices``.

    ``strata``: a row per stratum that judges the department: ``stratum``, ``weight`` and ``effective_weight`` (per
    cent), ``hidden``, and where not hidden ``valid`` (answers that count), ``satisfaction``, ``dissatisfaction`` (per
    cent) and ``base`` (0-100). ``items``: the same three per criterion over all strata. ``choices``: the share of each
    valid choice over all strata and criteria, per cent. Figures are text at the round's decimals; null where there is
    none.
    """
    departments = [Department(row.code, "", row.group) for row in result.departments]
    min_cell = configuration_of(round).min_cell
    hidden = hidden_strata(definition, departments, cube.cells(), min_cell=min_cell)
    return {
        row.code: {
            "strata": _strata(definition, row, at, hidden),
            "items": _items(definition, row),
            "choices": _choices(definition, row),
        }
        for at, row in enumerate(result.departments)
    }


def _text(value: Fraction | Decimal | None, places: int) -> str | None:
    return None if value is None else as_text(rounded(value, places))


def _share(definition: ScoringDefinition, at: int) -> Fraction:
    return Fraction(definition.items[at].weight or 0) / 100


def _mean(definition: ScoringDefinition, values: Sequence[Fraction | None]) -> Fraction | None:
    """The mean over the criteria by their weights; None where a criterion has no valid answer."""
    total = Fraction(0)
    for at, value in enumerate(values):
        if value is None:
            return None
        total += _share(definition, at) * value
    return total


def _strata(definition: ScoringDefinition, row: DepartmentResult, at: int, hidden: HiddenCells) -> list[dict[str, Any]]:
    places = definition.decimals
    rows = []
    for position, stratum in enumerate(definition.strata):
        cells: list[Cell] = [by_stratum[position] for by_stratum in row.rates.cells]
        weight = definition.group(row.group).weight(stratum.code)
        if weight <= 0:
            continue
        entry: dict[str, Any] = {
            "stratum": stratum.code,
            "weight": as_text(rounded(Fraction(weight), 2)),
            "effective_weight": _text(
                100 * sum((_share(definition, q) * cell.effective_weight for q, cell in enumerate(cells)), Fraction(0)),
                places,
            ),
            "reports": all(cell.reports for cell in cells),
            "hidden": hidden.hides(at, position),
        }
        if not entry["hidden"]:
            entry["valid"] = max(cell.valid for cell in cells)
            entry["satisfaction"] = _text(_mean(definition, [cell.satisfaction for cell in cells]), places)
            entry["dissatisfaction"] = _text(_mean(definition, [cell.dissatisfaction for cell in cells]), places)
            entry["base"] = _text(_mean(definition, [cell.base for cell in cells]), places)
        rows.append(entry)
    return rows


def _items(definition: ScoringDefinition, row: DepartmentResult) -> list[dict[str, Any]]:
    places = definition.decimals
    valid = [choice for choice in definition.scale if choice.is_valid]
    rows = []
    for item, shares in zip(definition.items, row.rates.choices, strict=True):
        entry: dict[str, Any] = {"item": item.code, "satisfaction": None, "dissatisfaction": None, "base": None}
        if shares:
            pairs = list(zip(valid, shares, strict=True))
            entry["satisfaction"] = _text(_of(pairs, "satisfied"), places)
            entry["dissatisfaction"] = _text(_of(pairs, "dissatisfied"), places)
            entry["base"] = _text(sum((choice.points * share for choice, share in pairs), Fraction(0)), places)
        rows.append(entry)
    return rows


def _of(pairs: Sequence[tuple[Any, Fraction]], counts: str) -> Fraction:
    return 100 * sum((share for choice, share in pairs if choice.counts == counts), Fraction(0))


def _choices(definition: ScoringDefinition, row: DepartmentResult) -> dict[str, str | None]:
    valid = [choice for choice in definition.scale if choice.is_valid]
    complete = all(row.rates.choices)
    return {
        choice.code: _text(_combined(definition, row, c), definition.decimals) if complete else None
        for c, choice in enumerate(valid)
    }


def _combined(definition: ScoringDefinition, row: DepartmentResult, choice: int) -> Fraction:
    """The share of a valid choice over all criteria by their weights, per cent."""
    return 100 * sum(
        (_share(definition, q) * shares[choice] for q, shares in enumerate(row.rates.choices)), Fraction(0)
    )
