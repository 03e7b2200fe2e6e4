"""Last year's published rates, as this year's comparison needs them, copied onto the round at freezing.

Where they come from is decided above this app: scoring registers a provider when it starts (``register``). Without
one a round has no baselines and every department starts without comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypedDict

from evaluation.definition import RoundConfiguration
from evaluation.definition.parts import ABSTAIN


class BaselineRow(TypedDict):
    """One department of this year; figures are decimals as text in per cent, "" where there is none; ranks or None."""

    code: str
    satisfaction: str
    dissatisfaction: str
    group_rank: int | None
    overall_rank: int | None
    se_satisfaction: str
    se_dissatisfaction: str
    source: str


@dataclass(frozen=True)
class Offer:
    """What a provider knows for the round of a year.

    ``rows``: lineage already applied (``source`` own or merged). ``scale`` and ``items``: of the round the rates come
    from, as in its ``round.json``; None where nobody knows (imported rates), which counts as comparable.
    """

    rows: tuple[BaselineRow, ...]
    scale: Sequence[Mapping[str, Any]] | None = None
    items: Sequence[Mapping[str, Any]] | None = None


Provider = Callable[[int], Offer | None]

_provider: list[Provider] = []


def register(provider: Provider) -> None:
    """Set who knows the published rates that the round of a year is compared with."""
    _provider[:] = [provider]


def comparable(offer: Offer, configuration: RoundConfiguration) -> bool:
    """True when scale values, what choices count as, and items with their weights are equal."""
    if offer.scale is not None:
        here = [(choice.points, choice.counts) for choice in configuration.scale]
        there = [
            (Fraction(0) if choice["counts"] == ABSTAIN else Fraction(str(choice["value"])), choice["counts"])
            for choice in offer.scale
        ]
        if here != there:
            return False
    if offer.items is not None:
        ours = {item.code: item.weight for item in configuration.items}
        return ours == {str(item["code"]): Decimal(str(item["weight"])) for item in offer.items}
    return True


def collect(year: int, configuration: RoundConfiguration) -> list[BaselineRow]:
    """The baselines to freeze on the round of ``year``; where not comparable the rates go and the ranks stay."""
    offer = _provider[0](year) if _provider else None
    if offer is None:
        return []
    if comparable(offer, configuration):
        return list(offer.rows)
    nothing = {"satisfaction": "", "dissatisfaction": "", "se_satisfaction": "", "se_dissatisfaction": ""}
    return [BaselineRow(**{**row, **nothing}) for row in offer.rows]  # type: ignore[typeddict-item]
