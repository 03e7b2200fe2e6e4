"""Chart specifications (docs/design.md, "Charts") from selectors' rows; every chart carries its own data table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from portal.selectors import DepartmentYearRow, RankedGroup, StratumRow, YearRow
from scoring.core.uncertainty import interval


def _figure(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)


def _around(value: Decimal | None, error: Decimal | None) -> tuple[float | None, float | None]:
    """The 95 % interval of a rate."""
    if value is None or error is None:
        return None, None
    low, high = interval(value, error)
    return float(low), float(high)


def city_trend(rows: Sequence[YearRow]) -> dict[str, Any]:
    """City-wide satisfaction and dissatisfaction over the years."""
    first, last = rows[0], rows[-1]
    summary = ""
    if first.satisfaction is not None and last.satisfaction is not None:
        summary = _("From %(first)s to %(last)s the satisfaction rate went from %(from)s %% to %(to)s %%.") % {
            "first": first.year,
            "last": last.year,
            "from": f"{first.satisfaction:.2f}",
            "to": f"{last.satisfaction:.2f}",
        }
    return {
        "preset": "trend",
        "title": _("City-wide rates by year"),
        "unit": "%",
        "decimals": 2,
        "categories": [str(row.year) for row in rows],
        "category_label": _("Year"),
        "series": [
            {"name": _("Satisfaction rate"), "values": [_figure(row.satisfaction) for row in rows]},
            {"name": _("Dissatisfaction rate"), "values": [_figure(row.dissatisfaction) for row in rows]},
        ],
        "summary": summary,
    }


def group_bars(group: RankedGroup) -> dict[str, Any]:
    """Satisfaction of a group's departments in the order of their ranks, with 95 % intervals."""
    rows = [row for row in group.rows if row.score.satisfaction is not None]
    ranges = [_around(row.score.satisfaction, row.score.se_satisfaction) for row in rows]
    spec: dict[str, Any] = {
        "preset": "bars",
        "title": _("%(group)s: satisfaction rate, in the order of rank") % {"group": group.name},
        "unit": "%",
        "decimals": 2,
        "categories": [str(row.score.department) for row in rows],
        "category_label": _("Department"),
        "series": [
            {
                "name": _("Satisfaction rate"),
                "values": [_figure(row.score.satisfaction) for row in rows],
                "low": [low for low, _high in ranges],
                "high": [high for _low, high in ranges],
            }
        ],
        "summary": _("Bars show the rate, whiskers the range in which it lies with 95 % certainty."),
    }
    if group.satisfaction is not None:
        spec["reference"] = {"value": float(group.satisfaction), "name": _("Group mean")}
    return spec


def department_trend(rows: Sequence[DepartmentYearRow]) -> dict[str, Any]:
    """A department's rates over the years with their 95 % ranges."""
    satisfied = [_around(row.score.satisfaction, row.score.se_satisfaction) for row in rows]
    return {
        "preset": "trend",
        "title": _("Rates by year"),
        "unit": "%",
        "decimals": 2,
        "categories": [str(row.year) for row in rows],
        "category_label": _("Year"),
        "series": [
            {
                "name": _("Satisfaction rate"),
                "values": [_figure(row.score.satisfaction) for row in rows],
                "low": [low for low, _high in satisfied],
                "high": [high for _low, high in satisfied],
            },
            {"name": _("Dissatisfaction rate"), "values": [_figure(row.score.dissatisfaction) for row in rows]},
        ],
        "summary": _("The band is the range in which the rate lies with 95 % certainty."),
    }


def rank_trend(rows: Sequence[DepartmentYearRow]) -> dict[str, Any]:
    """A department's rank in its group over the years, with the 95 % range of ranks."""
    return {
        "preset": "trend",
        "title": _("Rank in the group by year (1 is best)"),
        "unit": "",
        "decimals": 0,
        "inverse": True,
        "categories": [str(row.year) for row in rows],
        "category_label": _("Year"),
        "series": [
            {
                "name": _("Rank in the group"),
                "values": [_figure(row.score.group_rank) for row in rows],  # type: ignore[arg-type]
                "low": [row.interval[0] if row.interval else None for row in rows],
                "high": [row.interval[1] if row.interval else None for row in rows],
            }
        ],
        "summary": _("The band is the range of ranks that cannot be told apart with 95 % certainty."),
    }


def strata_bars(rows: Sequence[StratumRow]) -> dict[str, Any]:
    """How the strata judged a department; hidden ones left out."""
    shown = [row for row in rows if row.satisfaction is not None]
    return {
        "preset": "bars",
        "title": _("Satisfaction rate by stratum"),
        "unit": "%",
        "decimals": 2,
        "categories": [row.name for row in shown],
        "category_label": _("Stratum"),
        "series": [{"name": _("Satisfaction rate"), "values": [_figure(row.satisfaction) for row in shown]}],
        "summary": _("Strata with too few answers are not shown."),
    }
