"""The workbook's sheet on weights: how far each could move before the first or last of a group changes."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from foundation.tables.writing import Sheet, Value
from scoring.models import ScoreRun, SensitivityReport
from scoring.weights import Reach, groups_of


def sensitivity_sheets(run: ScoreRun, heading: str) -> list[Sheet]:
    """One sheet where the report of this run has been made, else none."""
    report = SensitivityReport.objects.filter(run=run).first()
    if report is None:
        return []
    groups = groups_of(report)

    def rows() -> Iterator[list[Value]]:
        for group in groups:
            for row in group.rows:
                start: list[Value] = [group.name, row.stratum, row.weight, row.margin]
                yield [*start, group.first, *_reach(row.first), group.last, *_reach(row.last)]

    return [
        Sheet(
            name=_("Reach of weights"),
            title=f"{heading} — {_('Reach of weights')}",
            headers=[
                _("Group"),
                _("Stratum"),
                _("Weight"),
                pgettext("weights", "Margin"),
                pgettext("weights", "First now"),
                _("First stays from"),
                _("First stays to"),
                _("First below"),
                _("First above"),
                pgettext("weights", "Last now"),
                _("Last stays from"),
                _("Last stays to"),
                _("Last below"),
                _("Last above"),
            ],
            rows=rows(),
            number_formats=dict.fromkeys((2, 3, 5, 6, 10, 11), "0.00"),
            frozen_columns=2,
        )
    ]


def _reach(reach: Reach) -> list[Value]:
    if reach.is_hidden:
        return [_("too few")] * 4
    return [reach.range.low, reach.range.high, reach.below, reach.above]
