"""What the report says to a reader who knows no statistics, its charts and the names of its categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation.representation.collecting import DISTRICT, INDUSTRY, NO_UNIT, OTHER, UNIT_SIZE, UNKNOWN
from evaluation.representation.fit import Fit
from evaluation.representation.report import LEVEL, Comparison, Report, Row
from foundation import formats

_IN_CHART = 15
_NAMED = 5


@dataclass(frozen=True)
class Verdict:
    """One sentence or two. ``kind``: success, warning or info, as notices have."""

    kind: str
    text: str


def dimension_label(dimension: str) -> str:
    """What a dimension is called."""
    return {DISTRICT: _("District"), INDUSTRY: _("Industry"), UNIT_SIZE: _("Size of the unit")}[dimension]


def category_label(dimension: str, category: str) -> str:
    """What a category is called on screen."""
    if category == OTHER:
        return _("all others")
    if dimension != UNIT_SIZE:
        return category if category != UNKNOWN else _("not stated")
    if category == NO_UNIT:
        return _("no unit")
    if category.endswith("+"):
        return _("%(number)s people and more") % {"number": category[:-1]}
    low, _dash, high = category.partition("-")
    return _("%(low)s–%(high)s people") % {"low": low, "high": high}


def chance_text(p: float) -> str:
    """The probability as it is written behind a sentence.

    >>> chance_text(0.4321), chance_text(0.0004)
    ('p = 0.43', 'p < 0.001')
    """
    if p < 0.001:
        return "p < 0.001"
    return f"p = {formats.points(p, 2 if p >= 0.01 else 3)}"


def drawn_verdict(comparison: Comparison) -> Verdict | None:
    """Whether the drawn are like the register; None where there is nothing to compare."""
    fit = comparison.drawn_fit
    if fit is None or not any(row.people for row in comparison.rows):
        return None
    name = dimension_label(comparison.dimension)
    if fit.p is None:
        return Verdict(
            "success",
            _("%(name)s: the plan fixes how many are drawn of each; chance had no part in it.") % {"name": name},
        )
    odd = _odd(comparison, [row for row in comparison.rows if row.mark], _drawn_detail)
    values = {"name": name, "p": chance_text(fit.p), "odd": odd}
    if fit.p >= LEVEL and not odd:
        text = _("%(name)s: the drawn mirror the register; the differences are within chance (%(p)s).")
        return Verdict("success", text % values)
    if fit.p >= LEVEL:
        text = _("%(name)s: on the whole the differences are within chance (%(p)s), yet %(odd)s.")
        return Verdict("warning", text % values)
    if odd:
        text = _(
            "%(name)s: the differences are larger than in 95 of 100 correct draws (%(p)s): %(odd)s. The draw can be "
            "redone from its folder."
        )
    else:
        text = _(
            "%(name)s: the differences are larger than in 95 of 100 correct draws (%(p)s), though no single one stands "
            "out. The draw can be redone from its folder."
        )
    return Verdict("warning", text % values)


def returned_verdict(comparison: Comparison) -> Verdict | None:
    """Whether all kinds of people returned alike; None before anything came back."""
    fit = comparison.returned_fit
    if fit is None:
        return None
    odd = _odd(comparison, [row for row in comparison.rows if row.back.mark], _returned_detail)
    return _return_words(dimension_label(comparison.dimension), fit, odd)


def strata_verdict(report: Report) -> Verdict | None:
    """Whether the strata returned alike."""
    if report.strata_fit is None:
        return None
    odd = _list(
        [
            _returned_phrase(row.label, row.back.mark, row.back.rate)
            for row in sorted(report.strata, key=lambda row: row.back.rate or 0)
            if row.back.mark
        ]
    )
    return _return_words(_("Stratum"), report.strata_fit, odd)


def _return_words(name: str, fit: Fit, odd: str) -> Verdict:
    values = {"name": name, "p": chance_text(fit.p) if fit.p is not None else "", "odd": odd}
    if fit.p is None:
        return Verdict("info", _("%(name)s: too few returned, or stayed away, to tell a difference.") % values)
    if fit.p >= LEVEL and not odd:
        text = _("%(name)s: all returned about alike; the differences are within chance (%(p)s).")
        return Verdict("success", text % values)
    if odd:
        return Verdict("warning", _("%(name)s: not all returned alike (%(p)s): %(odd)s.") % values)
    return Verdict(
        "info", _("%(name)s: not all returned quite alike (%(p)s), though none stands out by itself.") % values
    )


def _odd(comparison: Comparison, rows: Sequence[Row], detail: Any) -> str:
    return _list([detail(category_label(comparison.dimension, row.category), row) for row in rows])


def _list(phrases: Sequence[str]) -> str:
    shown = list(phrases[:_NAMED])
    if len(phrases) > _NAMED:
        shown.append(_("and %(count)s more") % {"count": len(phrases) - _NAMED})
    return pgettext("list of findings", "; ").join(shown)


def _drawn_detail(name: str, row: Row) -> str:
    values = {"name": name, "drawn": row.drawn, "expected": formats.points(row.expected, 1)}
    if row.mark < 0:
        return _("%(name)s has fewer (%(drawn)s drawn, %(expected)s expected)") % values
    return _("%(name)s has more (%(drawn)s drawn, %(expected)s expected)") % values


def _returned_detail(name: str, row: Row) -> str:
    return _returned_phrase(name, row.back.mark, row.back.rate)


def _returned_phrase(name: str, mark: int, rate: float | None) -> str:
    values = {"name": name, "rate": formats.percent(rate, 1)}
    if mark < 0:
        return _("%(name)s returned clearly less (%(rate)s)") % values
    return _("%(name)s returned clearly more (%(rate)s)") % values


def chart(comparison: Comparison) -> dict[str, Any]:
    """Shares in the register as the plan draws from it, of the drawn and of the returned, as bars."""
    rows = comparison.rows[:_IN_CHART]
    series: list[dict[str, Any]] = [
        {"name": _("Register, as the plan draws from it"), "values": [row.expected_share for row in rows]},
        {"name": _("Drawn"), "values": [row.drawn_share for row in rows]},
    ]
    if comparison.returned_fit is not None:
        series.append({"name": _("Returned"), "values": [row.back_share for row in rows]})
    name = dimension_label(comparison.dimension)
    return {
        "preset": "bars",
        "title": _("Shares by %(dimension)s") % {"dimension": name},
        "unit": "%",
        "decimals": 1,
        "categories": [category_label(comparison.dimension, row.category) for row in rows],
        "category_label": name,
        "series": series,
        "summary": " ".join(
            verdict.text for verdict in (drawn_verdict(comparison), returned_verdict(comparison)) if verdict
        ),
    }
