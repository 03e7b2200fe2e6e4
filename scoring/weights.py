"""The report on weights in words: by group, the tightest first; for its page and the workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from departments.models import Department
from evaluation.selectors import configuration_of
from evaluation.wording import label_of
from scoring.core.sensitivity import Range, StratumSensitivity, from_json
from scoring.models import SensitivityReport

#: Margins below these are marked, in percentage points: a weight is set in whole points, and often rounded to fives.
VERY_TIGHT, TIGHT = Decimal(1), Decimal(5)


@dataclass(frozen=True)
class Reach:
    """Within which weights one end of the group stays, and who comes there beyond."""

    range: Range
    below: str
    above: str

    @property
    def is_free(self) -> bool:
        """Whether no weight changes it."""
        return self.range.below is None and self.range.above is None

    @property
    def width(self) -> Decimal:
        """From the lowest to the highest weight, for a bar."""
        return self.range.high - self.range.low


@dataclass(frozen=True)
class WeightRow:
    """One stratum of a group; `margin` is how far its weight can move before the first or the last changes."""

    stratum: str
    weight: Decimal
    margin: Decimal | None
    first: Reach
    last: Reach

    @property
    def heat(self) -> str:
        """Class of the shade, the tighter the warmer; "" where there is room."""
        if self.margin is None or self.margin >= TIGHT:
            return ""
        return "margin-very-tight" if self.margin < VERY_TIGHT else "margin-tight"

    @property
    def is_searched(self) -> bool:
        return self.first.range.searched or self.last.range.searched


@dataclass(frozen=True)
class WeightGroup:
    """A group, who is first and last in it now, and its strata, the tightest first."""

    code: str
    name: str
    first: str
    last: str
    rows: list[WeightRow]

    @property
    def moving(self) -> list[WeightRow]:
        """The strata whose weight can change the first or the last, the tightest first."""
        return [row for row in self.rows if row.margin is not None]

    @property
    def free(self) -> list[WeightRow]:
        """The strata whose weight changes neither."""
        return [row for row in self.rows if row.margin is None]

    @property
    def free_names(self) -> str:
        """What those are called."""
        return _("; ").join(row.stratum for row in self.free)

    @property
    def tightest(self) -> WeightRow | None:
        """The stratum whose weight decides soonest; None where none ever does."""
        return next(iter(self.moving), None)


def groups_of(report: SensitivityReport) -> list[WeightGroup]:
    """The report by group, in the order of the round."""
    rules = configuration_of(report.run.round)
    strata = {plan.code: label_of(plan) for plan in rules.strata}
    names = {row.code: str(row) for row in Department.objects.all()}
    found: dict[str, list[StratumSensitivity]] = {}
    for row in from_json(report.rows):
        found.setdefault(row.group, []).append(row)
    labels = {group.code: label_of(group) for group in rules.groups}
    return [
        WeightGroup(
            code,
            labels[code],
            _names(rows[0].first_now, names),
            _names(rows[0].last_now, names),
            [_row(row, strata, names) for row in sorted(rows, key=_tightness)],
        )
        for code, rows in found.items()
    ]


def _tightness(row: StratumSensitivity) -> tuple[bool, Decimal]:
    return row.margin is None, row.margin or Decimal(0)


def _row(row: StratumSensitivity, strata: Mapping[str, str], names: Mapping[str, str]) -> WeightRow:
    def reach(range: Range) -> Reach:
        return Reach(range, _names(range.below, names), _names(range.above, names))

    return WeightRow(strata[row.stratum], row.weight, row.margin, reach(row.first), reach(row.last))


def _names(codes: tuple[str, ...] | None, names: Mapping[str, str]) -> str:
    """Who stands there; "" where it never comes to that."""
    if codes is None:
        return ""
    return _("; ").join(names.get(code, code) for code in codes) or _("nobody can be ranked")
