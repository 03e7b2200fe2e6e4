"""Deriving one department's score again, step by step, from the result and what went into it."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from evaluation.definition import ScoringDefinition

from .explaining_change import change_steps
from .explaining_places import movement, places, proposals
from .explaining_rates import RateSteps
from .explanation import Composite, Explanation, Figure, Figures
from .model import ZERO, Adjustment, Baseline, StandardErrors
from .privacy import HiddenCells
from .result import DepartmentResult, Result


class Explainer:
    """Explains the scores of one result.

    `hidden` says which cells nobody may see (`privacy.hidden_strata` of the same departments); the mappings are those
    the result was scored from. `published_errors` are needed where `score` needed them.
    """

    def __init__(
        self,
        definition: ScoringDefinition,
        result: Result,
        hidden: HiddenCells,
        *,
        baselines: Mapping[str, Baseline] | None = None,
        assessments: Mapping[str, Decimal] | None = None,
        adjustments: Mapping[str, Adjustment] | None = None,
        published_errors: StandardErrors | None = None,
    ) -> None:
        self.definition = definition
        self.result = result
        self.hidden = hidden
        self.baselines = baselines or {}
        self.assessments = assessments or {}
        self.adjustments = adjustments or {}
        self.published_errors = published_errors or {}
        self.at = {row.code: at for at, row in enumerate(result.departments)}
        self.weighted = weights_differ(result)

    def explain(self, code: str) -> Explanation:
        """One department's score. Raises KeyError for a department that is not in the result."""
        at = self.at[code]
        row = self.result.departments[at]
        figures = Figures(self.definition.decimals)
        hides = [self.hidden.hides(at, position) for position in range(len(self.definition.strata))]
        steps = RateSteps(self.definition, row, hides, figures, weighted=self.weighted)
        criteria = tuple(steps.criterion(position) for position in range(len(self.definition.items)))
        if row.exact is None or row.comparison is None:
            return Explanation(code, row.group, self.weighted, row.omitted_strata, criteria, figures.found)
        overall = steps.overall(criteria)
        baseline = self.baselines.get(code)
        errors = self.published_errors.get(code)
        change = change_steps(figures, self.definition.year_over_year, row, row.comparison, overall, baseline, errors)
        composite = self._composite(figures, row, overall.base, change.adjustment)
        found = places(figures, self.definition, self.result, row, overall, composite.total)
        moved = movement(figures, self.definition, baseline, found)
        adjustment = self.adjustments.get(code, Adjustment())
        return Explanation(
            code,
            row.group,
            self.weighted,
            row.omitted_strata,
            criteria,
            figures.found,
            overall,
            change,
            composite,
            found,
            moved,
            proposals(self.definition.outcomes, self.result, row, adjustment),
        )

    def _composite(self, figures: Figures, row: DepartmentResult, base: Figure, adjustment: Figure) -> Composite:
        rule = self.definition.composite
        extra = self.adjustments.get(row.code, Adjustment())
        score = self.assessments.get(row.code)
        public = figures.computed("public", "public", base.exact + adjustment.exact, "E = B + A", (base, adjustment))
        share_public = figures.given("share-public", "share_public", rule.public or ZERO)
        part_public = figures.computed(
            "part-public",
            "part_public",
            share_public.exact * public.exact / 100,
            "λ_E · E / 100",
            (share_public, public),
        )
        assessment = None if score is None else figures.given("assessment", "assessment", score)
        share_assessment = figures.given("share-assessment", "share_assessment", rule.assessment or ZERO)
        part_assessment = figures.computed(
            "part-assessment",
            "part_assessment",
            share_assessment.exact * (assessment.exact if assessment else Fraction(0)) / 100,
            "λ_K · K / 100",
            (share_assessment, assessment),
        )
        bonus = figures.given("bonus", "bonus", extra.bonus)
        deduction = figures.given("deduction", "deduction", extra.deduction)
        total = figures.computed(
            "total",
            "total",
            part_public.exact + part_assessment.exact + bonus.exact - deduction.exact,
            "T = (λ_E·E + λ_K·K) / 100 + bonus − deduction",
            (part_public, part_assessment, bonus, deduction),
        )
        return Composite(
            public, share_public, part_public, assessment, share_assessment, part_assessment, bonus, deduction, total
        )


def weights_differ(result: Result) -> bool:
    """Whether answers count differently: sums of weights are not the counts times one number, anywhere."""
    factor: Fraction | None = None
    for row in result.departments:
        for line in row.rates.cells:
            for cell in line:
                for count, weight in zip(cell.counts, cell.weighted, strict=True):
                    if not count:
                        continue
                    here = Fraction(weight, count)
                    if factor is None:
                        factor = here
                    elif here != factor:
                        return True
    return False
