"""The first steps of a derivation: answers, weights, rates of criteria, base score. Hidden cells stay out."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from evaluation.definition import ScoringDefinition

from .explanation import (
    BASE,
    DISSATISFACTION,
    MEASURES,
    SATISFACTION,
    Criterion,
    Figure,
    Figures,
    MergedLine,
    StratumLine,
    Trio,
)
from .rates import Cell
from .result import DepartmentResult

_SYMBOL = {SATISFACTION: "S", DISSATISFACTION: "U", BASE: "B"}


class RateSteps:
    """Builds the criteria and the overall rates of one department.

    `hides` says by position which strata are hidden, `weighted` whether evaluators' weights differ: then no counts by
    choice are given, since beside weighted rates they would tell how the few of a small weight class answered.
    """

    def __init__(
        self,
        definition: ScoringDefinition,
        row: DepartmentResult,
        hides: Sequence[bool],
        figures: Figures,
        *,
        weighted: bool,
    ) -> None:
        self.definition = definition
        self.row = row
        self.hides = hides
        self.figures = figures
        self.weighted = weighted
        group = definition.group(row.group)
        self.judging = [at for at, stratum in enumerate(definition.strata) if group.weight(stratum.code) > 0]
        self.weights = {
            at: figures.given(
                f"weight-s{at + 1}",
                "weight",
                group.weight(definition.strata[at].code),
                stratum=definition.strata[at].code,
            )
            for at in self.judging
        }

    def criterion(self, position: int) -> Criterion:
        """One criterion: a line per judging stratum, the hidden reporting ones merged."""
        item, cells = self.definition.items[position], self.row.rates.cells[position]
        share = self.figures.given(f"share-q{position + 1}", "share", item.weight or 0, item=item.code)
        reporting = [at for at in self.judging if cells[at].reports]
        reporting_weight = self.figures.computed(
            f"reporting-q{position + 1}",
            "reporting_weight",
            sum((self.weights[at].exact for at in reporting), Fraction(0)),
            "ΣW",
            tuple(self.weights[at] for at in reporting),
            places=max((one.places for one in self.weights.values()), default=0),
            item=item.code,
        )
        covered = [at for at in reporting if self.hides[at]]
        lines = tuple(self._line(position, at, cells[at], reporting_weight) for at in self.judging if at not in covered)
        merged = self._merged(position, covered, cells, reporting_weight, alone=len(covered) == len(reporting))
        rates = self._item_rates(position, cells, lines, merged) if reporting else None
        return Criterion(item.code, share, lines, merged, reporting_weight, rates)

    def overall(self, criteria: Sequence[Criterion]) -> Trio:
        """S_d, U_d and B_d: the criteria by their weights."""

        def figure(measure: str) -> Figure:
            rates = [criterion.rates.of(measure) for criterion in criteria if criterion.rates is not None]
            exact = sum(
                (criterion.share.exact / 100 * rate.exact for criterion, rate in zip(criteria, rates, strict=True)),
                Fraction(0),
            )
            sources = [one for pair in zip((row.share for row in criteria), rates, strict=True) for one in pair]
            symbol = _SYMBOL[measure]
            return self.figures.computed(
                measure, measure, exact, f"{symbol} = Σ_q a_q/100 · {symbol}_q", tuple(sources)
            )

        return _trio(figure)

    def _line(self, position: int, at: int, cell: Cell, reporting_weight: Figure) -> StratumLine:
        stratum, item = self.definition.strata[at].code, self.definition.items[position].code
        place = f"q{position + 1}-s{at + 1}"
        weight = self.weights[at]
        effective = self.figures.computed(
            f"effective-{place}",
            "effective",
            100 * cell.effective_weight,
            "W* = 100 · W / ΣW" if cell.reports else "W* = 0",
            (weight, reporting_weight) if cell.reports else (),
            item=item,
            stratum=stratum,
        )
        if self.hides[at]:
            return StratumLine(stratum, weight, effective, cell.reports, hidden=True)
        valid = self.figures.given(f"valid-{place}", "valid", cell.valid, item=item, stratum=stratum)
        counts = () if self.weighted else self._counts(position, at, cell)
        rates = self._cell_rates(position, at, cell, counts, valid) if cell.valid else None
        parts = None
        if rates is not None and cell.reports:
            parts = _trio(
                lambda measure: self.figures.computed(
                    f"part-{measure}-{place}",
                    f"part_{measure}",
                    effective.exact / 100 * rates.of(measure).exact,
                    f"W*/100 · {_SYMBOL[measure]}_s",
                    (effective, rates.of(measure)),
                    item=item,
                    stratum=stratum,
                )
            )
        return StratumLine(stratum, weight, effective, cell.reports, False, valid, counts, rates, parts)

    def _counts(self, position: int, at: int, cell: Cell) -> tuple[Figure, ...]:
        choices = [choice for choice in self.definition.scale if choice.is_valid]
        return tuple(
            self.figures.given(
                f"count-q{position + 1}-s{at + 1}-c{number}",
                "count",
                count,
                item=self.definition.items[position].code,
                stratum=self.definition.strata[at].code,
                choice=choice.code,
            )
            for number, (choice, count) in enumerate(zip(choices, cell.counts, strict=True), start=1)
        )

    def _cell_rates(self, position: int, at: int, cell: Cell, counts: tuple[Figure, ...], valid: Figure) -> Trio:
        """p of a cell: from the counts where answers count alike, else from sums of weights that are not given."""
        answers = "Σw" if self.weighted else "n"
        formulas = {
            SATISFACTION: f"S_s = 100 · {answers}(satisfied) / {answers}",
            DISSATISFACTION: f"U_s = 100 · {answers}(dissatisfied) / {answers}",
            BASE: f"B_s = Σ_c v_c · {answers}(c) / {answers}",
        }
        exact = {SATISFACTION: cell.satisfaction, DISSATISFACTION: cell.dissatisfaction, BASE: cell.base}
        members = {SATISFACTION: cell.scale.satisfied, DISSATISFACTION: cell.scale.dissatisfied}

        def figure(measure: str) -> Figure:
            used = members.get(measure, (True,) * len(counts))
            return self.figures.computed(
                f"cell-{measure}-q{position + 1}-s{at + 1}",
                f"cell_{measure}",
                exact[measure] or Fraction(0),
                formulas[measure],
                (*(count for count, member in zip(counts, used, strict=False) if member), valid),
                item=self.definition.items[position].code,
                stratum=self.definition.strata[at].code,
            )

        return _trio(figure)

    def _merged(
        self, position: int, covered: list[int], cells: Sequence[Cell], reporting_weight: Figure, *, alone: bool
    ) -> MergedLine | None:
        """The hidden reporting strata as one line; its parts only beside shown strata, or as a sum of two or more."""
        if not covered:
            return None
        item, place = self.definition.items[position].code, f"q{position + 1}-merged"
        weights = tuple(self.weights[at] for at in covered)
        weight = self.figures.computed(
            f"weight-{place}",
            "weight",
            sum((one.exact for one in weights), Fraction(0)),
            "ΣW",
            weights,
            places=max(one.places for one in weights),
            item=item,
        )
        effective = self.figures.computed(
            f"effective-{place}",
            "effective",
            100 * weight.exact / reporting_weight.exact,
            "W* = 100 · W / ΣW",
            (weight, reporting_weight),
            item=item,
        )
        strata = tuple(self.definition.strata[at].code for at in covered)
        if len(covered) == 1 and alone:
            return MergedLine(strata, weights, weight, effective, None)

        def figure(measure: str) -> Figure:
            parts = (cells[at].effective_weight * (_rate(cells[at], measure) or 0) for at in covered)
            return self.figures.computed(
                f"part-{measure}-{place}",
                f"part_{measure}",
                sum(parts, Fraction(0)),
                f"Σ W*/100 · {_SYMBOL[measure]}_s",
                (effective,),
                item=item,
            )

        return MergedLine(strata, weights, weight, effective, _trio(figure))

    def _item_rates(
        self, position: int, cells: Sequence[Cell], lines: Sequence[StratumLine], merged: MergedLine | None
    ) -> Trio:
        """S_dq, U_dq and B_dq: the sum of the parts shown (of the single hidden stratum where that is all)."""

        def figure(measure: str) -> Figure:
            parts = [line.parts.of(measure) for line in lines if line.parts is not None]
            if merged is not None and merged.parts is not None:
                parts.append(merged.parts.of(measure))
            exact = sum((part.exact for part in parts), Fraction(0))
            if not parts:
                exact = next(_rate(cell, measure) for cell in cells if cell.reports) or Fraction(0)
            symbol = _SYMBOL[measure]
            return self.figures.computed(
                f"item-{measure}-q{position + 1}",
                f"item_{measure}",
                exact,
                f"{symbol}_q = Σ_s W*/100 · {symbol}_s",
                tuple(parts),
                item=self.definition.items[position].code,
            )

        return _trio(figure)


def _rate(cell: Cell, measure: str) -> Fraction | None:
    rate: Fraction | None = getattr(cell, measure)
    return rate


def _trio(make: Callable[[str], Figure]) -> Trio:
    return Trio(*(make(measure) for measure in MEASURES))
