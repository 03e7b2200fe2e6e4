"""The last steps of a derivation: rank, ties and neighbours, movement, what is proposed. From the rounded figures."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from evaluation.definition import OutcomeRules, ScoringDefinition

from .explanation import Condition, Figure, Figures, Movement, Neighbour, Place, Proposal, Trio
from .figures import rounded
from .model import ZERO, Adjustment, Baseline
from .outcomes import (
    DISSATISFACTION,
    LAST_IN_GROUP,
    PLACES_DROPPED,
    PROBLEM,
    SMALLEST_GROUP,
    VETO,
    advanced_places,
)
from .ranking import Standing
from .result import DepartmentResult, Result

GROUP, OVERALL = "group", "overall"
NO_VETO = "no_veto"


def places(
    figures: Figures,
    definition: ScoringDefinition,
    result: Result,
    row: DepartmentResult,
    overall: Trio,
    total: Figure,
) -> tuple[Place, ...]:
    """The place in the group, then the overall one."""
    ranked = [other for other in result.departments if other.ranked]
    breakers = tuple(getattr(overall, name) for name in definition.tie_break)
    return tuple(
        _place(figures, definition, scope, row, rows, (total, *breakers))
        for scope, rows in ((GROUP, [other for other in ranked if other.group == row.group]), (OVERALL, ranked))
    )


def _place(
    figures: Figures,
    definition: ScoringDefinition,
    scope: str,
    row: DepartmentResult,
    rows: Sequence[DepartmentResult],
    deciding: tuple[Figure, ...],
) -> Place:
    def key(one: DepartmentResult) -> tuple[Decimal, ...]:
        return Standing(one.total or ZERO, one.satisfaction or ZERO, one.dissatisfaction or ZERO).key(
            definition.tie_break
        )

    own = key(row)
    others = [(key(other), other) for other in rows if other.code != row.code]
    before = [entry for entry in others if entry[0] < own]
    after = [entry for entry in others if entry[0] > own]
    next_above = max((entry[0] for entry in before), default=None)
    next_below = min((entry[0] for entry in after), default=None)

    def chosen(
        entries: Sequence[tuple[tuple[Decimal, ...], DepartmentResult]], wanted: object
    ) -> tuple[Neighbour, ...]:
        return tuple(_neighbour(definition, scope, row, other) for at, other in entries if at == wanted)

    better = figures.computed(f"better-{scope}", f"better_{scope}", Fraction(len(before)), "", deciding, places=0)
    rank = figures.computed(f"rank-{scope}", f"rank_{scope}", better.exact + 1, "1 + n", (better,), places=0)
    return Place(
        scope,
        len(rows),
        rank,
        better,
        tied=chosen(others, own),
        level=tuple(
            _neighbour(definition, scope, row, other) for at, other in others if at != own and other.total == row.total
        ),
        above=chosen(before, next_above),
        below=chosen(after, next_below),
    )


def _neighbour(definition: ScoringDefinition, scope: str, row: DepartmentResult, other: DepartmentResult) -> Neighbour:
    decided = next(
        (name for name in ("total", *definition.tie_break) if getattr(row, name) != getattr(other, name)), ""
    )
    rank = other.group_rank if scope == GROUP else other.overall_rank
    total = other.total or ZERO
    return Neighbour(
        other.code,
        rank or 0,
        total,
        other.satisfaction or ZERO,
        other.dissatisfaction or ZERO,
        (row.total or ZERO) - total,
        decided,
        _part(definition, row.public, other.public, definition.composite.public),
        _part(definition, row.assessment, other.assessment, definition.composite.assessment),
        None if row.bonus is None or other.bonus is None else _extras(row) - _extras(other),
    )


def _part(
    definition: ScoringDefinition, own: Decimal | None, theirs: Decimal | None, share: Decimal | None
) -> Decimal | None:
    """What one share of the total (in per cent) contributes to a distance; None for a share that the round lacks."""
    if own is None or theirs is None or not share:
        return None
    return rounded(Fraction(share) * Fraction(own - theirs) / 100, definition.decimals)


def _extras(row: DepartmentResult) -> Decimal:
    return (row.bonus or ZERO) - (row.deduction or ZERO)


def movement(
    figures: Figures, definition: ScoringDefinition, baseline: Baseline | None, found: Sequence[Place]
) -> Movement | None:
    """Places gained or lost in the round's rank scope; None where last year's rank is unknown."""
    scope = OVERALL if definition.rank_scope == OVERALL else GROUP
    last = None if baseline is None else getattr(baseline, f"{scope}_rank")
    if last is None:
        return None
    place = next(place for place in found if place.scope == scope)
    before = figures.given("last-rank", "last_rank", last)
    moved = figures.computed(
        "movement", "movement", before.exact - place.rank.exact, "r′ − r", (before, place.rank), places=0
    )
    return Movement(scope, before, moved)


def proposals(
    rules: OutcomeRules, result: Result, row: DepartmentResult, adjustment: Adjustment
) -> tuple[Proposal, ...]:
    """Every outcome that the round may propose, with its conditions as they stand for this department."""
    group = [other for other in result.departments if other.ranked and other.group == row.group]
    outcomes = row.outcomes
    if outcomes is None:
        return ()
    no_veto = Condition(NO_VETO, None, None, not adjustment.veto)
    dissatisfaction, satisfaction = row.dissatisfaction or ZERO, row.satisfaction or ZERO
    found = [Proposal("key_help", bool(outcomes.key_help), tuple(_reasons(rules, group, row, adjustment)))]
    if rules.advanced is not None:
        conditions = []
        if rules.advanced.top_percent is not None:
            most = advanced_places(rules.advanced.top_percent, len(group))
            rank = row.group_rank or 0
            conditions.append(Condition("top_percent", Decimal(most), Decimal(rank), rank <= most, "rank-group"))
        limit = rules.advanced.max_dissatisfaction
        if limit is not None:
            met = dissatisfaction <= limit
            conditions.append(Condition("max_dissatisfaction", limit, dissatisfaction, met, "dissatisfaction"))
        found.append(Proposal("advanced", outcomes.advanced, (*conditions, no_veto)))
    if rules.people_satisfied is not None:
        conditions = []
        least = rules.people_satisfied.min_satisfaction
        if least is not None:
            met = satisfaction >= least
            conditions.append(Condition("min_satisfaction", least, satisfaction, met, "satisfaction"))
        top = rules.people_satisfied.top_in_group
        if top is not None:
            higher = sum((other.satisfaction or ZERO) > satisfaction for other in group)
            conditions.append(Condition("top_in_group", Decimal(top), Decimal(higher), higher < top, "satisfaction"))
        found.append(Proposal("people_satisfied", outcomes.people_satisfied, (*conditions, no_veto)))
    if rules.most_improved is not None and rules.most_improved.places_gained is not None:
        gained, wanted = row.movement, rules.most_improved.places_gained
        condition = Condition(
            "places_gained",
            Decimal(wanted),
            None if gained is None else Decimal(gained),
            gained is not None and gained >= wanted,
            "" if gained is None else "movement",
        )
        found.append(Proposal("most_improved", outcomes.most_improved, (condition, no_veto)))
    return tuple(found)


def _reasons(
    rules: OutcomeRules, group: Sequence[DepartmentResult], row: DepartmentResult, adjustment: Adjustment
) -> list[Condition]:
    """The reasons for key-help in their order; a problem and a veto are reasons without a rule."""
    found = []
    rule = rules.key_help
    if rule is not None and rule.last_in_group is not None:
        below = sum((other.group_rank or 0) > (row.group_rank or 0) for other in group)
        met = len(group) >= SMALLEST_GROUP and below < rule.last_in_group
        found.append(Condition(LAST_IN_GROUP, Decimal(rule.last_in_group), Decimal(below), met, "rank-group"))
    if rule is not None and rule.places_dropped is not None:
        moved = row.movement
        met = moved is not None and -moved >= rule.places_dropped
        source = "" if moved is None else "movement"
        dropped = None if moved is None else Decimal(max(0, -moved))
        found.append(Condition(PLACES_DROPPED, Decimal(rule.places_dropped), dropped, met, source))
    if rule is not None and rule.dissatisfaction_at_least is not None:
        limit, rate = rule.dissatisfaction_at_least, row.dissatisfaction or ZERO
        found.append(Condition(DISSATISFACTION, limit, rate, rate >= limit, "dissatisfaction"))
    found.append(Condition(PROBLEM, None, None, bool(adjustment.problem)))
    found.append(Condition(VETO, None, None, bool(adjustment.veto)))
    return found
