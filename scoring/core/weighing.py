"""One group scored at any weight of one of its strata, and what can happen between two scored weights."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluation.definition import Band, ScoringDefinition

from .cube import CellCounts, CountCube
from .figures import rounded
from .model import Department
from .result import DepartmentResult
from .score import score

FIRST, LAST = ENDS = ("first", "last")
ZERO, HUNDRED = Fraction(0), Fraction(100)


@dataclass(frozen=True, slots=True)
class State:
    """A group scored at one weight."""

    rows: Mapping[str, DepartmentResult]

    @property
    def ranked(self) -> list[DepartmentResult]:
        return [row for row in self.rows.values() if row.ranked]

    def end(self, end: str) -> tuple[str, ...]:
        """The codes that share the first or the last place."""
        ranks = {row.code: row.group_rank or 0 for row in self.ranked}
        place = 1 if end == FIRST else max(ranks.values(), default=0)
        return tuple(code for code, rank in ranks.items() if rank == place)


class Weighing:
    """One group scored at any weight of one stratum; every weight once."""

    def __init__(
        self,
        definition: ScoringDefinition,
        departments: Sequence[Department],
        cube: CountCube,
        about: Mapping[str, Any],
        group: str,
        stratum: str,
    ) -> None:
        self.definition, self.group, self.stratum, self.about = definition, group, stratum, about
        self.rules = definition.group(group)
        self.weight = Fraction(self.rules.weight(stratum))
        rule = definition.year_over_year
        deadband = rule.deadband and rule.method != "none"
        members = [at for at, department in enumerate(departments) if department.group == group]
        self.departments = [departments[at] for at in members]
        joint = None if cube.joint is None else cube.joint[members]
        part = CountCube(cube.counts[members], cube.class_weights, joint)
        # Standard errors decide nothing without a dead band, and take the most time.
        self.counts: CountCube | CellCounts = part if deadband else part.cells()
        self.states: dict[Fraction, State] = {}
        self.provable = not deadband and all(map(_uniform, self.at(self.weight).ranked))

    @property
    def scored(self) -> int:
        """How many weights have been scored."""
        return len(self.states)

    def decimal(self, weight: Fraction) -> Decimal:
        """A step, or the round's own weight, as a decimal."""
        return self.rules.weight(self.stratum) if weight == self.weight else rounded(weight, 2)

    def at(self, weight: Fraction) -> State:
        """The group with the stratum at this weight."""
        if weight not in self.states:
            rules = replace(self.rules, weights=self._weights(weight))
            result = score(replace(self.definition, groups=(rules,)), self.departments, self.counts, **self.about)
            self.states[weight] = State({row.code: row for row in result.departments})
        return self.states[weight]

    def _weights(self, weight: Fraction) -> dict[str, Decimal]:
        """The group's weights, all times one number so that they are whole: only their proportion counts."""
        rest = Fraction(self.rules.total) - self.weight
        shares = {
            code: weight if code == self.stratum else Fraction(value) * (HUNDRED - weight) / rest
            for code, value in self.rules.weights.items()
        }
        common = math.lcm(*(share.denominator for share in shares.values()))
        return {code: Decimal(int(share * common)) for code, share in shares.items()}


def _uniform(row: DepartmentResult) -> bool:
    """Whether the same strata report on every criterion, so that all its rates bend alike."""
    return len({tuple(cell.reports for cell in line) for line in row.rates.cells}) == 1


def _reporting(row: DepartmentResult) -> Fraction:
    """Σ W of the reporting strata, as a share of Σ W."""
    cells = row.rates.cells[0]
    return Fraction(cells[0].reporting_weight, sum(cell.weight for cell in cells))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A department's exact total at both ends of a span, and how far it can be off the chord in between.

    `bend`: of the change along the span at most this share comes on top of the chord; `straight` the change, from the
    lower weight to the higher, that bends so; `loose` the spread of what can be anywhere between its extremes.
    """

    ends: tuple[Fraction, Fraction]
    bend: Fraction
    straight: Fraction
    loose: Fraction


class Span:
    """Two weights of a stratum with the group scored at both, and what can happen in between."""

    def __init__(self, weighing: Weighing, here: Fraction, there: Fraction) -> None:
        self.states = weighing.at(here), weighing.at(there)
        self.definition = weighing.definition
        # Totals that differ by a unit of the last decimal or more never share a rounded figure.
        self.unit = Fraction(1, 10**weighing.definition.decimals)
        order = (0, 1) if here < there else (1, 0)
        self.stretches = {
            row.code: self._stretch(row, self.states[1].rows[row.code], order) for row in self.states[0].ranked
        }

    def keeps(self, end: str) -> bool:
        """Whether the first (or last) is surely the same all the way, given that both ends agree."""
        leaders = self.states[0].end(end)
        if any(self._equal(leaders[0], other) is False for other in leaders[1:]):
            return False
        return all(self._least_lead(leader, other, end) >= self.unit for leader, other in self._pairs(end))

    def crossing(self, end: str) -> Fraction:
        """The share of the way at which, by the chords, somebody first comes near; one half where they tell nothing."""
        shares = []
        for leader, other in self._pairs(end):
            start, stop = self._leads(leader, other, end)
            if start > self.unit > stop:
                shares.append((start - self.unit) / (start - stop))
        return min(shares, default=Fraction(1, 2))

    def _pairs(self, end: str) -> Iterator[tuple[str, str]]:
        leaders = self.states[0].end(end)
        return ((leader, other) for leader in leaders for other in self.stretches if other not in leaders)

    def _leads(self, leader: str, other: str, end: str) -> tuple[Fraction, Fraction]:
        """By how much the leader is ahead (or, of the last, behind) at both ends."""
        one, two = self.stretches[leader].ends, self.stretches[other].ends
        sign = 1 if end == FIRST else -1
        return sign * (one[0] - two[0]), sign * (one[1] - two[1])

    def _least_lead(self, leader: str, other: str, end: str) -> Fraction:
        """The lead is nowhere in the span below this."""
        least = min(self._leads(leader, other, end))
        one, two = self.stretches[leader], self.stretches[other]
        sign = 1 if end == FIRST else -1
        if one.bend != two.bend:
            least += min(ZERO, sign * one.bend * one.straight) - max(ZERO, sign * two.bend * two.straight)
        elif one.loose or two.loose:
            least += min(ZERO, sign * one.bend * (one.straight - two.straight))
        return least - one.loose - two.loose

    def _equal(self, one: str, other: str) -> bool:
        """Whether two departments have the same total, rates and bend all the way."""
        first, second = self.stretches[one], self.stretches[other]
        return (
            (first.ends, first.bend) == (second.ends, second.bend)
            and not (first.loose or second.loose)
            and all(state.rows[one].exact == state.rows[other].exact for state in self.states)
        )

    def _stretch(self, here: DepartmentResult, there: DepartmentResult, order: tuple[int, int]) -> Stretch:
        rows = here, there
        low, high = (_reporting(rows[at]) for at in order)
        # Scaled to [0, 1] both ways a rate is x/(x + κ(1 − x)), κ = low/high, which is above x by at most
        # (1 − √κ)/(1 + √κ) ≤ (1 − κ)/(1 + κ)². κ > 1 only where the stratum does not report and nothing moves.
        ratio = min(Fraction(1), low / high)
        share = Fraction(self.definition.composite.public or 0) / 100
        totals = tuple(row.exact.total for row in rows if row.exact)
        straight = loose = Fraction(0)
        for change, spread in self._terms(here, there):
            straight += share * change
            loose += share * spread
        return Stretch(
            (totals[0], totals[1]),
            (1 - ratio) / (1 + ratio) ** 2,
            straight if order == (0, 1) else -straight,
            loose,
        )

    def _terms(self, here: DepartmentResult, there: DepartmentResult) -> Iterator[tuple[Fraction, Fraction]]:
        """What the public evaluation is made of: the change that follows the rates, or the spread of what does not."""
        if here.exact is None or there.exact is None:
            raise ValueError("only ranked departments have terms")
        yield there.exact.base - here.exact.base, Fraction(0)
        rule = self.definition.year_over_year
        for name, sign in (("satisfaction", 1), ("dissatisfaction", -1)):
            points = [getattr(row.comparison, f"points_{name}") for row in (here, there)]
            changes = [getattr(row.comparison, f"change_{name}") for row in (here, there)]
            capped = any(getattr(row.comparison, f"capped_{name}") for row in (here, there))
            if rule.method == "banded" and None not in changes:
                bands = rule.bands_satisfied if name == "satisfaction" else rule.bands_dissatisfied
                points += _met(bands, min(changes), max(changes))
            turns = rule.method == "headroom" and None not in changes and changes[0] * changes[1] < 0
            if rule.method == "banded" or capped or turns:
                yield Fraction(0), max(points) - min(points)
            else:
                yield sign * (points[1] - points[0]), Fraction(0)


def _met(bands: Sequence[Band], low: Fraction, high: Fraction) -> list[Fraction]:
    """The points of the bands that begin between two changes."""
    return [Fraction(band.points or 0) for band in bands if band.start is not None and low < band.start <= high]
