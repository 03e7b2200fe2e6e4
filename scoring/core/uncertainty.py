"""How sure is a rate: Taylor-linearised standard errors of a stratified sample, from integer counts.

    z_i    = Σ_q a_q/100 · W*_dsq · w_i [i valid on q] (y_iq − p_dsq) / Σ_i w_i [i valid on q]
    var(S) = 100² Σ_s deff_s (1 − n_s/N_s) · n_s/(n_s − 1) · Σ_{i in s} (z_i − z̄)²

z̄ is 0 (p is the weighted mean of y), and Σ z_i² only needs how often each pair of answer classes occurs, so it comes
from the cube: the order of the ballots cannot matter, and shards add up. `survey::svymean` on a domain subset gives
the same figures (a ballot without a valid answer contributes 0 and stays in n_s).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from evaluation.definition import ScoringDefinition

from .cube import CountCube, item_pairs
from .figures import rounded, rounded_float
from .model import ScoringError
from .rates import Cell, DepartmentRates

#: Two-sided 95 % of the normal distribution, as the rules state it.
Z95 = Decimal("1.96")
_SATISFIED, _DISSATISFIED = 1, 3
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a stratum was sampled: `returned` n_s ballots of `population` N_s.

    `flag` is "census" (n_s ≥ N_s: nothing left to chance), "single" (one ballot: no variance to be had), "none" (no
    ballot) or "" (a sample).
    """

    code: str
    returned: int
    population: int
    design_effect: Decimal

    @property
    def flag(self) -> str:
        if self.returned == 0:
            return "none"
        if self.returned >= self.population:
            return "census"
        return "single" if self.returned == 1 else ""

    @property
    def finite_population_correction(self) -> float:
        """1 − n_s/N_s, between 0 and 1; 0 for a census."""
        return 0.0 if self.returned >= self.population else 1.0 - self.returned / self.population

    @property
    def factor(self) -> float:
        """deff_s · (1 − n_s/N_s) · n_s/(n_s − 1); 0 where the stratum does not vary."""
        if self.flag:
            return 0.0
        return float(self.design_effect) * self.finite_population_correction * self.returned / (self.returned - 1)


def sampling(definition: ScoringDefinition, returned: Sequence[int]) -> tuple[Sampling, ...]:
    """The sampling of every stratum, in the order of the definition."""
    return tuple(
        Sampling(stratum.code, int(number), stratum.population, stratum.design_effect)
        for stratum, number in zip(definition.strata, returned, strict=True)
    )


def standard_errors(
    definition: ScoringDefinition, rates: Sequence[DepartmentRates], cube: CountCube
) -> list[tuple[Decimal, Decimal] | None]:
    """Standard errors of S_d and U_d in percentage points at 6 places; None for an insufficient department.

    Raises `ScoringError` when the round has several items and the cube no joint counts.
    """
    items = len(definition.items)
    if items > 1 and cube.joint is None:
        raise ScoringError("joint_missing", "Standard errors of several criteria need the joint counts of the tally.")
    factors = [entry.factor for entry in sampling(definition, cube.returned.tolist())]
    squares = _weighted_joint(definition, cube)
    return [
        _errors(definition, department, squares[at], factors) if department.overall else None
        for at, department in enumerate(rates)
    ]


def _weighted_joint(definition: ScoringDefinition, cube: CountCube) -> Floats:
    """Σ_i w_i² [class a on q][class b on q'] by department, pair (q ≤ q'), stratum, a, b; w as integers.

    The pairs are the Q diagonal ones first (an item with itself, from the cube), then those of `CountCube.joint`.
    Float: below 2⁵³ exact, and the order of summation is fixed in any case.
    """
    weights, _ = cube.integer_weights()
    squared = np.array([float(weight) ** 2 for weight in weights])
    departments, items, strata, _, _ = cube.counts.shape
    by_class = np.einsum("dqskc,k->dqsc", cube.counts[..., 1:].astype(np.float64), squared)
    kinds = {"abstain": 0, "satisfied": _SATISFIED, "neutral": 2, "dissatisfied": _DISSATISFIED}
    joint = np.zeros((departments, items + len(item_pairs(items)), strata, 4, 4))
    for choice, entry in enumerate(definition.scale):
        kind = kinds[entry.counts]
        joint[:, :items, :, kind, kind] += by_class[..., choice]
    if cube.joint is not None and items > 1:
        pairs = np.einsum("dpskx,k->dpsx", cube.joint.astype(np.float64), squared)
        joint[:, items:] = pairs.reshape(departments, -1, strata, 4, 4)
    return joint


def _errors(
    definition: ScoringDefinition, department: DepartmentRates, squares: Floats, factors: Sequence[float]
) -> tuple[Decimal, Decimal]:
    """100 · sqrt(Σ_s factor_s Σ_i z_i²) of one department's satisfaction and dissatisfaction."""
    items = range(len(definition.items))
    pairs = [(q, q, 1.0) for q in items] + [(first, second, 2.0) for first, second in item_pairs(len(items))]
    satisfied: list[float] = []
    dissatisfied: list[float] = []
    for stratum, factor in enumerate(factors):
        cells = [department.cells[q][stratum] for q in items]
        # w_i and Σ w_i are integers over the same denominator, which cancels out
        slope = [
            float(item.share * cell.effective_weight / cell.weight_sum) if cell.reports else 0.0
            for item, cell in zip(definition.items, cells, strict=True)
        ]
        if factor == 0.0 or not any(slope):
            continue
        for terms, kind in ((satisfied, _SATISFIED), (dissatisfied, _DISSATISFIED)):
            deviation = [_deviation(cell, kind) for cell in cells]
            for position, (first, second, times) in enumerate(pairs):
                product = float(deviation[first] @ squares[position, stratum] @ deviation[second])
                terms.append(factor * times * slope[first] * slope[second] * product)
    return tuple(rounded_float(100.0 * math.sqrt(max(0.0, math.fsum(terms)))) for terms in (satisfied, dissatisfied))  # type: ignore[return-value]


def _deviation(cell: Cell, kind: int) -> Floats:
    """y − p of the four answer classes of one cell; 0 for answers that are not valid."""
    rate = cell.satisfaction if kind == _SATISFIED else cell.dissatisfaction
    share = 0.0 if rate is None else float(rate / 100)
    deviation = np.array([0.0, -share, -share, -share])
    deviation[kind] += 1.0
    return deviation


def interval(rate: Decimal, error: Decimal) -> tuple[Decimal, Decimal]:
    """The 95 % interval of a published rate: ±1.96 se, clipped to 0–100, at the places of the rate."""
    places = -int(rate.as_tuple().exponent)
    margin = Fraction(Z95) * Fraction(error)
    low = max(Fraction(0), Fraction(rate) - margin)
    high = min(Fraction(100), Fraction(rate) + margin)
    return rounded(low, places), rounded(high, places)
