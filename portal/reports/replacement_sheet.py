"""The workbook's sheet on replacements: how many seats changed hands, by stratum and reason."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from evaluation.models import ReplacementReason, Round
from evaluation.replacements import StratumReplacements, by_stratum, together
from foundation.tables.writing import Sheet, Value


def replacement_sheets(round: Round, heading: str) -> list[Sheet]:
    """One sheet with a row per stratum and their sum; none for a round without a draw on record."""
    strata = by_stratum(round)
    if not strata:
        return []

    def rows() -> Iterator[list[Value]]:
        for row in strata:
            yield _row(row.label, row)
        yield _row(_("Together"), together(strata))

    return [
        Sheet(
            name=_("Replacements"),
            title=f"{heading} — {_('Replacements')}",
            headers=[
                _("Stratum"),
                _("Seats"),
                _("Replaced"),
                _("Replaced, of the seats"),
                *(str(label) for label in ReplacementReason.labels),
                _("Reserve"),
                _("Left in reserve"),
            ],
            rows=rows(),
            number_formats={3: "0.00%"},
        )
    ]


def _row(label: str, row: StratumReplacements) -> list[Value]:
    rate = float(row.rate) if row.rate is not None else None
    return [label, row.seats, row.replaced, rate, *row.by_reason, row.reserve, row.unused]
