"""The rules of scoring, exactly as a bundle's `round.json` states them.

The round's configuration and the bundle reader both arrive here, so that the rules have one formulation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from . import checks, parts
from .outcomes import OutcomeRules
from .parts import Band, Choice, Composite, GroupWeights, Item, YearOverYear, sorted_bands
from .problems import DefinitionError, refuse
from .reading import Node, plain_entry, read_outcomes
from .values import fingerprint, plain

FORMAT = 1


@dataclass(frozen=True, slots=True)
class ScoredStratum:
    """A stratum as scoring sees it: N_s = `population` candidates, `design_effect` on its variance."""

    code: str
    label: str
    population: int
    design_effect: Decimal = parts.ONE


@dataclass(frozen=True, slots=True)
class ScoringDefinition:
    """What `scoring.core` needs to know of a round; complete and consistent once `refuse_problems` has passed."""

    year: int
    scale: tuple[Choice, ...]
    items: tuple[Item, ...]
    strata: tuple[ScoredStratum, ...]
    groups: tuple[GroupWeights, ...]
    min_valid: int = 5
    year_over_year: YearOverYear = YearOverYear()
    composite: Composite = Composite()
    decimals: int = 4
    tie_break: tuple[str, ...] = parts.TIE_BREAKS
    rank_scope: str = "group"
    outcomes: OutcomeRules = OutcomeRules()

    def refuse_problems(self) -> None:
        """Raise `DefinitionError` for the first contradiction in the rules."""
        codes = [stratum.code for stratum in self.strata]
        if not codes:
            raise DefinitionError("strata", "There is no stratum.")
        refuse(checks.scale_problems(self.scale))
        refuse(checks.item_problems(self.items))
        refuse(checks.code_problems(codes, "strata", "strata"))
        for position, stratum in enumerate(self.strata):
            if stratum.population < 0:
                raise DefinitionError(f"strata.{position}.population", "The population is below 0.")
            if stratum.design_effect <= 0:
                raise DefinitionError(f"strata.{position}.design_effect", "The design effect must be above 0.")
        refuse(checks.group_problems(self.groups, codes))
        refuse(checks.min_valid_problems(self.min_valid))
        refuse(checks.comparison_problems(self.year_over_year))
        refuse(checks.composite_problems(self.composite, self.decimals, self.tie_break, self.rank_scope))
        refuse(checks.outcome_problems(self.outcomes))

    def group(self, code: str) -> GroupWeights:
        """The weights of one group. Raises KeyError for an unknown code."""
        for group in self.groups:
            if group.code == code:
                return group
        raise KeyError(code)

    def to_round_json(self) -> dict[str, Any]:
        """The content of `round.json`: JSON-safe, decimals as strings, stable order, nothing but the listed keys."""
        return {
            "format": FORMAT,
            "year": self.year,
            "scale": [
                {"code": entry.code, "label": entry.label, "value": plain(entry.value or parts.ZERO)}
                | {"counts": entry.counts}
                for entry in self.scale
            ],
            "items": [
                {"code": item.code, "label": item.label, "weight": plain(item.weight or parts.ZERO)}
                for item in self.items
            ],
            "strata": [
                {
                    "code": stratum.code,
                    "label": stratum.label,
                    "population": stratum.population,
                    "design_effect": plain(stratum.design_effect),
                }
                for stratum in self.strata
            ],
            "groups": [
                {
                    "code": group.code,
                    "label": group.label,
                    "weights": {stratum.code: plain(group.weight(stratum.code)) for stratum in self.strata},
                }
                for group in self.groups
            ],
            "min_valid": self.min_valid,
            "year_over_year": self.year_over_year.to_dict(),
            "composite": self.composite.to_dict(),
            "decimals": self.decimals,
            "tie_break": list(self.tie_break),
            "rank_scope": self.rank_scope,
            "outcomes": self.outcomes.to_dict(),
        }

    def fingerprint(self) -> str:
        """SHA-256 (64 hex digits) of the canonical JSON of `to_round_json()`."""
        return fingerprint(self.to_round_json())


def parse_round(data: Mapping[str, Any]) -> ScoringDefinition:
    """Read the parsed content of `round.json`.

    Raises `DefinitionError` with the path of the value for anything missing, unknown, of the wrong kind, out of range
    or contradictory (weights that do not add up to 100, a code used twice).
    """
    node = Node(data)
    node.only({entry.name for entry in fields(ScoringDefinition)} | {"format"})
    if node.integer("format", at_least=0) != FORMAT:
        raise DefinitionError("format", f"This program reads format {FORMAT}.")
    definition = ScoringDefinition(
        year=node.integer("year", at_least=1),
        scale=tuple(_choice(child) for child in node.children("scale")),
        items=tuple(_item(child) for child in node.children("items")),
        strata=tuple(_stratum(child) for child in node.children("strata")),
        groups=tuple(_group(child) for child in node.children("groups")),
        min_valid=node.integer("min_valid", at_least=1),
        year_over_year=_year_over_year(node.child("year_over_year")),
        composite=_composite(node.child("composite")),
        decimals=node.integer("decimals", at_least=0, default=4),
        tie_break=node.texts("tie_break", parts.TIE_BREAKS),
        rank_scope=node.text("rank_scope", "group"),
        outcomes=read_outcomes(node.optional_child("outcomes")),
    )
    definition.refuse_problems()
    return definition


def _choice(node: Node) -> Choice:
    node.only({"code", "label", "value", "counts"})
    counts = node.text("counts")
    return Choice(
        node.text("code"),
        node.text("label", ""),
        node.optional_decimal("value") if counts == parts.ABSTAIN else node.decimal("value"),
        counts,
    )


def _item(node: Node) -> Item:
    node.only({"code", "label", "weight"})
    return Item(node.text("code"), node.text("label", ""), node.decimal("weight"))


def _stratum(node: Node) -> ScoredStratum:
    node.only({"code", "label", "population", "design_effect"})
    return ScoredStratum(
        node.text("code"),
        node.text("label", ""),
        node.integer("population", at_least=0),
        node.decimal("design_effect", parts.ONE),
    )


def _group(node: Node) -> GroupWeights:
    node.only({"code", "label", "weights"})
    weights = node.child("weights")
    return GroupWeights(
        node.text("code"), node.text("label", ""), {stratum: weights.decimal(stratum) for stratum in weights.data}
    )


def _composite(node: Node) -> Composite:
    node.only({"public", "assessment"})
    return Composite(node.decimal("public"), node.decimal("assessment"))


def _year_over_year(node: Node) -> YearOverYear:
    node.only({entry.name for entry in fields(YearOverYear)})
    method = node.text("method")
    needs_factor = method in ("linear", "headroom")

    def factor(key: str) -> Decimal:
        return node.decimal(key) if needs_factor else node.optional_decimal(key) or parts.ZERO

    def bands(key: str) -> tuple[Band, ...]:
        return sorted_bands(
            [
                Band(child.decimal("from"), child.decimal("points"))
                for child in node.optional_children(key)
                if plain_entry(child, {"from", "points"})
            ]
        )

    return YearOverYear(
        method=method,
        satisfied=factor("satisfied"),
        dissatisfied=factor("dissatisfied"),
        cap_satisfied=node.optional_decimal("cap_satisfied"),
        cap_dissatisfied=node.optional_decimal("cap_dissatisfied"),
        bands_satisfied=bands("bands_satisfied"),
        bands_dissatisfied=bands("bands_dissatisfied"),
        deadband=node.boolean("deadband", default=False),
    )
