"""The page of trial draws: what was stored, as tables and charts against the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from evaluation.definition import StratumPlan
from evaluation.models import Round, TrialDraws
from evaluation.selectors import configuration_of
from evaluation.wording import label_of
from evaluators.trials import EVERY_STRATUM

_DIMENSIONS: dict[str, str | Promise] = {"district": gettext_lazy("District"), "industry": gettext_lazy("Industry")}
#: A label is named as over- or under-represented from so many percentage points of the places on.
_NOTABLE = 1.0


@dataclass(frozen=True)
class LabelRow:
    """One district or industry. Shares in per cent; ``low`` and ``high``: nine of ten trials lie between."""

    label: str
    size: int
    register_share: float
    mean: float
    place_share: float
    low: int
    high: int
    never: int

    @property
    def difference(self) -> float:
        """Share of the places less share of the register, in percentage points."""
        return self.place_share - self.register_share


@dataclass(frozen=True)
class DimensionPart:
    """One dimension: its table, its chart and what it says in words."""

    name: str
    chart_id: str
    rows: Sequence[LabelRow]
    chart: Mapping[str, Any]
    words: str


@dataclass(frozen=True)
class TrialPage:
    """One set of trial draws as shown. ``is_current``: the quotas saved now are those that were tried."""

    record: TrialDraws
    is_current: bool
    stratum: str
    strata: Sequence[tuple[str, str]]
    numbers: Sequence[int]
    parts: Sequence[DimensionPart]
    drawn: float


def trial_page(round: Round, number: str = "", stratum: str = EVERY_STRATUM) -> TrialPage | None:
    """The set with this number, or the newest; None where there is none, or no such stratum in it."""
    sets = TrialDraws.objects.select_related("made_by").filter(round=round)
    if number and not (number.isascii() and number.isdigit() and len(number) < 6):
        return None
    record = sets.filter(number=number).first() if number else sets.first()
    if record is None:
        return None
    plans = [StratumPlan.from_dict(row) for row in record.strata]
    if stratum and stratum not in {plan.code for plan in plans}:
        return None
    parts = [
        _part(
            dimension, name, [row for row in record.rows if (row["dimension"], row["stratum"]) == (dimension, stratum)]
        )
        for dimension, name in _DIMENSIONS.items()
    ]
    return TrialPage(
        record=record,
        is_current=record.strata == [plan.to_dict() for plan in configuration_of(round).strata],
        stratum=stratum,
        strata=[(plan.code, label_of(plan)) for plan in plans],
        numbers=list(sets.values_list("number", flat=True)[:20]),
        parts=parts,
        drawn=sum(row.mean for row in parts[0].rows),
    )


def _part(dimension: str, name: str | Promise, found: Sequence[Mapping[str, Any]]) -> DimensionPart:
    size, mean = sum(row["size"] for row in found), sum(row["mean"] for row in found)
    rows = [
        LabelRow(
            label=row["label"] or pgettext("trial draws", "not stated"),
            size=row["size"],
            register_share=100 * row["size"] / size,
            mean=row["mean"],
            place_share=100 * row["mean"] / mean if mean else 0.0,
            low=row["low"],
            high=row["high"],
            never=row["never"],
        )
        for row in sorted(found, key=lambda row: (-row["size"], row["label"]))
    ]
    return DimensionPart(str(name), f"trial-{dimension}", rows, _chart(name, rows), _words(rows))


def _chart(name: str | Promise, rows: Sequence[LabelRow]) -> dict[str, Any]:
    return {
        "preset": "bars",
        "title": _("Places by %(dimension)s") % {"dimension": str(name).lower()},
        "decimals": 1,
        "categories": [row.label for row in rows],
        "category_label": name,
        "series": [
            {
                "name": _("Expected places"),
                "values": [row.mean for row in rows],
                "low": [row.low for row in rows],
                "high": [row.high for row in rows],
            }
        ],
        "summary": _("The bar is the mean of the trials; nine of ten trials lie within the line."),
    }


def _words(rows: Sequence[LabelRow]) -> str:
    """Who gets clearly more or less than its share, and who may get nothing."""
    comma = _(", ")
    sentences = []
    more = [row.label for row in rows if row.difference >= _NOTABLE]
    less = [row.label for row in rows if row.difference <= -_NOTABLE]
    if more:
        sentences.append(
            _("More of the places than of the register (by a percentage point or more): %(labels)s.")
            % {"labels": comma.join(more)}
        )
    if less:
        sentences.append(_("Less of the places than of the register: %(labels)s.") % {"labels": comma.join(less)})
    if not more and not less:
        sentences.append(_("Every share of the places is within a percentage point of the share of the register."))
    never = [row.label for row in rows if row.never]
    if never:
        sentences.append(_("In some trials nobody was drawn of: %(labels)s.") % {"labels": comma.join(never)})
    return " ".join(sentences)
