"""How sure is a rank: a stratified bootstrap over whole ballots, so that departments stay correlated.

Reporting strata and W* stay fixed; every replicate goes through the comparison with last year, the comprehensive score
and the ranking of its group as the published figures do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from evaluation.definition import Band, ScoringDefinition

from .ballots import Ballots, canonical_columns
from .comparison import Z
from .model import Adjustment, Baseline, Department
from .rates import DepartmentRates
from .resampling import Floats, Workspace, resampled_sums, statistics
from .result import DepartmentResult, Result
from .uncertainty import sampling

REPLICATES = 1000
#: Shares of replicates below and above the 95 % interval.
_LOW, _HIGH = 0.025, 0.975
#: Comparisons of two departments held at once (one byte each).
_COMPARED_AT_ONCE = 1 << 23


@dataclass(frozen=True, slots=True)
class RankChance:
    """One ranked department: its 95 % interval of ranks in the group, and the chance (0–1) that it is the last."""

    code: str
    group: str
    rank_interval: tuple[int, int]
    chance_last: float


@dataclass(frozen=True, slots=True)
class NeighbourPair:
    """Two neighbours of the published order of a group and the chance (0–1) that this order is right."""

    group: str
    upper: str
    lower: str
    chance: float


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """The published order of a group's ranked departments, and how sure it is.

    `chances[i][j − i − 1]` is the chance (0–1) that the i-th of `codes` comes before the j-th, i < j, a tie counting
    half.
    """

    group: str
    codes: tuple[str, ...]
    chances: tuple[tuple[float, ...], ...]

    def chance(self, upper: int, lower: int) -> float:
        """That the department at `upper` comes before the one at `lower`, positions from 0 in the published order."""
        return self.chances[upper][lower - upper - 1]


@dataclass(frozen=True, slots=True)
class RankUncertainty:
    """What the bootstrap says; `seed` (hex) and `replicates` redo it."""

    seed: str
    replicates: int
    departments: Mapping[str, RankChance]
    orders: tuple[GroupOrder, ...]

    @property
    def pairs(self) -> tuple[NeighbourPair, ...]:
        """Neighbours of the published order, group by group."""
        return tuple(
            NeighbourPair(order.group, upper, lower, order.chance(at, at + 1))
            for order in self.orders
            for at, (upper, lower) in enumerate(zip(order.codes, order.codes[1:], strict=False))
        )

    def intervals(self) -> dict[str, tuple[int, int]]:
        """Rank interval by department code."""
        return {code: chance.rank_interval for code, chance in self.departments.items()}


def rank_uncertainty(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    ballots: Ballots,
    result: Result,
    *,
    seed: str,
    baselines: Mapping[str, Baseline] | None = None,
    assessments: Mapping[str, Decimal] | None = None,
    adjustments: Mapping[str, Adjustment] | None = None,
    replicates: int = REPLICATES,
    progress: Callable[[float], None] | None = None,
) -> RankUncertainty:
    """Bootstrap the ranks of a scored round.

    `result` is what `score` gave for the same input, `seed` is hexadecimal (SHA-256 of the input fingerprint);
    `progress` is told the share done (0–1). The order of ballots, departments and strata does not matter. Memory:
    a copy of one stratum's packed ballots and a few blocks.
    """
    ranked = [at for at, row in enumerate(result.departments) if row.ranked]
    ranked.sort(key=lambda at: departments[at].code)
    if not ranked:
        return RankUncertainty(seed, replicates, {}, ())
    resampled = _Resampled(definition, [result.departments[at].rates for at in ranked], ranked, replicates)
    generator = np.random.Generator(np.random.PCG64(int(seed, 16)))
    columns = canonical_columns(definition, departments)
    returned = [ballots.returned(stratum, len(columns)) for stratum in range(len(definition.strata))]
    plans = sampling(definition, returned)
    order = sorted(range(len(plans)), key=lambda at: plans[at].code)
    workspace = Workspace()
    for done, stratum in enumerate(order, start=1):
        cells = resampled.cells(stratum)
        if cells:
            wanted = resampled.columns(cells, columns)
            answers = ballots.canonical(stratum, columns)
            plan = plans[stratum]
            sums = resampled_sums(plan, answers, wanted, resampled.kinds, replicates, generator, workspace)
            resampled.add(stratum, cells, sums)
        if progress is not None:
            progress(done / len(order))
    rows = [result.departments[at] for at in ranked]
    totals = _totals(definition, rows, resampled, baselines or {}, assessments or {}, adjustments or {})
    return _summary(definition, rows, _keys(definition, totals, resampled), seed, replicates)


class _Resampled:
    """S, U and B of every replicate, (replicates, ranked departments), summed up stratum by stratum."""

    def __init__(
        self, definition: ScoringDefinition, rates: Sequence[DepartmentRates], ranked: Sequence[int], replicates: int
    ) -> None:
        self._definition = definition
        self._rates = rates
        self._ranked = ranked
        self._shares = [float(item.share) for item in definition.items]
        self.kinds, self._combine = statistics(definition)
        self.satisfaction = np.zeros((replicates, len(rates)))
        self.dissatisfaction = np.zeros_like(self.satisfaction)
        self.base = np.zeros_like(self.satisfaction)

    def cells(self, stratum: int) -> list[tuple[int, int]]:
        """(item, ranked department) of every cell of this stratum that enters the score."""
        return [
            (item, at)
            for item in range(len(self._definition.items))
            for at, rates in enumerate(self._rates)
            if rates.cells[item][stratum].reports
        ]

    def columns(self, cells: Sequence[tuple[int, int]], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The canonical columns of these cells; `columns` gives the frozen column of each canonical one."""
        places = np.empty_like(columns)
        places[columns] = np.arange(len(columns))
        items = len(self._definition.items)
        return places[[self._ranked[at] * items + item for item, at in cells]]

    def add(self, stratum: int, cells: Sequence[tuple[int, int]], sums: Floats) -> None:
        """Add a_q/100 · W* times the rates of one stratum; `sums` (replicates, kinds, cells)."""
        valid, satisfied, dissatisfied, value = (_combined(sums, row) for row in self._combine)
        own = [self._rates[at].cells[item][stratum] for item, at in cells]
        empty = valid <= 0
        if empty.any():  # a replicate that drew no valid ballot of a cell keeps the cell's own rate
            satisfied = np.where(empty, [float((cell.satisfaction or 0) / 100) for cell in own], satisfied)
            dissatisfied = np.where(empty, [float((cell.dissatisfaction or 0) / 100) for cell in own], dissatisfied)
            value = np.where(empty, [float(cell.base or 0) for cell in own], value)
            valid = np.where(empty, 1.0, valid)
        shares = [
            self._shares[item] * cell.weight / cell.reporting_weight for (item, _), cell in zip(cells, own, strict=True)
        ]
        factor = np.divide(shares, valid)
        value = value * factor
        factor *= 100.0
        satisfied, dissatisfied = satisfied * factor, dissatisfied * factor
        of_item, at = (np.array(column) for column in zip(*cells, strict=True))
        for item in range(len(self._definition.items)):
            picked = np.flatnonzero(of_item == item)
            for target, part in (
                (self.satisfaction, satisfied),
                (self.dissatisfaction, dissatisfied),
                (self.base, value),
            ):
                if picked.size == target.shape[1] == part.shape[1]:
                    target += part
                else:
                    target[:, at[picked]] += part[:, picked]


def _combined(sums: Floats, row: Floats) -> Floats:
    """Σ_k row_k · sums[:, k], shape (replicates, cells); a view of `sums` where that is all."""
    kinds = np.flatnonzero(row)
    if not kinds.size:
        return np.zeros((sums.shape[0], sums.shape[2]))
    if kinds.size == 1 and row[kinds[0]] == 1.0:
        return sums[:, kinds[0]]
    result = row[kinds[0]] * sums[:, kinds[0]]
    for kind in kinds[1:]:
        result += sums[:, kind] if row[kind] == 1.0 else row[kind] * sums[:, kind]
    return result  # type: ignore[no-any-return]


def _totals(
    definition: ScoringDefinition,
    rows: Sequence[DepartmentResult],
    resampled: _Resampled,
    baselines: Mapping[str, Baseline],
    assessments: Mapping[str, Decimal],
    adjustments: Mapping[str, Adjustment],
) -> Floats:
    """T of every replicate and ranked department."""
    share_e = float(definition.composite.public or 0) / 100
    share_k = float(definition.composite.assessment or 0) / 100
    totals = resampled.base.copy()
    for at, row in enumerate(rows):
        baseline = baselines.get(row.code)
        if definition.year_over_year.method != "none" and baseline is not None and baseline.satisfaction is not None:
            totals[:, at] += _points(definition, row, baseline, resampled, at)
    totals *= share_e
    for at, row in enumerate(rows):
        adjustment = adjustments.get(row.code, Adjustment())
        totals[:, at] += share_k * float(assessments.get(row.code, 0))
        totals[:, at] += float(adjustment.bonus) - float(adjustment.deduction)
    return totals


def _points(
    definition: ScoringDefinition, row: DepartmentResult, baseline: Baseline, resampled: _Resampled, at: int
) -> Floats:
    """A_d of every replicate of one department."""
    rule = definition.year_over_year
    points_s = _term(
        resampled.satisfaction[:, at] - float(baseline.satisfaction or 0),
        float(baseline.satisfaction or 0),
        (row.se_satisfaction, baseline.se_satisfaction) if rule.deadband else None,
        rule.method,
        float(rule.satisfied or 0),
        rule.cap_satisfied,
        rule.bands_satisfied,
    )
    points_u = _term(
        resampled.dissatisfaction[:, at] - float(baseline.dissatisfaction or 0),
        float(baseline.dissatisfaction or 0),
        (row.se_dissatisfaction, baseline.se_dissatisfaction) if rule.deadband else None,
        rule.method,
        float(rule.dissatisfied or 0),
        rule.cap_dissatisfied,
        rule.bands_dissatisfied,
    )
    return points_s - points_u


def _term(
    change: Floats,
    last: float,
    deadband: tuple[Decimal | None, Decimal] | None,
    method: str,
    factor: float,
    cap: Decimal | None,
    bands: Sequence[Band],
) -> Floats:
    """One term of A_d over the replicates: `comparison._points` in floats, the dead band at the published errors."""
    if method == "banded":
        starts = [float(band.start or 0) for band in bands]
        points = np.array([0.0, *(float(band.points or 0) for band in bands)])
        result = points[np.searchsorted(starts, change, side="right")]
    else:
        amount = change
        if method == "headroom":
            up, down = max(100.0 - last, 1e-12), max(last, 1e-12)
            amount = np.where(change > 0, change / up, change / down)
        result = factor * amount
        if cap is not None:
            result = np.clip(result, -float(cap), float(cap))
    if deadband is not None:
        margin = float(Z * Z) * sum(float(error or 0) ** 2 for error in deadband)
        result = np.where(change * change <= margin, 0.0, result)
    return result


def _keys(definition: ScoringDefinition, totals: Floats, resampled: _Resampled) -> list[Floats]:
    """What decides a place, larger is better, rounded as published: T, then the tie breakers."""
    breakers = {"satisfaction": resampled.satisfaction, "dissatisfaction": -resampled.dissatisfaction}
    keys = [totals, *(breakers[name] for name in definition.tie_break)]
    return [np.round(key, definition.decimals) for key in keys]


def _summary(
    definition: ScoringDefinition, rows: Sequence[DepartmentResult], keys: Sequence[Floats], seed: str, replicates: int
) -> RankUncertainty:
    chances: dict[str, RankChance] = {}
    orders: list[GroupOrder] = []
    for group in sorted({row.group for row in rows}):
        # in the published order, so that neighbours stand side by side
        members = sorted(
            (at for at, row in enumerate(rows) if row.group == group), key=lambda at: rows[at].group_rank or 0
        )
        ranks, right = _contest([key[:, members] for key in keys])
        last = (ranks == ranks.max(axis=1, keepdims=True)).mean(axis=0)
        ordered = np.sort(np.ascontiguousarray(ranks.T), axis=1)
        low = ordered[:, max(0, int(np.ceil(_LOW * replicates)) - 1)]
        high = ordered[:, int(np.ceil(_HIGH * replicates)) - 1]
        for position, at in enumerate(members):
            own = rows[at].group_rank or 0
            interval = min(own, int(low[position])), max(own, int(high[position]))
            chances[rows[at].code] = RankChance(rows[at].code, group, interval, float(last[position]))
        after = tuple(tuple(right[at, at + 1 :].tolist()) for at in range(len(members)))
        orders.append(GroupOrder(group, tuple(rows[at].code for at in members), after))
    in_order = {row.code: chances[row.code] for row in rows}
    return RankUncertainty(seed, replicates, in_order, tuple(orders))


def _contest(keys: Sequence[Floats]) -> tuple[npt.NDArray[np.int32], Floats]:
    """Ranks (replicates, members), and for each two members the share of replicates in which the first comes before
    the second (members, members), a tie counting half."""
    replicates, members = keys[0].shape
    ranks = np.empty((replicates, members), dtype=np.int32)
    right = np.zeros((members, members))
    step = max(1, _COMPARED_AT_ONCE // (members * members))
    for start in range(0, replicates, step):
        parts = [key[start : start + step] for key in keys]
        before = parts[0][:, :, None] > parts[0][:, None, :]
        if 2 * np.count_nonzero(before) < len(before) * members * (members - 1):  # somebody is tied on T
            equal = parts[0][:, :, None] == parts[0][:, None, :]
            for part in parts[1:]:
                before |= equal & (part[:, :, None] > part[:, None, :])
                equal &= part[:, :, None] == part[:, None, :]
            right += 0.5 * equal.sum(axis=0)
        right += before.sum(axis=0)
        # a narrow sum is several times faster, and nobody has more members before it than there are
        narrow = np.uint8 if members <= 256 else np.int32
        ranks[start : start + step] = before.view(np.uint8).sum(axis=1, dtype=narrow)
    return ranks + 1, right / replicates
