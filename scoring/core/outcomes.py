"""Outcomes, proposed with their reasons: who needs help, who deserves honour. People decide.

Everything is judged on the rounded, published figures of ranked departments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluation.definition import OutcomeRules

#: Reasons for key-help, in the order they are given.
LAST_IN_GROUP, PLACES_DROPPED, DISSATISFACTION, PROBLEM, VETO = REASONS = (
    "last_in_group",
    "places_dropped",
    "dissatisfaction",
    "problem",
    "veto",
)
#: A group needs this many ranked departments before its last one is "the last".
SMALLEST_GROUP = 3


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What is proposed for one department; `key_help` holds the reasons, empty = not proposed."""

    key_help: tuple[str, ...] = ()
    advanced: bool = False
    people_satisfied: bool = False
    most_improved: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """The published figures of a ranked department that decide its outcomes."""

    group: str
    group_rank: int
    movement: int | None
    satisfaction: Decimal
    dissatisfaction: Decimal
    veto: bool
    problem: bool


def propose(candidates: Sequence[Candidate], rules: OutcomeRules) -> list[Outcomes]:
    """The outcomes of each ranked department, in the order given."""
    members: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        members.setdefault(candidate.group, []).append(candidate)
    return [_propose(candidate, members[candidate.group], rules) for candidate in candidates]


def _propose(one: Candidate, group: Sequence[Candidate], rules: OutcomeRules) -> Outcomes:
    return Outcomes(
        key_help=tuple(_reasons(one, group, rules)),
        advanced=not one.veto and _advanced(one, group, rules),
        people_satisfied=not one.veto and _people_satisfied(one, group, rules),
        most_improved=not one.veto and _most_improved(one, rules),
    )


def _reasons(one: Candidate, group: Sequence[Candidate], rules: OutcomeRules) -> list[str]:
    reasons = []
    rule = rules.key_help
    if rule is not None:
        below = sum(other.group_rank > one.group_rank for other in group)
        if rule.last_in_group is not None and len(group) >= SMALLEST_GROUP and below < rule.last_in_group:
            reasons.append(LAST_IN_GROUP)
        if rule.places_dropped is not None and one.movement is not None and -one.movement >= rule.places_dropped:
            reasons.append(PLACES_DROPPED)
        limit = rule.dissatisfaction_at_least
        if limit is not None and one.dissatisfaction >= limit:
            reasons.append(DISSATISFACTION)
    if one.problem:
        reasons.append(PROBLEM)
    if one.veto:
        reasons.append(VETO)
    return reasons


def _advanced(one: Candidate, group: Sequence[Candidate], rules: OutcomeRules) -> bool:
    rule = rules.advanced
    if rule is None:
        return False
    if rule.top_percent is not None and one.group_rank > advanced_places(rule.top_percent, len(group)):
        return False
    return rule.max_dissatisfaction is None or one.dissatisfaction <= rule.max_dissatisfaction


def advanced_places(top_percent: Decimal, ranked: int) -> int:
    """How many places of a group may become advanced: max(1, floor(top_percent · n_g / 100))."""
    return max(1, int(Fraction(top_percent) * ranked / 100))


def _people_satisfied(one: Candidate, group: Sequence[Candidate], rules: OutcomeRules) -> bool:
    rule = rules.people_satisfied
    if rule is None:
        return False
    if rule.min_satisfaction is not None and one.satisfaction < rule.min_satisfaction:
        return False
    higher = sum(other.satisfaction > one.satisfaction for other in group)
    return rule.top_in_group is None or higher < rule.top_in_group


def _most_improved(one: Candidate, rules: OutcomeRules) -> bool:
    rule = rules.most_improved
    if rule is None or rule.places_gained is None or one.movement is None:
        return False
    return one.movement >= rule.places_gained
