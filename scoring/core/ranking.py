"""Ranks: on the rounded figures, so that anyone can redo them from the published table."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """The rounded figures that decide a place: total T, then what breaks ties."""

    total: Decimal
    satisfaction: Decimal
    dissatisfaction: Decimal

    def key(self, tie_break: Sequence[str]) -> tuple[Decimal, ...]:
        """Ascending sort key, best first: T descending, then S descending and U ascending as the round orders them."""
        # copy_negate: unary minus would round to the precision of the ambient context
        breakers = {"satisfaction": self.satisfaction.copy_negate(), "dissatisfaction": self.dissatisfaction}
        return (self.total.copy_negate(), *(breakers[name] for name in tie_break))


def ranks(standings: Sequence[Standing], tie_break: Sequence[str]) -> list[int]:
    """Rank of each, from 1; equals share a rank and the next ones are skipped ("1, 2, 2, 4")."""
    keys = [standing.key(tie_break) for standing in standings]
    first: dict[tuple[Decimal, ...], int] = {}
    for place, key in enumerate(sorted(keys), start=1):
        first.setdefault(key, place)
    return [first[key] for key in keys]


def movement(last: int | None, now: int) -> int | None:
    """Places gained (positive) or lost against last year; None where last year's rank is unknown."""
    return None if last is None else last - now
