"""What a score was computed from besides the ballots, as plain data to be kept with a run.

Kept beside the count cube, it makes a run complete: its public bundle can be written, and its ballots be checked
against its fingerprint, whatever has been changed in the database since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluation.definition import ScoringDefinition, parse_round
from evaluation.definition.values import plain

from .ballots import Ballots
from .bundle import Bundle
from .cube import CellCounts
from .model import Adjustment, Baseline, Department, StandardErrors


@dataclass(frozen=True)
class Basis:
    """Rules, departments, last year's figures, assessment and adjustments."""

    definition: ScoringDefinition
    departments: tuple[Department, ...]
    baselines: Mapping[str, Baseline]
    assessments: Mapping[str, Decimal]
    adjustments: Mapping[str, Adjustment]

    def to_json(self) -> dict[str, Any]:
        """JSON-safe; decimals are texts, exactly."""
        return {
            "round": self.definition.to_round_json(),
            "departments": [[row.code, row.name, row.group] for row in self.departments],
            "baselines": {
                code: {
                    "satisfaction": _text(row.satisfaction),
                    "dissatisfaction": _text(row.dissatisfaction),
                    "group_rank": row.group_rank,
                    "overall_rank": row.overall_rank,
                    "se_satisfaction": plain(row.se_satisfaction),
                    "se_dissatisfaction": plain(row.se_dissatisfaction),
                    "source": row.source,
                }
                for code, row in self.baselines.items()
            },
            "assessments": {code: plain(score) for code, score in self.assessments.items()},
            "adjustments": {
                code: {
                    "bonus": plain(row.bonus),
                    "deduction": plain(row.deduction),
                    "veto": row.veto,
                    "problem": row.problem,
                }
                for code, row in self.adjustments.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Basis":
        """Read what `to_json` wrote. Raises KeyError or `DefinitionError` for anything else."""
        return cls(
            definition=parse_round(data["round"]),
            departments=tuple(Department(*row) for row in data["departments"]),
            baselines={
                code: Baseline(
                    satisfaction=_decimal(row["satisfaction"]),
                    dissatisfaction=_decimal(row["dissatisfaction"]),
                    group_rank=row["group_rank"],
                    overall_rank=row["overall_rank"],
                    se_satisfaction=Decimal(row["se_satisfaction"]),
                    se_dissatisfaction=Decimal(row["se_dissatisfaction"]),
                    source=row["source"],
                )
                for code, row in data["baselines"].items()
            },
            assessments={code: Decimal(score) for code, score in data["assessments"].items()},
            adjustments={
                code: Adjustment(Decimal(row["bonus"]), Decimal(row["deduction"]), row["veto"], row["problem"])
                for code, row in data["adjustments"].items()
            },
        )

    def with_ballots(self, ballots: Ballots) -> Bundle:
        """The audit bundle: this and the ballots."""
        return Bundle(
            self.definition,
            self.departments,
            ballots=ballots,
            baselines=self.baselines,
            assessments=self.assessments,
            adjustments=self.adjustments,
        )

    def with_cells(self, cells: CellCounts, errors: StandardErrors) -> Bundle:
        """The public bundle: this, the counts, and the standard errors of the run."""
        return Bundle(
            self.definition,
            self.departments,
            cells=cells,
            baselines=self.baselines,
            assessments=self.assessments,
            adjustments=self.adjustments,
            published_errors=errors,
        )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
