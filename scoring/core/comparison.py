"""Year over year (纵向比较): what the change against last year's published rates is worth in points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluation.definition import Band, YearOverYear

from .figures import SE_PLACES, rounded
from .model import MERGED, NONE, ZERO, Baseline

#: Two-sided 95 % of the normal distribution, as the rules state it.
Z = Fraction(196, 100)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A_d and how it came about.

    `kind` own, merged or none; `change_*` dS and dU in percentage points, None where nothing is comparable;
    `points_*` the two terms after cap (A_d = satisfaction term − dissatisfaction term); `capped_*` whether the cap
    limited the term; `still_*` whether the dead band counted the change as none.
    """

    kind: str = NONE
    change_satisfaction: Fraction | None = None
    change_dissatisfaction: Fraction | None = None
    points_satisfaction: Fraction = Fraction(0)
    points_dissatisfaction: Fraction = Fraction(0)
    capped_satisfaction: bool = False
    capped_dissatisfaction: bool = False
    still_satisfaction: bool = False
    still_dissatisfaction: bool = False

    @property
    def adjustment(self) -> Fraction:
        """A_d, points."""
        return self.points_satisfaction - self.points_dissatisfaction


def compare(
    satisfaction: Fraction,
    dissatisfaction: Fraction,
    baseline: Baseline | None,
    rule: YearOverYear,
    errors: tuple[Decimal, Decimal] = (ZERO, ZERO),
) -> Comparison:
    """The points of one department.

    `satisfaction` and `dissatisfaction` are this year's exact rates (per cent), `baseline` last year's published ones,
    `errors` this year's standard errors at 6 places (used by the dead band only).
    """
    if baseline is None or baseline.satisfaction is None or baseline.dissatisfaction is None:
        return Comparison()
    last_s, last_u = Fraction(baseline.satisfaction), Fraction(baseline.dissatisfaction)
    change_s, change_u = satisfaction - last_s, dissatisfaction - last_u
    still_s = rule.deadband and _still(change_s, errors[0], baseline.se_satisfaction)
    still_u = rule.deadband and _still(change_u, errors[1], baseline.se_dissatisfaction)
    points_s, capped_s = _points(change_s, last_s, rule, rule.satisfied, rule.cap_satisfied, rule.bands_satisfied)
    points_u, capped_u = _points(
        change_u, last_u, rule, rule.dissatisfied, rule.cap_dissatisfied, rule.bands_dissatisfied
    )
    return Comparison(
        kind=baseline.kind,
        change_satisfaction=change_s,
        change_dissatisfaction=change_u,
        points_satisfaction=Fraction(0) if still_s else points_s,
        points_dissatisfaction=Fraction(0) if still_u else points_u,
        capped_satisfaction=capped_s and not still_s,
        capped_dissatisfaction=capped_u and not still_u,
        still_satisfaction=still_s,
        still_dissatisfaction=still_u,
    )


def _still(change: Fraction, error: Decimal, last_error: Decimal) -> bool:
    """Whether change² ≤ 1.96² (se² + se'²), exactly, from standard errors at 6 places."""
    return change * change <= still_limit(error, last_error)


def still_limit(error: Decimal, last_error: Decimal) -> Fraction:
    """1.96² (se² + se'²): a change whose square is not above it is within chance. From errors at 6 places."""
    now, then = (Fraction(rounded(value, SE_PLACES)) for value in (error, last_error))
    return Z * Z * (now * now + then * then)


def _points(
    change: Fraction,
    last: Fraction,
    rule: YearOverYear,
    factor: Decimal | None,
    cap: Decimal | None,
    bands: Sequence[Band],
) -> tuple[Fraction, bool]:
    """One term of A_d and whether the cap limited it."""
    if rule.method == "none":
        return Fraction(0), False
    if rule.method == "banded":
        band = band_of(change, bands)
        return (Fraction(0) if band is None else Fraction(band.points or 0)), False
    amount = share_of_room(change, last) if rule.method == "headroom" else change
    points = Fraction(factor or 0) * amount
    if cap is None:
        return points, False
    limit = Fraction(cap)
    return max(-limit, min(limit, points)), abs(points) > limit


def share_of_room(change: Fraction, last: Fraction) -> Fraction:
    """The share of what was still possible: change/(100 − last) upwards, change/last downwards."""
    if change > 0:
        return change / (100 - last)
    if change < 0:
        return change / last
    return Fraction(0)


def band_of(change: Fraction, bands: Sequence[Band]) -> Band | None:
    """The row with the largest start not above the change; None below the first row. Bands are sorted."""
    found = None
    for band in bands:
        if band.start is not None and band.points is not None and Fraction(band.start) <= change:
            found = band
    return found


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A department of last year that became part of one of this year: its figures and its valid ballots."""

    satisfaction: Decimal | None
    dissatisfaction: Decimal | None
    valid_ballots: int
    se_satisfaction: Decimal = ZERO
    se_dissatisfaction: Decimal = ZERO


def merged_baseline(predecessors: Iterable[Predecessor], decimals: int = 4) -> Baseline | None:
    """The baseline of a department formed from others, or of a successor of a split one.

    The mean of the predecessors' rates and standard errors weighted by their valid ballots, rounded once (rates to
    `decimals`, standard errors to 6 places); ranks are unknown. A predecessor without rates or ballots does not
    count; None when none is left.
    """
    usable = [
        entry
        for entry in predecessors
        if entry.satisfaction is not None and entry.dissatisfaction is not None and entry.valid_ballots > 0
    ]
    total = sum(entry.valid_ballots for entry in usable)
    if not total:
        return None

    def mean(values: Iterable[Decimal | None], places: int) -> Decimal:
        weighted = (Fraction(value or 0) * entry.valid_ballots for value, entry in zip(values, usable, strict=True))
        return rounded(sum(weighted, Fraction(0)) / total, places)

    return Baseline(
        satisfaction=mean((entry.satisfaction for entry in usable), decimals),
        dissatisfaction=mean((entry.dissatisfaction for entry in usable), decimals),
        se_satisfaction=mean((entry.se_satisfaction for entry in usable), SE_PLACES),
        se_dissatisfaction=mean((entry.se_dissatisfaction for entry in usable), SE_PLACES),
        source=MERGED,
    )
