"""The report on weights in words: by group, the tightest first; for its page and the workbook."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from departments.models import Department
from evaluation.selectors import configuration_of
from evaluation.wording import label_of
from scoring.core.sensitivity import Range, StratumSensitivity, from_json
from scoring.models import ScoreRun, SensitivityReport

#: Margins below these are marked, in percentage points: a weight is set in whole points, and often rounded to fives.
VERY_TIGHT, TIGHT = Decimal(1), Decimal(5)


@dataclass(frozen=True)
class Reach:
    """Within which weights one end of the group stays, and who comes there beyond."""

    range: Range
    below: str
    above: str
    # Where the cell of a department concerned is hidden: the weight at which two meet tells what it answered.
    is_hidden: bool = False

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
    """One stratum of a group; how far its weight can move before the first or the last changes."""

    stratum: str
    weight: Decimal
    first: Reach
    last: Reach

    @property
    def margin(self) -> Decimal | None:
        """The smaller margin of those that can be shown; None where there is none."""
        shown = [reach.range.margin(self.weight) for reach in (self.first, self.last) if not reach.is_hidden]
        return min((margin for margin in shown if margin is not None), default=None)

    @property
    def is_free(self) -> bool:
        """Whether no weight of this stratum changes either end."""
        return self.first.is_free and self.last.is_free

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
        return [row for row in self.rows if not row.is_free]

    @property
    def free(self) -> list[WeightRow]:
        """The strata whose weight changes neither."""
        return [row for row in self.rows if row.is_free]

    @property
    def free_names(self) -> str:
        """What those are called."""
        return _("; ").join(row.stratum for row in self.free)

    @property
    def tightest(self) -> WeightRow | None:
        """The stratum whose weight decides soonest; None where none ever does, or none that can be shown."""
        return next((row for row in self.rows if row.margin is not None), None)


def groups_of(report: SensitivityReport) -> list[WeightGroup]:
    """The report by group, in the order of the round."""
    rules = configuration_of(report.run.round)
    strata = {plan.code: label_of(plan) for plan in rules.strata}
    names = {row.code: str(row) for row in Department.objects.all()}
    found: dict[str, list[StratumSensitivity]] = {}
    for row in from_json(report.rows):
        found.setdefault(row.group, []).append(row)
    labels = {group.code: label_of(group) for group in rules.groups}
    hidden = _hidden_cells(report.run)
    return [
        WeightGroup(
            code,
            labels[code],
            _names(rows[0].first_now, names),
            _names(rows[0].last_now, names),
            sorted((_row(row, strata, names, hidden) for row in rows), key=_tightness),
        )
        for code, rows in found.items()
    ]


def _hidden_cells(run: ScoreRun) -> set[tuple[str, str]]:
    """Department and stratum of the cells that enter the score and are not shown."""
    return {
        (code, entry["stratum"])
        for code, cells in run.breakdown.items()
        for entry in cells["strata"]
        if entry["hidden"] and Decimal(entry["effective_weight"]) > 0
    }


def _tightness(row: WeightRow) -> tuple[bool, bool, Decimal]:
    return row.is_free, row.margin is None, row.margin or Decimal(0)


def _row(
    row: StratumSensitivity, strata: Mapping[str, str], names: Mapping[str, str], hidden: Set[tuple[str, str]]
) -> WeightRow:
    def reach(now: tuple[str, ...], range: Range) -> Reach:
        concerned = {*now, *(range.below or ()), *(range.above or ())}
        found = Reach(range, _names(range.below, names), _names(range.above, names))
        tells = not found.is_free and any((code, row.stratum) in hidden for code in concerned)
        return replace(found, is_hidden=tells)

    return WeightRow(strata[row.stratum], row.weight, reach(row.first_now, row.first), reach(row.last_now, row.last))


def _names(codes: tuple[str, ...] | None, names: Mapping[str, str]) -> str:
    """Who stands there; "" where it never comes to that."""
    if codes is None:
        return ""
    return _("; ").join(names.get(code, code) for code in codes) or _("nobody can be ranked")
