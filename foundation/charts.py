"""A chart's specification and the table that says the same: one source for picture, table and CSV.

``spec`` (JSON-able): ``preset`` (see PRESETS), ``title``, ``unit``, ``decimals``, ``categories`` (names, one per row),
``series``: list of ``{"name", "values"}`` with one value or None per category, optional ``low`` and ``high`` (interval
ends), optional ``category_label`` and ``summary``; further keys are the presets' own (docs/design.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from foundation import formats

PRESETS = ("trend", "bars", "slope", "stacked", "heatmap")


class ChartError(ValueError):
    """The specification contradicts itself; the text says where."""


@dataclass(frozen=True)
class ChartTable:
    """The chart in figures: column headings, then one row per category, each ``(name, figures)``."""

    headings: list[str]
    rows: list[tuple[str, list[str]]]


def check(spec: dict[str, Any]) -> None:
    """Raise ChartError for an unknown preset or a series whose length is not that of the categories."""
    if spec.get("preset") not in PRESETS:
        raise ChartError(f"unknown preset {spec.get('preset')!r}; known: {', '.join(PRESETS)}")
    wanted = len(spec["categories"])
    for series in spec["series"]:
        for key in ("values", "low", "high"):
            if key in series and len(series[key]) != wanted:
                raise ChartError(f"{series['name']}: {len(series[key])} {key} for {wanted} categories")


def table(spec: dict[str, Any]) -> ChartTable:
    """The figures of a chart as text, intervals beside their figure. Raises ChartError as ``check`` does."""
    check(spec)
    places = int(spec.get("decimals", 0))
    unit = spec.get("unit", "")
    headings = [str(spec.get("category_label") or _("Name"))]
    for series in spec["series"]:
        headings.append(f"{series['name']}（{unit}）" if unit else str(series["name"]))
        if "low" in series:
            headings.append(_("%(name)s: likely range") % {"name": series["name"]})
    rows: list[tuple[str, list[str]]] = []
    for index, category in enumerate(spec["categories"]):
        figures: list[str] = []
        for series in spec["series"]:
            figures.append(formats.points(series["values"][index], places))
            if "low" in series:
                figures.append(formats.interval((series["low"][index], series["high"][index]), places))
        rows.append((str(category), figures))
    return ChartTable(headings, rows)


def payload(spec: dict[str, Any]) -> dict[str, Any]:
    """What the script draws: figures rounded as in the table, and the words it needs in the page's language."""
    check(spec)
    places = int(spec.get("decimals", 0))
    series = [
        {
            **one,
            "name": str(one["name"]),
            **{key: [_rounded(value, places) for value in one[key]] for key in ("values", "low", "high") if key in one},
        }
        for one in spec["series"]
    ]
    words = {"range": _("likely range"), "low": _("lower end"), "high": _("upper end"), "none": _("no figure")}
    texts = {key: str(spec.get(key, "")) for key in ("title", "unit", "summary")}
    names = {
        "category_label": str(spec.get("category_label") or _("Name")),
        "categories": [str(name) for name in spec["categories"]],
    }
    return {**spec, **texts, **names, "series": series, "words": words}


def _rounded(value: formats.Number | None, places: int) -> float | None:
    text = formats.points(value, places)
    return None if text == formats.DASH else float(text.replace(formats.MINUS, "-"))
