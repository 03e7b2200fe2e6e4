"""Last year's published rates, as this year's comparison needs them, copied onto the round at freezing.

Where they come from is decided above this app: scoring registers a provider when it starts (``register``). Without
one a round has no baselines and every department starts without comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypedDict

from departments.models import DepartmentYear
from evaluation.definition import RoundConfiguration
from evaluation.definition.parts import ABSTAIN
from evaluation.models import Round


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


def collect(year: int, configuration: RoundConfiguration, set_aside: Collection[str] = ()) -> list[BaselineRow]:
    """The baselines to freeze on the round of ``year``.

    Where the rounds are not comparable, or for departments whose codes staff have ``set_aside``, the rates go and the
    ranks stay: such a department has no points for its change, and its movement is still told.
    """
    offer = _provider[0](year) if _provider else None
    if offer is None:
        return []
    nothing = not comparable(offer, configuration)
    return [_without_rates(row) if nothing or row["code"] in set_aside else row for row in offer.rows]


def _without_rates(row: BaselineRow) -> BaselineRow:
    return {**row, "satisfaction": "", "dissatisfaction": "", "se_satisfaction": "", "se_dissatisfaction": ""}


@dataclass(frozen=True)
class Standing:
    """One department of the year and what it is compared with. Rates in per cent, None where there is none."""

    code: str
    name: str
    group: str
    satisfaction: Decimal | None
    dissatisfaction: Decimal | None
    group_rank: int | None
    source: str
    set_aside: str

    @property
    def compared(self) -> bool:
        return self.satisfaction is not None and not self.set_aside


@dataclass(frozen=True)
class Overview:
    """What a round is, or would be, compared with, department by department."""

    rows: list[Standing]
    known: bool
    comparable: bool


def overview(round: Round) -> Overview:
    """As frozen on the round; in a draft, as freezing would fix it now, with last year's rates still to be seen."""
    configuration = RoundConfiguration.from_dict(round.configuration)
    if round.is_frozen:
        found, fits = list(round.baselines or []), True
    else:
        offer = _provider[0](round.year) if _provider else None
        found = list(offer.rows) if offer else []
        fits = offer is None or comparable(offer, configuration)
    by_code = {row["code"]: row for row in found}
    rows = []
    for department in (
        DepartmentYear.objects.filter(year=round.year)
        .select_related("department", "group")
        .order_by("group__order", "department__code")
    ):
        row = by_code.get(department.department.code)
        rows.append(
            Standing(
                code=department.department.code,
                name=department.department.full_name,
                group=department.group.name,
                satisfaction=_rate(row, "satisfaction") if fits else None,
                dissatisfaction=_rate(row, "dissatisfaction") if fits else None,
                group_rank=row["group_rank"] if row else None,
                source=row["source"] if row else "",
                set_aside=round.baselines_set_aside.get(department.department.code, ""),
            )
        )
    return Overview(rows, bool(found), fits)


def _rate(row: BaselineRow | None, name: Literal["satisfaction", "dissatisfaction"]) -> Decimal | None:
    return Decimal(row[name]) if row and row[name] != "" else None
