"""The middle steps of a derivation: what the change against last year's rates is worth."""

from decimal import Decimal
from fractions import Fraction

from evaluation.definition import YearOverYear

from .comparison import Comparison, band_of, share_of_room, still_limit
from .explanation import DISSATISFACTION, SATISFACTION, Change, ChangeTerm, Figure, Figures, Trio
from .figures import SE_PLACES, rounded
from .model import NONE, ZERO, Baseline
from .result import DepartmentResult

_SYMBOL = {SATISFACTION: ("S", "s"), DISSATISFACTION: ("U", "u")}
_RULE = {SATISFACTION: "satisfied", DISSATISFACTION: "dissatisfied"}
#: Places of the squares that the dead band compares.
_SQUARE_PLACES = 8


def change_steps(
    figures: Figures,
    rule: YearOverYear,
    row: DepartmentResult,
    comparison: Comparison,
    overall: Trio,
    baseline: Baseline | None,
    published: tuple[Decimal, Decimal] | None,
) -> Change:
    """A_d from both rates. `published` are the standard errors where the result has none (public bundle)."""
    if baseline is None or comparison.kind == NONE:
        adjustment = figures.computed("adjustment", "adjustment", comparison.adjustment, "A = 0", ())
        return Change(rule.method, NONE, (), adjustment)
    terms = tuple(
        _Term(figures, rule, comparison, baseline, overall.of(measure)).build(_errors(row, measure, published))
        for measure in (SATISFACTION, DISSATISFACTION)
    )
    adjustment = figures.computed(
        "adjustment", "adjustment", comparison.adjustment, "A = A_s − A_u", tuple(term.points for term in terms)
    )
    return Change(rule.method, comparison.kind, terms, adjustment)


def _errors(row: DepartmentResult, measure: str, published: tuple[Decimal, Decimal] | None) -> Decimal:
    """This year's standard error of a rate; 0 where nothing needs it."""
    own: Decimal | None = getattr(row, f"se_{measure}")
    if own is None and published is not None:
        own = published[0 if measure == SATISFACTION else 1]
    return ZERO if own is None else own


class _Term:
    """One term of A_d; `now` is this year's figure of the rate."""

    def __init__(
        self, figures: Figures, rule: YearOverYear, comparison: Comparison, baseline: Baseline, now: Figure
    ) -> None:
        self.figures = figures
        self.rule = rule
        self.comparison = comparison
        self.baseline = baseline
        self.now = now
        self.measure = now.kind
        self.big, self.small = _SYMBOL[self.measure]

    def build(self, error: Decimal) -> ChangeTerm:
        measure, big, small = self.measure, self.big, self.small
        before: Decimal = getattr(self.baseline, measure) or ZERO
        last = self.figures.given(f"last-{measure}", f"last_{measure}", before)
        change = self._figure("change", self.now.exact - last.exact, f"d{big} = {big} − {big}′", self.now, last)
        still: bool = getattr(self.comparison, f"still_{measure}")
        dead = self._dead_band(change, error)
        band: int | None = None
        factor = room = raw = cap = None
        formula = f"A_{small} = 0"
        if self.rule.method == "banded":
            bands = getattr(self.rule, f"bands_{_RULE[measure]}")
            found = band_of(change.exact, bands)
            band = None if found is None else bands.index(found)
            formula = f"A_{small} = points(d{big})"
        elif self.rule.method in ("linear", "headroom"):
            room = self._room(change, last) if self.rule.method == "headroom" else None
            factor = self._given("factor", getattr(self.rule, _RULE[measure]) or ZERO)
            amount = f"share(d{big})" if room else f"d{big}"
            raw_exact = factor.exact * (room or change).exact
            raw = self._figure("raw", raw_exact, f"x_{small} = k_{small} · {amount}", factor, room or change)
            limit: Decimal | None = getattr(self.rule, f"cap_{_RULE[measure]}")
            cap = None if limit is None else self._given("cap", limit)
            formula = f"A_{small} = x_{small}" if cap is None else f"A_{small} = clamp(x_{small}, c_{small})"
        if still:
            formula = f"A_{small} = 0 (d{big}² ≤ 1.96²·(se² + se′²))"
        exact: Fraction = getattr(self.comparison, f"points_{measure}")
        points = self._figure("points", exact, formula, raw or change, cap, *dead[2:])
        capped: bool = getattr(self.comparison, f"capped_{measure}")
        return ChangeTerm(measure, self.now, last, change, points, *dead, still, factor, room, raw, cap, capped, band)

    def _dead_band(
        self, change: Figure, error: Decimal
    ) -> tuple[Figure | None, Figure | None, Figure | None, Figure | None]:
        """The standard errors and the two squares that the dead band compares; None without a dead band."""
        if not self.rule.deadband or self.rule.method == "none":
            return None, None, None, None
        before: Decimal = getattr(self.baseline, f"se_{self.measure}")
        now = self._error("error", error)
        last = self._error("last_error", before)
        square = self._figure("square", change.exact**2, f"d{self.big}²", change, places=_SQUARE_PLACES)
        limit = self._figure(
            "limit", still_limit(error, before), "1.96² · (se² + se′²)", now, last, places=_SQUARE_PLACES
        )
        return now, last, square, limit

    def _error(self, kind: str, value: Decimal) -> Figure:
        """A standard error as published, at 6 places."""
        return self._figure(kind, Fraction(rounded(value, SE_PLACES)), "", places=SE_PLACES)

    def _room(self, change: Figure, last: Figure) -> Figure:
        """The share of what was still possible."""
        below = f"(100 − {self.big}′)" if change.exact > 0 else f"{self.big}′"
        formula = f"d{self.big} / {below}" if change.exact else "0"
        return self._figure("room", share_of_room(change.exact, last.exact), formula, change, last, places=SE_PLACES)

    def _figure(
        self, kind: str, exact: Fraction, formula: str, *sources: Figure | None, places: int | None = None
    ) -> Figure:
        identity = f"{kind.replace('_', '-')}-{self.measure}"
        return self.figures.computed(identity, f"{kind}_{self.measure}", exact, formula, sources, places=places)

    def _given(self, kind: str, value: Decimal) -> Figure:
        return self.figures.given(f"{kind}-{self.measure}", f"{kind}_{self.measure}", value)
