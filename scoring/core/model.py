"""What scoring is about besides ballots: departments, last year's figures, assessment and adjustments."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
OWN, MERGED, NONE = "own", "merged", "none"
RANKED, INSUFFICIENT = "ranked", "insufficient"


class ScoringError(ValueError):
    """Input that cannot be scored; `code` is stable, the text is for people."""

    def __init__(self, code: str, message: str, department: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.department = department


@dataclass(frozen=True, slots=True)
class Department:
    """A department judged this year, in its group."""

    code: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """Last year's published figures: rates in per cent, standard errors in percentage points, ranks from 1.

    Both rates None = nothing comparable, the ranks still give movement. `source` is `own` or `merged`.
    """

    satisfaction: Decimal | None = None
    dissatisfaction: Decimal | None = None
    group_rank: int | None = None
    overall_rank: int | None = None
    se_satisfaction: Decimal = ZERO
    se_dissatisfaction: Decimal = ZERO
    source: str = OWN

    def __post_init__(self) -> None:
        if (self.satisfaction is None) != (self.dissatisfaction is None):
            raise ScoringError("baseline_half", "A baseline has both rates or none.")
        if self.source not in (OWN, MERGED):
            raise ScoringError("baseline_source", "The source of a baseline is own or merged.")

    @property
    def kind(self) -> str:
        """`own`, `merged`, or `none` where there are no rates."""
        return NONE if self.satisfaction is None else self.source


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Bonus and deduction in points (both ≥ 0); `veto` and `problem` are texts, "" = none."""

    bonus: Decimal = ZERO
    deduction: Decimal = ZERO
    veto: str = ""
    problem: str = ""


#: Standard errors by department code: (of satisfaction, of dissatisfaction), percentage points at 6 places.
StandardErrors = Mapping[str, tuple[Decimal, Decimal]]
