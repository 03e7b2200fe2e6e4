"""When a department is proposed for help or honour: thresholds only; the decision rule is scoring.core.outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .parts import part, shown
from .values import decimal_or_none, integer_or_none


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """重点帮助单位; a threshold of None is off (a problem and a veto always are reasons)."""

    last_in_group: int | None = None
    places_dropped: int | None = None
    dissatisfaction_at_least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Advanced:
    """先进单位; a threshold of None is no condition."""

    top_percent: Decimal | None = None
    max_dissatisfaction: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PeopleSatisfied:
    """人民满意单位; a threshold of None is no condition."""

    min_satisfaction: Decimal | None = None
    top_in_group: int | None = None


@dataclass(frozen=True, slots=True)
class MostImproved:
    """争先进位单位."""

    places_gained: int | None = None


@dataclass(frozen=True, slots=True)
class OutcomeRules:
    """The rules a round uses; None = the round does not propose this outcome."""

    key_help: KeyHelp | None = None
    advanced: Advanced | None = None
    people_satisfied: PeopleSatisfied | None = None
    most_improved: MostImproved | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "OutcomeRules":
        """Read leniently; an absent or empty object means that the outcome is not proposed."""
        help_, advanced = part(data, "key_help"), part(data, "advanced")
        satisfied, improved = part(data, "people_satisfied"), part(data, "most_improved")
        return cls(
            key_help=KeyHelp(
                integer_or_none(help_.get("last_in_group")),
                integer_or_none(help_.get("places_dropped")),
                decimal_or_none(help_.get("dissatisfaction_at_least")),
            )
            if help_
            else None,
            advanced=Advanced(
                decimal_or_none(advanced.get("top_percent")), decimal_or_none(advanced.get("max_dissatisfaction"))
            )
            if advanced
            else None,
            people_satisfied=PeopleSatisfied(
                decimal_or_none(satisfied.get("min_satisfaction")), integer_or_none(satisfied.get("top_in_group"))
            )
            if satisfied
            else None,
            most_improved=MostImproved(integer_or_none(improved.get("places_gained"))) if improved else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Only what is set, so that an absent key stays absent."""
        result: dict[str, Any] = {}
        for name in ("key_help", "advanced", "people_satisfied", "most_improved"):
            rule = getattr(self, name)
            if rule is None:
                continue
            thresholds = {key: getattr(rule, key) for key in rule.__slots__ if getattr(rule, key) is not None}
            result[name] = {
                key: shown(value) if isinstance(value, Decimal) else value for key, value in thresholds.items()
            }
        return result
