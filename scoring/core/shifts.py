"""What else changed between two years besides the rates (口径变化): group, strata, weights, omitted strata.

None of it keeps two years from being compared, and none of it enters a number; it stands beside the points for the
change, so that nobody takes the whole of it for a change of opinion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.definition import ScoringDefinition

GROUP, ADDED, DROPPED, WEIGHT, OMITTED, BACK = "group", "added", "dropped", "weight", "omitted", "back"


@dataclass(frozen=True, slots=True)
class Judged:
    """How a department was judged in a year: the rules, its group then, and the strata that failed to report."""

    definition: ScoringDefinition
    group: str
    omitted: Sequence[str]

    def weights(self) -> dict[str, Decimal]:
        """The weights above 0 of its group, by stratum code."""
        group = self.definition.group(self.group)
        return {
            stratum.code: weight
            for stratum in self.definition.strata
            if (weight := group.weight(stratum.code)) is not None and weight > 0
        }


@dataclass(frozen=True, slots=True)
class Shift:
    """One change. `kind`: `group` (codes then and now); `added` or `dropped` (a stratum that judges it only now, or no
    longer); `weight` (of a stratum, then and now); `omitted` or `back` (a stratum that failed to report only now, or
    only then)."""

    kind: str
    stratum: str = ""
    before: str | Decimal | None = None
    now: str | Decimal | None = None


def shifts(before: Judged, now: Judged) -> tuple[Shift, ...]:
    """What changed, the group first, then by stratum in the order of this year's round, dropped ones last."""
    found = [] if before.group == now.group else [Shift(GROUP, "", before.group, now.group)]
    then, weights = before.weights(), now.weights()
    for code, weight in weights.items():
        if code not in then:
            found.append(Shift(ADDED, code, None, weight))
        elif then[code] != weight:
            found.append(Shift(WEIGHT, code, then[code], weight))
        was, is_now = code in before.omitted, code in now.omitted
        if was != is_now and code in then:
            found.append(Shift(OMITTED if is_now else BACK, code))
    found += [Shift(DROPPED, code, weight, None) for code, weight in then.items() if code not in weights]
    return tuple(found)
