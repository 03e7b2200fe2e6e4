"""From counts to the published table: one function, exact from the cube on.

    E_d = B_d + A_d
    T_d = (λ_E·E_d + λ_K·K_d)/100 + bonus_d − deduction_d

Every figure is rounded once, from its exact value; ranks and outcomes are computed on the rounded figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from evaluation.definition import ScoringDefinition

from .comparison import Comparison, compare
from .cube import CellCounts, CountCube
from .figures import rounded
from .model import INSUFFICIENT, NONE, RANKED, ZERO, Adjustment, Baseline, Department, ScoringError, StandardErrors
from .outcomes import Candidate, propose
from .ranking import Standing, movement, ranks
from .rates import DepartmentRates, Rates, department_rates
from .result import DepartmentResult, Figures, MeanRates, Result
from .uncertainty import Sampling, sampling, standard_errors


def score(
    definition: ScoringDefinition,
    departments: Sequence[Department],
    counts: CountCube | CellCounts,
    *,
    baselines: Mapping[str, Baseline] | None = None,
    assessments: Mapping[str, Decimal] | None = None,
    adjustments: Mapping[str, Adjustment] | None = None,
    published_errors: StandardErrors | None = None,
) -> Result:
    """Score a round.

    `departments` in the order of the cube's first axis; `counts` the cube, or the cells of a public bundle (then there
    are no standard errors, and a dead band takes the `published_errors`). The mappings are by department code; codes
    of other departments are ignored.

    Raises `ScoringError` when the shares need an assessment that a ranked department lacks, or the dead band a
    standard error that is not there; KeyError for a department of an unknown group.
    """
    baselines, assessments, adjustments = baselines or {}, assessments or {}, adjustments or {}
    cells = counts.cells() if isinstance(counts, CountCube) else counts
    rates = department_rates(definition, departments, cells)
    errors: list[tuple[Decimal, Decimal] | None] = [None] * len(rates)
    sampled: tuple[Sampling, ...] = ()
    if isinstance(counts, CountCube):
        errors = standard_errors(definition, rates, counts)
        sampled = sampling(definition, counts.returned.tolist())
    rows = []
    for department, rate, error in zip(departments, rates, errors, strict=True):
        row = _unranked(definition, department, rate, error)
        if rate.overall is not None:
            baseline = baselines.get(department.code)
            error = error or _published(definition, department, baseline, published_errors)
            comparison = compare(
                rate.overall.satisfaction, rate.overall.dissatisfaction, baseline, definition.year_over_year, error
            )
            assessment = assessments.get(department.code)
            adjustment = adjustments.get(department.code, Adjustment())
            row = _ranked(definition, row, rate.overall, comparison, assessment, adjustment)
        rows.append(row)
    rows = _placed(definition, rows, baselines, adjustments)
    return Result(
        departments=tuple(rows),
        groups=tuple(
            _means(group.code, [row for row in rows if row.group == group.code], definition.decimals)
            for group in definition.groups
        ),
        city=_means("", rows, definition.decimals),
        sampling=sampled,
    )


def _unranked(
    definition: ScoringDefinition,
    department: Department,
    rates: DepartmentRates,
    error: tuple[Decimal, Decimal] | None,
) -> DepartmentResult:
    """The row of a department before it has figures, which is all that an insufficient one ever has."""
    return DepartmentResult(
        department.code,
        department.group,
        INSUFFICIENT,
        tuple(definition.strata[position].code for position in rates.omitted),
        rates,
        se_satisfaction=error[0] if error else None,
        se_dissatisfaction=error[1] if error else None,
    )


def _published(
    definition: ScoringDefinition,
    department: Department,
    baseline: Baseline | None,
    published: StandardErrors | None,
) -> tuple[Decimal, Decimal]:
    """The standard errors a dead band needs where the ballots are not at hand; zeros where nothing needs them."""
    rule = definition.year_over_year
    if baseline is None or baseline.kind == NONE or not rule.deadband or rule.method == "none":
        return ZERO, ZERO
    if published is None or department.code not in published:
        message = f"The dead band needs the standard errors of {department.code}."
        raise ScoringError("error_missing", message, department.code)
    return published[department.code]


def _ranked(
    definition: ScoringDefinition,
    row: DepartmentResult,
    rates: Rates,
    comparison: Comparison,
    assessment: Decimal | None,
    adjustment: Adjustment,
) -> DepartmentResult:
    """The row with its figures; ranks and outcomes need all rows and come later.

    Raises `ScoringError` when the shares need an assessment that is not there.
    """
    share_e, share_k = Fraction(definition.composite.public or 0), Fraction(definition.composite.assessment or 0)
    if share_k > 0 and assessment is None:
        raise ScoringError("assessment_missing", f"{row.code} has no assessment score.", row.code)
    public = rates.base + comparison.adjustment
    total = (share_e * public + share_k * Fraction(assessment or 0)) / 100
    total += Fraction(adjustment.bonus) - Fraction(adjustment.deduction)
    places = definition.decimals
    return replace(
        row,
        status=RANKED,
        satisfaction=rounded(rates.satisfaction, places),
        dissatisfaction=rounded(rates.dissatisfaction, places),
        base=rounded(rates.base, places),
        adjustment=rounded(comparison.adjustment, places),
        public=rounded(public, places),
        assessment=None if assessment is None else rounded(assessment, places),
        bonus=rounded(adjustment.bonus, places),
        deduction=rounded(adjustment.deduction, places),
        total=rounded(total, places),
        baseline=comparison.kind,
        exact=Figures(rates.satisfaction, rates.dissatisfaction, rates.base, public, total),
        comparison=comparison,
    )


def _placed(
    definition: ScoringDefinition,
    rows: Sequence[DepartmentResult],
    baselines: Mapping[str, Baseline],
    adjustments: Mapping[str, Adjustment],
) -> list[DepartmentResult]:
    """The rows with ranks, movement and outcomes, all from the rounded figures of the ranked departments."""
    ranked = [row for row in rows if row.ranked]
    overall = _ranks(definition, ranked)
    in_group: dict[str, int] = {}
    for group in {row.group for row in ranked}:
        in_group.update(_ranks(definition, [row for row in ranked if row.group == group]))
    moved: dict[str, int | None] = {}
    for row in ranked:
        last = baselines.get(row.code, Baseline())
        if definition.rank_scope == "overall":
            moved[row.code] = movement(last.overall_rank, overall[row.code])
        else:
            moved[row.code] = movement(last.group_rank, in_group[row.code])
    candidates = [
        Candidate(
            group=row.group,
            group_rank=in_group[row.code],
            movement=moved[row.code],
            satisfaction=row.satisfaction or ZERO,
            dissatisfaction=row.dissatisfaction or ZERO,
            veto=bool(adjustments.get(row.code, Adjustment()).veto),
            problem=bool(adjustments.get(row.code, Adjustment()).problem),
        )
        for row in ranked
    ]
    proposed = dict(zip((row.code for row in ranked), propose(candidates, definition.outcomes), strict=True))
    return [
        replace(
            row,
            group_rank=in_group[row.code],
            overall_rank=overall[row.code],
            movement=moved[row.code],
            outcomes=proposed[row.code],
        )
        if row.ranked
        else row
        for row in rows
    ]


def _ranks(definition: ScoringDefinition, rows: Sequence[DepartmentResult]) -> dict[str, int]:
    """Rank by code among these rows."""
    standings = [Standing(row.total or ZERO, row.satisfaction or ZERO, row.dissatisfaction or ZERO) for row in rows]
    return dict(zip((row.code for row in rows), ranks(standings, definition.tie_break), strict=True))


def _means(code: str, rows: Sequence[DepartmentResult], places: int) -> MeanRates:
    """Unweighted means over the ranked departments among these rows, rounded once."""
    figures = [row.exact for row in rows if row.exact is not None]
    if not figures:
        return MeanRates(code, 0, None, None)
    count = len(figures)
    return MeanRates(
        code,
        count,
        rounded(sum((entry.satisfaction for entry in figures), Fraction(0)) / count, places),
        rounded(sum((entry.dissatisfaction for entry in figures), Fraction(0)) / count, places),
    )
