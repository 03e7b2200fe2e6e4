"""A sensible, complete configuration to start a first round from."""

from collections.abc import Sequence
from decimal import Decimal

from .configuration import RoundConfiguration
from .outcomes import Advanced, KeyHelp, MostImproved, OutcomeRules, PeopleSatisfied
from .parts import Choice, Composite, GroupWeights, Item, StratumPlan, YearOverYear

#: The size of a round in the field: about 10,000 evaluators over all strata.
TOTAL_QUOTA = 10_000


def equal_weights(codes: Sequence[str]) -> dict[str, Decimal]:
    """Weights of two decimals, as equal as these allow, that add up to exactly 100 (the first ones get the rest).

    >>> equal_weights(["a", "b", "c"])
    {'a': Decimal('33.34'), 'b': Decimal('33.33'), 'c': Decimal('33.33')}
    """
    if not codes:
        return {}
    base, rest = divmod(10_000, len(codes))
    return {code: Decimal(base + (position < rest)) / 100 for position, code in enumerate(codes)}


def default_configuration(
    strata: Sequence[tuple[str, str] | tuple[str, str, str]],
    groups: Sequence[tuple[str, str] | tuple[str, str, str]],
    *,
    total_quota: int = TOTAL_QUOTA,
) -> RoundConfiguration:
    """A complete configuration over the given strata and groups, each `(code, label)` or `(code, label, label_en)`.

    Three-step scale valued 100/80/0 with "don't know", one criterion, equal weights, `total_quota` evaluators spread
    evenly with a tenth in reserve, linear comparison with caps, public evaluation alone, the outcomes of the field.
    """
    codes = [entry[0] for entry in strata]
    quota = max(1, total_quota // max(1, len(strata)))
    return RoundConfiguration(
        scale=(
            Choice("A", "满意", Decimal(100), "satisfied", "Satisfied"),
            Choice("B", "比较满意", Decimal(80), "neutral", "Fairly satisfied"),
            Choice("C", "不满意", Decimal(0), "dissatisfied", "Dissatisfied"),
            Choice("D", "不了解", Decimal(0), "abstain", "Don't know"),
        ),
        items=(Item("overall", "总体评价", Decimal(100), "Overall"),),
        strata=tuple(
            StratumPlan(
                code=entry[0],
                label=entry[1],
                label_en=entry[2] if len(entry) > 2 else "",
                quota=quota,
                reserve=max(1, quota // 10),
            )
            for entry in strata
        ),
        groups=tuple(
            GroupWeights(entry[0], entry[1], equal_weights(codes), entry[2] if len(entry) > 2 else "")
            for entry in groups
        ),
        year_over_year=YearOverYear(
            method="linear",
            satisfied=Decimal("0.2"),
            dissatisfied=Decimal("0.3"),
            cap_satisfied=Decimal(2),
            cap_dissatisfied=Decimal("1.5"),
        ),
        composite=Composite(Decimal(100), Decimal(0)),
        outcomes=OutcomeRules(
            key_help=KeyHelp(last_in_group=1, places_dropped=10),
            advanced=Advanced(top_percent=Decimal(20), max_dissatisfaction=Decimal(10)),
            people_satisfied=PeopleSatisfied(min_satisfaction=Decimal(50), top_in_group=3),
            most_improved=MostImproved(places_gained=5),
        ),
    )
