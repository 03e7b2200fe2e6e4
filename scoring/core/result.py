"""What scoring hands out: the published table, and behind every figure what it came from."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .comparison import Comparison
from .model import RANKED
from .outcomes import Outcomes
from .rates import DepartmentRates
from .uncertainty import Sampling


@dataclass(frozen=True, slots=True)
class Figures:
    """The unrounded figures of a ranked department, for whoever wants to follow every digit."""

    satisfaction: Fraction
    dissatisfaction: Fraction
    base: Fraction
    public: Fraction
    total: Fraction


@dataclass(frozen=True, slots=True)
class DepartmentResult:
    """One row of the published table.

    Figures are rounded to the round's decimals (standard errors to 6 places), None where there is none; an
    insufficient department has None everywhere but code, group, status and omitted strata. `exact`, `rates` and
    `comparison` hold what the figures came from.
    """

    code: str
    group: str
    status: str
    omitted_strata: tuple[str, ...]
    rates: DepartmentRates
    satisfaction: Decimal | None = None
    dissatisfaction: Decimal | None = None
    base: Decimal | None = None
    adjustment: Decimal | None = None
    public: Decimal | None = None
    assessment: Decimal | None = None
    bonus: Decimal | None = None
    deduction: Decimal | None = None
    total: Decimal | None = None
    group_rank: int | None = None
    overall_rank: int | None = None
    movement: int | None = None
    baseline: str | None = None
    outcomes: Outcomes | None = None
    se_satisfaction: Decimal | None = None
    se_dissatisfaction: Decimal | None = None
    exact: Figures | None = None
    comparison: Comparison | None = None

    @property
    def ranked(self) -> bool:
        return self.status == RANKED


@dataclass(frozen=True, slots=True)
class MeanRates:
    """Unweighted means of S_d and U_d over `ranked` departments; None when there is none."""

    code: str
    ranked: int
    satisfaction: Decimal | None
    dissatisfaction: Decimal | None


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a round: departments in the order given, group means in the order of the round, the city's."""

    departments: tuple[DepartmentResult, ...]
    groups: tuple[MeanRates, ...]
    city: MeanRates
    sampling: tuple[Sampling, ...] = ()

    def department(self, code: str) -> DepartmentResult:
        """One department's row. Raises KeyError."""
        for row in self.departments:
            if row.code == code:
                return row
        raise KeyError(code)
