"""A score step by step: the figures a department's total is derived from, each with what it came from.

Only what may be shown is in here: hidden cells (`privacy.hidden_strata`) never become figures of their own, the
reporting ones of a criterion enter as one sum. `explaining.Explainer` makes it.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from evaluation.definition.values import plain

from .figures import rounded

#: The three things every cell, criterion and department has: S, U (per cent) and B (0–100).
MEASURES = SATISFACTION, DISSATISFACTION, BASE = "satisfaction", "dissatisfaction", "base"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: `exact`, and `shown`, rounded once from it.

    `id` is unique in its explanation and fit for an anchor; `kind` says what it is, `item`, `stratum` and `choice`
    of what (codes, "" = of none). `formula` is in the symbols of the rules, "" for what is given; `sources` are the
    ids of the figures it was computed from.
    """

    id: str
    kind: str
    exact: Fraction
    shown: Decimal
    formula: str = ""
    sources: tuple[str, ...] = ()
    item: str = ""
    stratum: str = ""
    choice: str = ""

    @property
    def places(self) -> int:
        """Decimals of `shown`."""
        return max(0, -int(self.shown.as_tuple().exponent))


@dataclass(frozen=True, slots=True)
class Trio:
    """S, U and B of the same thing."""

    satisfaction: Figure
    dissatisfaction: Figure
    base: Figure

    def of(self, measure: str) -> Figure:
        """One of the three. Raises KeyError."""
        return {SATISFACTION: self.satisfaction, DISSATISFACTION: self.dissatisfaction, BASE: self.base}[measure]


@dataclass(frozen=True, slots=True)
class StratumLine:
    """A stratum's part in a criterion.

    `reports` whether it enters the score; `hidden` whether its answers are too few to be shown: then only weights are
    here. `effective` is W* in per cent, `counts` the answers by valid choice (empty where evaluators' weights differ),
    `rates` p of the cell, `parts` W* · p.
    """

    stratum: str
    weight: Figure
    effective: Figure
    reports: bool
    hidden: bool
    valid: Figure | None = None
    counts: tuple[Figure, ...] = ()
    rates: Trio | None = None
    parts: Trio | None = None


@dataclass(frozen=True, slots=True)
class MergedLine:
    """The hidden strata of a criterion that enter the score, as one; `parts` None for a single one that is all.

    `weights` are W of each of `strata`, `weight` their sum.
    """

    strata: tuple[str, ...]
    weights: tuple[Figure, ...]
    weight: Figure
    effective: Figure
    parts: Trio | None


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: its weight a_q, its strata, Σ W of the reporting ones, and its rates (None if none reports)."""

    item: str
    share: Figure
    lines: tuple[StratumLine, ...]
    merged: MergedLine | None
    reporting_weight: Figure
    rates: Trio | None


@dataclass(frozen=True, slots=True)
class ChangeTerm:
    """One term of A_d: the satisfaction or the dissatisfaction rate against last year's.

    `square` and `limit` decide the dead band (`still`); `factor`, `room` (headroom), `raw`, `cap` lead to `points`
    where the method has them; `band` is the position of the applied band, None below the first or without bands.
    """

    measure: str
    now: Figure
    last: Figure
    change: Figure
    points: Figure
    error: Figure | None = None
    last_error: Figure | None = None
    square: Figure | None = None
    limit: Figure | None = None
    still: bool = False
    factor: Figure | None = None
    room: Figure | None = None
    raw: Figure | None = None
    cap: Figure | None = None
    capped: bool = False
    band: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Against last year: `source` own, merged or none (then no terms), and A_d."""

    method: str
    source: str
    terms: tuple[ChangeTerm, ...]
    adjustment: Figure


@dataclass(frozen=True, slots=True)
class Composite:
    """From B_d and A_d to T_d; the assessment is None where there is no score and none is needed."""

    public: Figure
    share_public: Figure
    part_public: Figure
    assessment: Figure | None
    share_assessment: Figure
    part_assessment: Figure
    bonus: Figure
    deduction: Figure
    total: Figure


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another department near in rank: its published figures, `distance` = our total − its total, and what decided.

    `public`, `assessment` and `extras` (bonus less deduction) say where the distance comes from, ours less theirs; None
    where the round has no such part. Rounded figures, so that their sum may miss the distance by a last digit.
    """

    code: str
    rank: int
    total: Decimal
    satisfaction: Decimal
    dissatisfaction: Decimal
    distance: Decimal
    decided_by: str
    public: Decimal | None = None
    assessment: Decimal | None = None
    extras: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A rank within `scope` (group or overall) among `ranked` departments.

    `tied` share the rank; `level` have the same total and another rank, by the tie break; `above` and `below` are the
    next better and the next worse ones (several where they share a rank).
    """

    scope: str
    ranked: int
    rank: Figure
    better: Figure
    tied: tuple[Neighbour, ...]
    level: tuple[Neighbour, ...]
    above: tuple[Neighbour, ...]
    below: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """Places gained (positive) or lost in `scope` against last year's rank."""

    scope: str
    last_rank: Figure
    movement: Figure


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an outcome: its threshold and what the department has (None where neither is a number)."""

    code: str
    threshold: Decimal | None
    actual: Decimal | None
    met: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An outcome that the round may propose, with its conditions: any of them for key-help, all for the others."""

    outcome: str
    proposed: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One department's score from its answers to its rank; an insufficient one ends at its criteria.

    `figures` holds every figure by id, sources before what is computed from them.
    """

    code: str
    group: str
    weighted: bool
    omitted: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    figures: dict[str, Figure] = field(default_factory=dict)
    overall: Trio | None = None
    change: Change | None = None
    composite: Composite | None = None
    places: tuple[Place, ...] = ()
    movement: Movement | None = None
    proposals: tuple[Proposal, ...] = ()

    @property
    def ranked(self) -> bool:
        """Whether the department has a score."""
        return self.composite is not None


class Figures:
    """Collects the figures of one explanation and sees to it that their sources are there."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.found: dict[str, Figure] = {}

    def computed(
        self,
        identity: str,
        kind: str,
        exact: Fraction,
        formula: str,
        sources: tuple[Figure | None, ...],
        *,
        places: int | None = None,
        item: str = "",
        stratum: str = "",
    ) -> Figure:
        """A figure computed from others, shown at `places` (default: the round's decimals)."""
        ids = tuple(source.id for source in sources if source is not None)
        shown = rounded(exact, self.places if places is None else places)
        return self._add(Figure(identity, kind, exact, shown, formula, ids, item, stratum))

    def given(
        self, identity: str, kind: str, value: Decimal | int, *, item: str = "", stratum: str = "", choice: str = ""
    ) -> Figure:
        """A figure that is what it is: a count, a rule's number, last year's rate; shown with all its digits."""
        text = plain(Decimal(value))
        return self._add(
            Figure(identity, kind, Fraction(value), Decimal(text), item=item, stratum=stratum, choice=choice)
        )

    def _add(self, figure: Figure) -> Figure:
        if figure.id in self.found:
            if self.found[figure.id] != figure:
                raise ValueError(f"two figures are called {figure.id}")
            return self.found[figure.id]
        self.found[figure.id] = figure
        return figure
