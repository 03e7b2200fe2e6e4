"""The configuration of a round: everything that decides a number, a draw or a ballot, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import checks, parts
from .ballot import BallotDefinition, BallotDepartment
from .outcomes import OutcomeRules
from .parts import (
    BallotRules,
    Choice,
    Composite,
    GroupWeights,
    Item,
    StratumPlan,
    WeightClass,
    YearOverYear,
    part,
    rows,
)
from .problems import Problem
from .scoring_definition import ScoredStratum, ScoringDefinition
from .values import fingerprint, integer_or_none

FORMAT = 1


@dataclass(frozen=True, slots=True)
class RoundConfiguration:
    """Everything about a round that is data, complete or still a draft.

    `scale`, `items`, `strata`, `groups` and `weight_classes` keep their order: it is the order of screens, of the
    packed ballot and of the results. `min_valid` is the fewest valid ballots with which a stratum reports, `min_cell`
    the fewest with which a breakdown is shown. `merge_small_classes`: a weight class held by fewer than `min_cell`
    drawn evaluators of a stratum counts with the default weight. The public seed of the draw is not here; it is
    announced at freezing.
    """

    scale: tuple[Choice, ...] = ()
    items: tuple[Item, ...] = ()
    strata: tuple[StratumPlan, ...] = ()
    groups: tuple[GroupWeights, ...] = ()
    weight_classes: tuple[WeightClass, ...] = (WeightClass("", "默认", default=True, label_en="Default"),)
    merge_small_classes: bool = True
    min_valid: int = 5
    min_cell: int = 5
    year_over_year: YearOverYear = YearOverYear()
    composite: Composite = Composite()
    decimals: int = 4
    tie_break: tuple[str, ...] = parts.TIE_BREAKS
    rank_scope: str = "group"
    outcomes: OutcomeRules = OutcomeRules()
    ballot: BallotRules = BallotRules()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RoundConfiguration":
        """Read what `to_dict` wrote, or any unfinished draft: what is missing or garbage shows up in `problems()`."""
        default = cls()

        def number(key: str, fallback: int) -> int:
            value = integer_or_none(data.get(key))
            return fallback if value is None else value

        tie_break = data.get("tie_break")
        return cls(
            scale=tuple(Choice.from_dict(row) for row in rows(data, "scale")),
            items=tuple(Item.from_dict(row) for row in rows(data, "items")),
            strata=tuple(StratumPlan.from_dict(row) for row in rows(data, "strata")),
            groups=tuple(GroupWeights.from_dict(row) for row in rows(data, "groups")),
            weight_classes=tuple(WeightClass.from_dict(row) for row in rows(data, "weight_classes"))
            if "weight_classes" in data
            else default.weight_classes,
            merge_small_classes=data.get("merge_small_classes", True) is True,
            min_valid=number("min_valid", default.min_valid),
            min_cell=number("min_cell", default.min_cell),
            year_over_year=YearOverYear.from_dict(part(data, "year_over_year")),
            composite=Composite.from_dict(part(data, "composite")),
            decimals=number("decimals", default.decimals),
            tie_break=tuple(str(key) for key in tie_break)
            if isinstance(tie_break, list | tuple)
            else default.tie_break,
            rank_scope=parts.text(data, "rank_scope") or default.rank_scope,
            outcomes=OutcomeRules.from_dict(part(data, "outcomes")),
            ballot=BallotRules.from_dict(part(data, "ballot")),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe, decimals as strings, stable order; `from_dict` gives back an equal configuration."""
        return {
            "format": FORMAT,
            "scale": [choice.to_dict() for choice in self.scale],
            "items": [item.to_dict() for item in self.items],
            "strata": [stratum.to_dict() for stratum in self.strata],
            "groups": [group.to_dict() for group in self.groups],
            "weight_classes": [entry.to_dict() for entry in self.weight_classes],
            "merge_small_classes": self.merge_small_classes,
            "min_valid": self.min_valid,
            "min_cell": self.min_cell,
            "year_over_year": self.year_over_year.to_dict(),
            "composite": self.composite.to_dict(),
            "decimals": self.decimals,
            "tie_break": list(self.tie_break),
            "rank_scope": self.rank_scope,
            "outcomes": self.outcomes.to_dict(),
            "ballot": self.ballot.to_dict(),
        }

    def fingerprint(self) -> str:
        """SHA-256 (64 hex digits) of the canonical JSON of `to_dict()`."""
        return fingerprint(self.to_dict())

    def problems(self) -> list[Problem]:
        """What must be mended before freezing, section by section in the order of the form; empty = complete."""
        return [
            *checks.scale_problems(self.scale),
            *checks.malformed_code_problems([choice.code for choice in self.scale], "scale", "scale"),
            *checks.usable_scale_problems(self.scale),
            *checks.item_problems(self.items),
            *checks.malformed_code_problems([item.code for item in self.items], "criteria", "items"),
            *checks.strata_problems(self),
            *checks.malformed_code_problems([stratum.code for stratum in self.strata], "strata", "strata"),
            *checks.group_problems(self.groups, [stratum.code for stratum in self.strata]),
            *checks.malformed_code_problems([group.code for group in self.groups], "weights", "groups"),
            *checks.weight_class_problems(self),
            *checks.min_valid_problems(self.min_valid),
            *checks.comparison_problems(self.year_over_year),
            *checks.composite_problems(
                self.composite, self.decimals, self.tie_break, self.rank_scope, checks.MAX_PUBLISHED_DECIMALS
            ),
            *checks.outcome_problems(self.outcomes),
            *checks.ballot_problems(self),
        ]

    def warnings(self) -> list[Problem]:
        """What is allowed but deserves a second look."""
        return list(checks.warnings(self))

    def stratum(self, code: str) -> StratumPlan:
        """The plan of one stratum. Raises KeyError for an unknown code."""
        for stratum in self.strata:
            if stratum.code == code:
                return stratum
        raise KeyError(code)

    def group(self, code: str) -> GroupWeights:
        """The weights of one group. Raises KeyError for an unknown code."""
        for group in self.groups:
            if group.code == code:
                return group
        raise KeyError(code)

    @property
    def default_class(self) -> WeightClass:
        """The class of whoever has none: the one flagged default, else the one without code. Raises LookupError."""
        for entry in self.weight_classes:
            if entry.default:
                return entry
        for entry in self.weight_classes:
            if entry.code == "":
                return entry
        raise LookupError("no default weight class")

    def weight_class(self, code: str) -> WeightClass:
        """The class with this code; "" is the default class. Raises KeyError for an unknown code."""
        for entry in self.weight_classes:
            if entry.code == code:
                return entry
        if code == "":
            return self.default_class
        raise KeyError(code)

    def scoring_definition(self, year: int, populations: Mapping[str, int]) -> ScoringDefinition:
        """The rules of scoring, as `round.json` states them.

        `populations` gives the candidates of the frozen snapshot by stratum: persons, or *units* where the stratum is
        drawn by unit; N_s is then units × `ballots_per_unit`. A stratum not in it has population 0.

        Raises `DefinitionError` when the configuration still has problems that touch scoring.
        """
        definition = ScoringDefinition(
            year=year,
            scale=self.scale,
            items=self.items,
            strata=tuple(
                ScoredStratum(
                    code=plan.code,
                    label=plan.label,
                    population=populations.get(plan.code, 0)
                    * (plan.ballots_per_unit if plan.drawn_by == "unit" else 1),
                    design_effect=plan.design_effect or parts.ONE,
                )
                for plan in self.strata
            ),
            groups=self.groups,
            min_valid=self.min_valid,
            year_over_year=self.year_over_year,
            composite=self.composite,
            decimals=self.decimals,
            tie_break=self.tie_break,
            rank_scope=self.rank_scope,
            outcomes=self.outcomes,
        )
        definition.refuse_problems()
        return definition

    def ballot_definition(self, departments: Sequence[tuple[str, str]]) -> BallotDefinition:
        """The frozen ballot over `departments` ((code, group) in the order to freeze)."""
        return BallotDefinition(
            departments=tuple(BallotDepartment(code, group) for code, group in departments),
            items=tuple(item.code for item in self.items),
            choices=tuple(choice.code for choice in self.scale),
            judges={
                plan.code: tuple(group.code for group in self.groups if group.weight(plan.code) > 0)
                for plan in self.strata
            },
        )
