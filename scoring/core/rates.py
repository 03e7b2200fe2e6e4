"""Exact rates by department, stratum and criterion; weights re-spread over the strata that report.

p_dsqc = Σ_i w_i [x_idq = c] / Σ_i w_i [x_idq valid]
W*_dsq = W_gs / Σ_{reporting s'} W_gs'
P_dqc  = Σ_s W*_dsq p_dsqc
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluation.definition import ScoringDefinition

from .cube import CellCounts
from .model import Department


@dataclass(frozen=True, slots=True)
class Scale:
    """The valid choices of a scale as integers: positions in the cube, values over one denominator, memberships."""

    valid: tuple[int, ...]
    satisfied: tuple[bool, ...]
    dissatisfied: tuple[bool, ...]
    values: tuple[int, ...]
    denominator: int

    @classmethod
    def of(cls, definition: ScoringDefinition) -> "Scale":
        """The valid choices of a round's scale."""
        choices = [(position, choice) for position, choice in enumerate(definition.scale) if choice.is_valid]
        points = [choice.points for _, choice in choices]
        denominator = math.lcm(1, *(value.denominator for value in points))
        return cls(
            valid=tuple(position for position, _ in choices),
            satisfied=tuple(choice.counts == "satisfied" for _, choice in choices),
            dissatisfied=tuple(choice.counts == "dissatisfied" for _, choice in choices),
            values=tuple(int(value * denominator) for value in points),
            denominator=denominator,
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """Department d, criterion q, stratum s.

    `weight` W_gs and `reporting_weight` Σ W over the reporting strata (integers over one denominator); `valid` and
    `counts` unweighted answers (`counts` per valid choice); `weighted` sums of weights per valid choice (times a
    common denominator); `reports` whether the cell enters the score.
    """

    weight: int
    reporting_weight: int
    valid: int
    counts: tuple[int, ...]
    weighted: tuple[int, ...]
    reports: bool
    scale: Scale

    @property
    def effective_weight(self) -> Fraction:
        """W*_dsq between 0 and 1; 0 where the stratum does not report."""
        return Fraction(self.weight, self.reporting_weight) if self.reports else Fraction(0)

    @property
    def weight_sum(self) -> int:
        """Σ_i w_i [i valid on d, q], times the common denominator."""
        return sum(self.weighted)

    def proportion(self, choice: int) -> Fraction | None:
        """p_dsqc of the `choice`-th valid choice; None without a valid answer."""
        return Fraction(self.weighted[choice], self.weight_sum) if self.weight_sum else None

    @property
    def satisfaction(self) -> Fraction | None:
        """Share of satisfied answers, per cent; None without a valid answer."""
        return self._rate(self.scale.satisfied)

    @property
    def dissatisfaction(self) -> Fraction | None:
        """Share of dissatisfied answers, per cent; None without a valid answer."""
        return self._rate(self.scale.dissatisfied)

    @property
    def base(self) -> Fraction | None:
        """Mean value, 0–100; None without a valid answer."""
        total = self.weight_sum
        score = sum(value * count for value, count in zip(self.scale.values, self.weighted, strict=True))
        return Fraction(score, total * self.scale.denominator) if total else None

    @property
    def unanimous(self) -> bool:
        """Whether all valid answers agree (at least one)."""
        return self.valid > 0 and max(self.counts) == self.valid

    def _rate(self, members: tuple[bool, ...]) -> Fraction | None:
        total = self.weight_sum
        part = sum(count for count, member in zip(self.weighted, members, strict=True) if member)
        return Fraction(100 * part, total) if total else None


@dataclass(frozen=True, slots=True)
class Rates:
    """S_d and U_d (per cent) and B_d (0–100), exact."""

    satisfaction: Fraction
    dissatisfaction: Fraction
    base: Fraction


@dataclass(frozen=True, slots=True)
class DepartmentRates:
    """The exact rates of one department; `overall` is None when it is insufficient.

    `cells[q][s]` are the cells they came from, `choices[q][c]` the combined shares P_dqc of the valid choices (empty
    where no stratum reports), `omitted` the positions of the strata that weigh something but fail to report on one
    or more criteria.
    """

    overall: Rates | None
    cells: tuple[tuple[Cell, ...], ...]
    choices: tuple[tuple[Fraction, ...], ...]
    omitted: tuple[int, ...]


def department_rates(
    definition: ScoringDefinition, departments: Sequence[Department], cells: CellCounts
) -> list[DepartmentRates]:
    """Exact rates of every department, in the order given (the order of the cube).

    Raises KeyError for a department of an unknown group.
    """
    scale = Scale.of(definition)
    weights = {group.code: _integer_weights(definition, group.code) for group in definition.groups}
    counts = cells.counts[..., list(scale.valid)].tolist()
    weighted = cells.weighted[..., list(scale.valid)].tolist()
    return [
        _rates(definition, scale, weights[department.group], counts[at], weighted[at])
        for at, department in enumerate(departments)
    ]


def _integer_weights(definition: ScoringDefinition, group: str) -> list[int]:
    """The weights W_gs of a group as integers over one denominator, in the order of the strata."""
    rules = definition.group(group)
    fractions = [Fraction(rules.weight(stratum.code)) for stratum in definition.strata]
    denominator = math.lcm(1, *(fraction.denominator for fraction in fractions))
    return [int(fraction * denominator) for fraction in fractions]


def _rates(
    definition: ScoringDefinition,
    scale: Scale,
    weights: list[int],
    counts: list[list[list[int]]],
    weighted: list[list[list[int]]],
) -> DepartmentRates:
    """One department: its cells, then S, U and B over one common denominator per criterion."""
    table: list[tuple[Cell, ...]] = []
    choices: list[tuple[Fraction, ...]] = []
    omitted: set[int] = set()
    for item_counts, item_weighted in zip(counts, weighted, strict=True):
        valid = [sum(row) for row in item_counts]
        reports = [weight > 0 and number >= definition.min_valid for weight, number in zip(weights, valid, strict=True)]
        reporting_weight = sum(weight for weight, reporting in zip(weights, reports, strict=True) if reporting)
        omitted.update(s for s, weight in enumerate(weights) if weight > 0 and not reports[s])
        row = tuple(
            Cell(
                weights[s],
                reporting_weight,
                valid[s],
                tuple(item_counts[s]),
                tuple(item_weighted[s]),
                reports[s],
                scale,
            )
            for s in range(len(weights))
        )
        table.append(row)
        choices.append(_combined(row, reporting_weight, len(scale.valid)))
    if not all(choices):
        return DepartmentRates(None, tuple(table), tuple(choices), tuple(sorted(omitted)))
    shares = [item.share for item in definition.items]

    def total(factors: Sequence[int | bool], unit: Fraction) -> Fraction:
        parts = (
            share * sum((factor * part for factor, part in zip(factors, combined, strict=True) if factor), Fraction(0))
            for share, combined in zip(shares, choices, strict=True)
        )
        return unit * sum(parts, Fraction(0))

    overall = Rates(
        satisfaction=total(scale.satisfied, Fraction(100)),
        dissatisfaction=total(scale.dissatisfied, Fraction(100)),
        base=total(scale.values, Fraction(1, scale.denominator)),
    )
    return DepartmentRates(overall, tuple(table), tuple(choices), tuple(sorted(omitted)))


def _combined(row: tuple[Cell, ...], reporting_weight: int, choices: int) -> tuple[Fraction, ...]:
    """P_dqc of every valid choice; empty when no stratum reports. Integers over Σ W · lcm(weight sums)."""
    reporting = [(cell.weight, cell.weighted, cell.weight_sum) for cell in row if cell.reports]
    if not reporting:
        return ()
    common = math.lcm(*(total for _, _, total in reporting))
    factors = [(weight * (common // total), weighted) for weight, weighted, total in reporting]
    denominator = reporting_weight * common
    return tuple(
        Fraction(sum(factor * weighted[choice] for factor, weighted in factors), denominator)
        for choice in range(choices)
    )
