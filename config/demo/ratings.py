"""Generated ratings: a latent quality per department and year, stratum effects, correlated raters, calibrated rates.

A rater's latent verdict on a department is quality + the stratum's leniency + the stratum's view of the group + the
rater's own mood + noise. Two thresholds cut it into satisfied, neutral and dissatisfied. They are the weighted
quantiles of the verdicts themselves, so that the city-wide rates, computed by the scoring rules from the ballots,
come out at the published ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from config.demo.plan import GROUPS, STRATA, DemoYear

SATISFIED, NEUTRAL, DISSATISFIED, ABSTAIN = 1, 2, 3, 4


@dataclass(frozen=True)
class Quality:
    """Latent quality, years × departments, in latent standard deviations."""

    years: tuple[int, ...]
    values: npt.NDArray[np.float64]

    def of(self, year: int) -> npt.NDArray[np.float64]:
        """The departments' quality in a year."""
        return self.values[self.years.index(year)]


def latent_quality(rng: np.random.Generator, years: tuple[int, ...], departments: int) -> Quality:
    """A stationary first-order process: the eternal first and last exist, and still something moves every year."""
    persistence, spread = 0.82, 0.55
    values = np.empty((len(years), departments))
    values[0] = rng.normal(0, spread, departments)
    for i in range(1, len(years)):
        values[i] = persistence * values[i - 1] + rng.normal(0, spread * (1 - persistence**2) ** 0.5, departments)
        # A scandal or a reform now and then moves a department far in one year.
        struck = rng.random(departments) < 0.03
        values[i, struck] += rng.choice([-0.8, 0.7], struck.sum())
    return Quality(years, values)


def generate(
    rng: np.random.Generator,
    *,
    year: DemoYear,
    quality: npt.NDArray[np.float64],
    department_groups: list[str],
    raters: npt.NDArray[np.intp],
    rater_weights: npt.NDArray[np.float64],
    weights: dict[str, dict[str, Decimal]],
) -> npt.NDArray[np.uint8]:
    """Answers of the returned ballots.

    ``quality``: departments; ``raters``: stratum index (into ``plan.STRATA``) of each ballot; ``weights``: group →
    stratum → weight. Returns ballots × departments, one byte each: 0 not on the ballot or blank, 1-4 the choice.
    """
    n, d = len(raters), len(quality)
    groups = np.array([GROUPS.index(group) for group in department_groups])
    leniency = np.array([stratum.leniency for stratum in STRATA])
    noise = np.array([stratum.noise for stratum in STRATA])
    judges = np.array([[weights[group][stratum.code] > 0 for group in GROUPS] for stratum in STRATA])
    view = rng.normal(0, 0.18, (len(STRATA), len(GROUPS)))
    own_view = rng.normal(0, 0.12, (len(STRATA), d))

    verdict = rng.standard_normal((n, d), dtype=np.float32) * noise[raters][:, None].astype(np.float32)
    verdict += (quality + own_view[raters] + view[raters][:, groups] + leniency[raters][:, None]).astype(np.float32)
    verdict += rng.normal(0, 0.75, n).astype(np.float32)[:, None]

    draw = rng.random((n, d), dtype=np.float32)
    # Residents and the media know fewer departments than deputies do; everybody knows some better than others.
    unfamiliar = np.clip(0.03 + 0.05 * noise[raters][:, None] + rng.normal(0, 0.02, d), 0.01, 0.25)
    blank = ~judges[raters][:, groups] | (draw < 0.012)
    abstain = ~blank & (draw < 0.012 + unfamiliar)
    valid = ~blank & ~abstain

    satisfied_from, dissatisfied_to = _thresholds(
        verdict, valid, raters, rater_weights, groups, weights, year.satisfied, year.dissatisfied
    )
    answers = np.full((n, d), NEUTRAL, dtype=np.uint8)
    answers[verdict >= satisfied_from] = SATISFIED
    answers[verdict < dissatisfied_to] = DISSATISFIED
    answers[abstain] = ABSTAIN
    answers[blank] = 0
    return answers


def _thresholds(
    verdict: npt.NDArray[np.float32],
    valid: npt.NDArray[np.bool_],
    raters: npt.NDArray[np.intp],
    rater_weights: npt.NDArray[np.float64],
    groups: npt.NDArray[np.intp],
    weights: dict[str, dict[str, Decimal]],
    satisfied: float,
    dissatisfied: float,
) -> tuple[float, float]:
    """Where to cut, so that the unweighted mean over departments of the weighted rates is as asked (per cent)."""
    table = np.array([[float(weights[group][stratum.code]) for group in GROUPS] for stratum in STRATA])
    share = np.zeros(verdict.shape)
    for s in range(len(STRATA)):
        rows = raters == s
        mass = valid[rows] * rater_weights[rows][:, None]
        total = mass.sum(axis=0)
        share[rows] = mass * np.divide(table[s, groups], total, out=np.zeros(len(groups)), where=total > 0)
    share /= share.sum(axis=0)
    flat, mass = verdict[valid], share[valid] / len(groups)
    order = np.argsort(flat)
    cumulative = np.cumsum(mass[order])
    low = int(np.searchsorted(cumulative, dissatisfied / 100))
    high = int(np.searchsorted(cumulative, 1 - satisfied / 100))
    last = len(flat) - 1
    return float(flat[order[min(high, last)]]), float(flat[order[min(low, last)]])
