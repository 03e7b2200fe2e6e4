"""How sure the ranks of a stored run are, in ranks and codes; the words are the pages'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scoring.core.bootstrap import GroupOrder
from scoring.core.certainty import SURE, blurred, order_of_json, unsure_last
from scoring.models import ScoreRun


@dataclass(frozen=True)
class Neighbour:
    """A department next to another in the published order, and the chance (0–1) that their order is right."""

    code: str
    chance: float

    @property
    def sure(self) -> bool:
        return self.chance >= SURE


@dataclass(frozen=True)
class GroupCertainty:
    """A group: first and last rank of each stretch that cannot be told apart; who is last without being so surely."""

    stretches: tuple[tuple[int, int], ...] = ()
    unsure_last: frozenset[str] = frozenset()
    order: GroupOrder = field(default_factory=lambda: GroupOrder("", (), ()))

    def above(self, code: str) -> Neighbour | None:
        """Who stands right before a department; None for the first."""
        at = self.order.codes.index(code)
        return Neighbour(self.order.codes[at - 1], self.order.chance(at - 1, at)) if at else None

    def below(self, code: str) -> Neighbour | None:
        """Who stands right behind a department; None for the last."""
        at = self.order.codes.index(code)
        behind = self.order.codes[at + 1 : at + 2]
        return Neighbour(behind[0], self.order.chance(at, at + 1)) if behind else None


def certainty_of(run: ScoreRun) -> Mapping[str, GroupCertainty]:
    """Of every group of the run, from the chances that it keeps; one without ranked departments has nothing to tell."""
    rows = {row["code"]: row for row in run.result["departments"]}
    found = {code: GroupCertainty() for code in run.summary["groups"]}
    for data in run.summary["orders"]:
        order = order_of_json(data)
        ranks = {code: rows[code]["group_rank"] for code in order.codes}
        last = {code for code in order.codes if "last_in_group" in rows[code]["outcomes"]["key_help"]}
        found[order.group] = GroupCertainty(
            stretches=tuple((ranks[codes[0]], ranks[codes[-1]]) for codes in blurred(order)),
            unsure_last=frozenset(unsure_last(order, last)),
            order=order,
        )
    return found
