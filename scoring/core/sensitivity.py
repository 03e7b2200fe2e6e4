"""How far a stratum's weight can move before the first or the last of a group changes.

The weight W_gs goes to w between 0 and 100, the other strata of the group are re-spread in proportion,

    W_gj(w) = W_gj · (100 − w) / (100 − W_gs)        for j ≠ s,

and everything else stays. Weights move in steps of `STEP`; an answer is the last step at which `score` still gives the
same first (or last) of the group, and who stands there one step further. Every figure is `score`'s own: what lies
between two scored weights is never computed by another formula but bounded. Each rate of a department is a fraction of
two linear functions of w, hence monotone between the two, and its distance from the chord is known; so from two
scored ends it follows whether any total could have overtaken another in between (`Span`). Where that does not hold
(a dead band, whose standard errors move too; strata that report on some criteria only) the weights are searched in
steps of `SEARCH_STEP` and the answer is marked as searched.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluation.definition import ScoringDefinition
from evaluation.definition.values import plain

from .cube import CountCube
from .model import Adjustment, Baseline, Department
from .weighing import ENDS, FIRST, HUNDRED, LAST, Span, Weighing

#: Weights move in steps of so many percentage points.
STEP = Fraction(1, 100)
#: Steps of the search where nothing can be proved between two weights.
SEARCH_STEP = Fraction(1)
#: Scored weights of one stratum after which a proof is given up for a search (two that never part, never meet).
MOST_PROOFS = 300


@dataclass(frozen=True, slots=True)
class Range:
    """The weights between which one end of a group stays, both included.

    `below` and `above` are the codes that stand there one step further (empty: nobody is ranked there), None where
    the end stays down to 0 or up to 100. `searched` = found by search (see the module), not proved at every step.
    """

    low: Decimal
    high: Decimal
    below: tuple[str, ...] | None
    above: tuple[str, ...] | None
    searched: bool

    def margin(self, weight: Decimal) -> Decimal | None:
        """The smaller of the two distances to a change, percentage points; None where nothing changes."""
        found = [] if self.below is None else [weight - self.low]
        found += [] if self.above is None else [self.high - weight]
        return min(found, default=None)


@dataclass(frozen=True, slots=True)
class StratumSensitivity:
    """One stratum's weight in one group: who is first and last now, and how long each stays."""

    group: str
    stratum: str
    weight: Decimal
    first_now: tuple[str, ...]
    last_now: tuple[str, ...]
    first: Range
    last: Range

    @property
    def margin(self) -> Decimal | None:
        """How far the weight can move before either changes, percentage points; None where neither ever does."""
        margins = [entry.margin(self.weight) for entry in (self.first, self.last)]
        return min((margin for margin in margins if margin is not None), default=None)


def sensitivities(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    cube: CountCube,
    *,
    baselines: Mapping[str, Baseline] | None = None,
    assessments: Mapping[str, Decimal] | None = None,
    adjustments: Mapping[str, Adjustment] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[StratumSensitivity, ...]:
    """Every stratum with a weight above 0 in every group with a ranked department, in the order of the round.

    Arguments as those of `score`. A stratum that alone judges its group is left out: there is nothing to re-spread.
    `progress` is told the share done. Raises as `score` does.
    """
    about = {"baselines": baselines, "assessments": assessments, "adjustments": adjustments}
    wanted = [
        (group.code, stratum.code)
        for group in definition.groups
        for stratum in definition.strata
        if 0 < group.weight(stratum.code) < group.total
    ]
    found = []
    for at, (group, stratum) in enumerate(wanted):
        row = _sensitivity(Weighing(definition, departments, cube, about, group, stratum))
        found += [row] if row else []
        if progress is not None:
            progress((at + 1) / len(wanted))
    return tuple(found)


def as_json(rows: Sequence[StratumSensitivity]) -> list[dict[str, Any]]:
    """The rows as plain JSON, decimals as strings; `from_json` gives them back."""

    def reach(one: Range) -> dict[str, Any]:
        return {
            "low": plain(one.low),
            "high": plain(one.high),
            "below": None if one.below is None else list(one.below),
            "above": None if one.above is None else list(one.above),
            "searched": one.searched,
        }

    return [
        {
            "group": row.group,
            "stratum": row.stratum,
            "weight": plain(row.weight),
            "first_now": list(row.first_now),
            "last_now": list(row.last_now),
            "first": reach(row.first),
            "last": reach(row.last),
        }
        for row in rows
    ]


def from_json(data: Sequence[Mapping[str, Any]]) -> tuple[StratumSensitivity, ...]:
    """Read what `as_json` wrote."""

    def codes(value: Sequence[str] | None) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)

    def reach(value: Mapping[str, Any]) -> Range:
        low, high = Decimal(value["low"]), Decimal(value["high"])
        return Range(low, high, codes(value["below"]), codes(value["above"]), value["searched"])

    return tuple(
        StratumSensitivity(
            row["group"],
            row["stratum"],
            Decimal(row["weight"]),
            tuple(row["first_now"]),
            tuple(row["last_now"]),
            reach(row["first"]),
            reach(row["last"]),
        )
        for row in data
    )


def _sensitivity(weighing: Weighing) -> StratumSensitivity | None:
    now = weighing.at(weighing.weight)
    if not now.ranked:
        return None
    ranges = {end: _range(weighing, end) for end in ENDS}
    return StratumSensitivity(
        weighing.group,
        weighing.stratum,
        weighing.definition.group(weighing.group).weight(weighing.stratum),
        now.end(FIRST),
        now.end(LAST),
        ranges[FIRST],
        ranges[LAST],
    )


def _range(weighing: Weighing, end: str) -> Range:
    searched = not weighing.provable
    edges = []
    for limit in (Fraction(0), HUNDRED):
        edge = None
        if not searched:
            edge = _proved(weighing, end, limit)
        if edge is None:
            searched = True
            edge = _searched(weighing, end, limit)
        edges.append(edge)
    (low, below), (high, above) = edges
    return Range(weighing.decimal(low), weighing.decimal(high), below, above, searched)


Edge = tuple[Fraction, tuple[str, ...] | None]


def _proved(weighing: Weighing, end: str, limit: Fraction) -> Edge | None:
    """The last weight towards `limit` at which the end stays, and who stands there next; None when given up.

    At the limit itself a stratum more or less counts, so that it is a step of its own; on the way there rates are
    continuous, and stretches over which nothing can have changed are skipped.
    """
    here, now = weighing.weight, weighing.at(weighing.weight).end(end)
    way = 1 if limit else -1
    inner = limit - way * STEP
    ahead = [limit] if (inner - here) * way <= 0 else [limit, inner]
    scored = weighing.scored
    while ahead:
        if weighing.scored - scored > MOST_PROOFS:
            return None
        there = ahead[-1]
        state = weighing.at(there)
        close = abs(there - here) <= STEP
        if close and state.end(end) != now:
            return here, state.end(end)
        span = None if close else Span(weighing, here, there)
        if span is None or (state.end(end) == now and span.keeps(end)):
            here = ahead.pop()
        else:
            ahead.append(_between(here, there, span.crossing(end)))
    return here, None


def _between(here: Fraction, there: Fraction, share: Fraction) -> Fraction:
    """A step strictly between two weights more than a step apart, at most so far of the way."""
    wanted = here + (there - here) * share
    low, high = min(here, there), max(here, there)
    if there > here:
        at = math.floor(wanted / STEP)
    else:
        at = math.ceil(wanted / STEP)
    return STEP * min(max(at, math.floor(low / STEP) + 1), math.ceil(high / STEP) - 1)


def _searched(weighing: Weighing, end: str, limit: Fraction) -> Edge:
    """As `_proved`, from weights a search step apart and bisection where two of them differ."""
    here, now = weighing.weight, weighing.at(weighing.weight).end(end)
    way = 1 if limit else -1
    while here != limit:
        there = (math.floor(here / SEARCH_STEP) + 1 if way > 0 else math.ceil(here / SEARCH_STEP) - 1) * SEARCH_STEP
        if weighing.at(there).end(end) == now:
            here = there
            continue
        while abs(there - here) > STEP:
            middle = _between(here, there, Fraction(1, 2))
            if weighing.at(middle).end(end) == now:
                here = middle
            else:
                there = middle
        return here, weighing.at(there).end(end)
    return here, None
