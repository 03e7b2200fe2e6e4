"""The representativeness report as sheets of a workbook."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluation.models import Round
from evaluation.representation.report import Comparison, Report, Returned, report_of
from evaluation.representation.words import (
    category_label,
    dimension_label,
    drawn_verdict,
    returned_verdict,
    strata_verdict,
)
from evaluation.selectors import standing_draw
from foundation.tables.writing import Sheet, Value


def representation_sheets(round: Round, heading: str) -> list[Sheet]:
    """Two sheets: the strata and the comparisons by district, industry and size of unit; none before the report."""
    record = standing_draw(round.year)
    report = report_of(round, record) if record else None
    if report is None:
        return []
    return [_strata(report, heading), _comparisons(report, heading)]


def _back(back: Returned, least: int) -> list[Value]:
    if back.returned is None:
        return [back.asked, _("fewer than %(least)s, or hidden beside such") % {"least": least}, None]
    return [back.asked, back.returned, back.returned / back.asked if back.asked else None]


def _strata(report: Report, heading: str) -> Sheet:
    def rows() -> Iterator[list[Value]]:
        for row in report.strata:
            yield [
                row.label,
                row.size,
                row.seats,
                row.seats / row.size if row.size else None,
                row.drawn,
                row.lightest,
                row.heaviest,
                *_back(row.back, report.least),
            ]
        yield []
        for verdict in (strata_verdict(report), *map(drawn_verdict, report.comparisons)):
            if verdict:
                yield [verdict.text]
        for verdict in map(returned_verdict, report.comparisons):
            if verdict:
                yield [verdict.text]

    return Sheet(
        name=_("Representativeness"),
        title=f"{heading} — {_('Representativeness')}",
        headers=[
            _("Stratum"),
            _("Could be drawn"),
            _("Seats"),
            _("Chance"),
            _("Drawn"),
            _("Smallest design weight"),
            _("Largest design weight"),
            _("Asked"),
            _("Returned"),
            _("Rate of return"),
        ],
        rows=rows(),
        widths={0: 30},
        number_formats={3: "0.00%", 5: "0.00", 6: "0.00", 9: "0.0%"},
    )


def _comparisons(report: Report, heading: str) -> Sheet:
    def lines(comparison: Comparison) -> Iterator[list[Value]]:
        for row in comparison.rows:
            yield [
                dimension_label(comparison.dimension),
                category_label(comparison.dimension, row.category),
                row.people,
                None if row.share is None else row.share / 100,
                row.expected,
                row.drawn,
                None if row.drawn_share is None else row.drawn_share / 100,
                {-1: _("fewer"), 0: "", 1: _("more")}[row.mark],
                *_back(row.back, report.least),
                {-1: pgettext("rate of return", "less"), 0: "", 1: pgettext("rate of return", "more")}[row.back.mark],
            ]

    return Sheet(
        name=_("Drawn by kind"),
        title=f"{heading} — {_('Drawn and returned against the register')}",
        headers=[
            _("Compared by"),
            _("Category"),
            _("Could be drawn"),
            _("Share of the register"),
            _("Expected under the plan"),
            _("Drawn"),
            _("Share of the drawn"),
            _("Drawn beyond chance"),
            _("Asked"),
            _("Returned"),
            _("Rate of return"),
            _("Returned beyond chance"),
        ],
        rows=(line for comparison in report.comparisons for line in lines(comparison)),
        frozen_columns=2,
        number_formats={3: "0.0%", 4: "0.0", 6: "0.0%", 10: "0.0%"},
    )
