"""How sure a rate will be: the margin of error that a plan promises before anybody has answered.

    var(S_d) = Σ_s W_s² · deff_s · (1 − n_s/N_s) · S²_sd / n_s          margin = 1.96 · 100 · √var   (percentage points)

n_s ballots expected of N_s candidates, W_s the weight of the stratum in the department's group (they add up to 1),
S²_sd how much the answers of the stratum on the department vary from ballot to ballot, deff_s the design effect. It is
the formula of the published standard errors (design paper, "How sure is it"), with last year's S² in place of this
year's: at last year's own numbers it gives last year's published margin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

#: Two-sided 95 % of the normal distribution, as the rules of scoring state it.
Z95 = 1.96


class Sample(NamedTuple):
    """``ballots`` n expected back of ``population`` N that could have been asked; ``design_effect`` on the variance."""

    ballots: int
    population: int
    design_effect: float = 1.0


def worst_case(population: int) -> float:
    """The largest S² that answers of yes or no can have: half and half, N/(N−1) · 1/4.

    >>> worst_case(2)
    0.5
    """
    return 0.25 * population / (population - 1) if population > 1 else 0.25


def variance(sample: Sample, spread: float) -> float | None:
    """Variance of the rate of one stratum as a fraction squared: deff · (1 − n/N) · S²/n.

    Returns:
        0 where everybody is asked and answers, None where nobody is.
    """
    if sample.ballots <= 0 or sample.population <= 0:
        return None
    if sample.ballots >= sample.population:
        return 0.0
    left = 1 - sample.ballots / sample.population
    return sample.design_effect * left * spread / sample.ballots


def margin(sample: Sample, spread: float) -> float | None:
    """Half the 95 % interval of a stratum's rate, in percentage points; None where nobody is asked.

    >>> round(margin(Sample(100, 1000), worst_case(1000)), 2)
    9.3
    """
    found = variance(sample, spread)
    return None if found is None else 100 * Z95 * math.sqrt(found)


def department_margin(
    weights: Mapping[str, float], samples: Mapping[str, Sample], spreads: Mapping[str, float]
) -> float | None:
    """Half the 95 % interval of a department's rate over all strata, in percentage points.

    Args:
        weights: of the strata in the department's group, in any unit. A stratum of which nobody is asked leaves its
            weight to the others, as in scoring.
        samples, spreads: by stratum; for every stratum with a weight.

    Returns:
        None where no stratum with a weight is asked.
    """
    asked = {code: float(weight) for code, weight in weights.items() if weight > 0 and samples[code].ballots > 0}
    whole = sum(asked.values())
    if not whole:
        return None
    total = math.fsum(
        (weight / whole) ** 2 * (variance(samples[code], spreads[code]) or 0.0) for code, weight in asked.items()
    )
    return 100 * Z95 * math.sqrt(total)
