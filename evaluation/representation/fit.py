"""How far counts by category are from what chance alone would give, where the draw has a plan. Knows no Django.

The people of a *block* (a cell of a stratum; for returns, a stratum) fall into categories (districts, industries, …).
If n of its N people are taken at random without replacement, the counts by category are multivariate hypergeometric:

    E(n_c) = n N_c / N,    Cov(n_c, n_d) = n (N − n) / (N − 1) · ( p_c [c = d] − p_c p_d ),    p_c = N_c / N

Blocks are independent, so means and covariances of several add up. The test statistic is the quadratic form

    X² = (O − E)ᵀ Σ⁻ (O − E),

chi-square distributed with rank(Σ) degrees of freedom (Landis, Heyman, Koch 1978, "Average partial association in
three-way contingency tables", Int. Stat. Rev. 46, eq. 2.8, the general association statistic). With one block it is
Pearson's X² times (N − 1)/(N − n). Quotas that differ between cells on purpose are in E: only chance is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

Floats = NDArray[np.float64]

#: Below this, a category's expected count (or that of those not taken) is too small for the chi-square distribution.
SMALLEST_EXPECTED = 5.0
_ZERO = 1e-9


@dataclass(frozen=True)
class Margins:
    """What chance alone gives: ``sizes`` (people), ``expected`` (people) by category, shape (C,), ``covariance``
    (people², shape (C, C))."""

    sizes: Floats
    expected: Floats
    covariance: Floats

    def __add__(self, other: Margins) -> Margins:
        return Margins(self.sizes + other.sizes, self.expected + other.expected, self.covariance + other.covariance)


@dataclass(frozen=True)
class Fit:
    """A test's outcome.

    Attributes:
        statistic: X² (dimensionless, ≥ 0).
        degrees: rank of the covariance after pooling; 0 where chance had no part (everybody was taken, or the plan
            fixes the counts).
        p: probability of an X² at least as large by chance alone; None without degrees of freedom.
        residuals: (O − E)/√Var by category as given; None where the variance is 0.
        pooled: indexes of the categories that were put together for being too small.
    """

    statistic: float
    degrees: int
    p: float | None
    residuals: tuple[float | None, ...]
    pooled: tuple[int, ...]


def margins(blocks: Iterable[tuple[ArrayLike, int]], categories: int) -> Margins:
    """Add up what chance gives in each block: (people by category, shape (C,); number taken).

    >>> both = margins([([30, 10], 20)], 2)
    >>> both.expected.tolist()
    [15.0, 5.0]

    Raises:
        ValueError: more taken than there are, or another number of categories.
    """
    sizes, expected = np.zeros(categories), np.zeros(categories)
    covariance = np.zeros((categories, categories))
    for counts, taken in blocks:
        people = np.asarray(counts, dtype=np.float64)
        if people.shape != (categories,):
            raise ValueError(f"a block has {people.shape} categories, not {categories}")
        total = float(people.sum())
        if not 0 <= taken <= total:
            raise ValueError(f"{taken} taken of {total:.0f}")
        if not total:
            continue
        shares = people / total
        sizes += people
        expected += taken * shares
        if total > 1:
            spread = taken * (total - taken) / (total - 1)
            covariance += spread * (np.diag(shares) - np.outer(shares, shares))
    return Margins(sizes, expected, covariance)


def judge(observed: ArrayLike, chance: Margins) -> Fit:
    """Compare counts by category (shape (C,)) with what chance gives.

    Categories of which fewer than five are expected among those taken, or among those not taken, are pooled; if the
    pool is still too small, the smallest category left joins it.
    """
    counts = np.asarray(observed, dtype=np.float64)
    away = counts - chance.expected
    variances = np.diag(chance.covariance)
    residuals = tuple(
        float(difference / np.sqrt(variance)) if variance > _ZERO else None
        for difference, variance in zip(away, variances, strict=True)
    )
    pools = _pools(chance)
    pooled = next((pool for pool in pools if len(pool) > 1), ())
    gather = np.zeros((len(pools), len(counts)))
    for row, pool in enumerate(pools):
        gather[row, list(pool)] = 1.0
    statistic, degrees = _quadratic(gather @ away, gather @ chance.covariance @ gather.T)
    p = float(chi2.sf(statistic, degrees)) if degrees else None
    return Fit(statistic, degrees, p, residuals, tuple(pooled))


def bound(categories: int, level: float = 0.05) -> float:
    """How large a residual may be before it is marked: two-sided, ``level`` shared among the categories (Bonferroni).

    >>> round(bound(1), 2), round(bound(13), 2)
    (1.96, 2.89)
    """
    return float(norm.isf(level / 2 / max(1, categories)))


def _pools(chance: Margins) -> list[tuple[int, ...]]:
    """The categories as tested: singly, the small ones together (in front)."""
    weakest = np.minimum(chance.expected, chance.sizes - chance.expected)
    order = [int(at) for at in np.argsort(weakest, kind="stable") if chance.sizes[at] > 0]
    small = [at for at in order if weakest[at] < SMALLEST_EXPECTED]
    rest = order[len(small) :]
    while small and rest and _together(chance, small) < SMALLEST_EXPECTED:
        small.append(rest.pop(0))
    return ([tuple(sorted(small))] if small else []) + [(at,) for at in sorted(rest)]


def _together(chance: Margins, members: Sequence[int]) -> float:
    expected = float(chance.expected[list(members)].sum())
    return min(expected, float(chance.sizes[list(members)].sum()) - expected)


def _quadratic(away: Floats, covariance: Floats) -> tuple[float, int]:
    """X² and rank, by the eigenvalues that are not zero."""
    if not len(away):
        return 0.0, 0
    values, vectors = np.linalg.eigh(covariance)
    kept = values > max(_ZERO, _ZERO * float(values.max(initial=0.0)))
    along = vectors.T @ away
    return float((along[kept] ** 2 / values[kept]).sum()), int(kept.sum())
