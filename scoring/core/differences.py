"""Two results of the same round side by side, figure by figure, as `results.json` states them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .quality import rank_correlation

#: What is compared, in the order of the published table.
FIGURES = (
    "status",
    "group",
    "satisfaction",
    "dissatisfaction",
    "base",
    "adjustment",
    "public",
    "assessment",
    "bonus",
    "deduction",
    "total",
    "group_rank",
    "overall_rank",
    "movement",
    "baseline",
    "omitted_strata",
    "se_satisfaction",
    "se_dissatisfaction",
    "rank_interval",
)
#: Figures that are decimal numbers; their change is second − first.
DECIMALS = frozenset(FIGURES[2:11]) | {"se_satisfaction", "se_dissatisfaction"}
OUTCOMES = ("key_help", "advanced", "people_satisfied", "most_improved")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one department that is not the same in both; `change` second − first where both are numbers."""

    code: str
    figure: str
    first: Any
    second: Any
    change: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One department in both results; None where it is not ranked or not there. `moved` = places gained."""

    code: str
    group: str
    totals: tuple[Decimal | None, Decimal | None]
    group_ranks: tuple[int | None, int | None]
    overall_ranks: tuple[int | None, int | None]

    @property
    def moved(self) -> int | None:
        """Places gained (positive) or lost in the group from the first to the second."""
        first, second = self.group_ranks
        return None if first is None or second is None else first - second

    @property
    def change(self) -> Decimal | None:
        """Total of the second less that of the first."""
        first, second = self.totals
        return None if first is None or second is None else second - first


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both results: every department of either, what differs, Kendall's τ-b of the overall ranks (None: undefined)."""

    standings: tuple[Standing, ...]
    differences: tuple[Difference, ...]
    outcomes: tuple[Difference, ...]
    correlation: float | None

    @property
    def gained(self) -> int:
        """How many departments gain places in their group."""
        return sum((row.moved or 0) > 0 for row in self.standings)

    @property
    def lost(self) -> int:
        """How many departments lose places in their group."""
        return sum((row.moved or 0) < 0 for row in self.standings)


def compared(first: Sequence[Row], second: Sequence[Row], figures: Sequence[str] = FIGURES) -> Comparison:
    """Compare the `departments` lists of two `results.json`; departments of the first in their order, new ones last."""
    before = {row["code"]: row for row in first}
    after = {row["code"]: row for row in second}
    codes = list(before) + [code for code in after if code not in before]
    standings, differences, outcomes = [], [], []
    for code in codes:
        one, two = before.get(code, {}), after.get(code, {})
        standings.append(_standing(code, one, two))
        differences += [
            Difference(code, figure, one.get(figure), two.get(figure), _change(figure, one, two))
            for figure in figures
            if one.get(figure) != two.get(figure)
        ]
        was, now = one.get("outcomes") or {}, two.get("outcomes") or {}
        outcomes += [
            Difference(code, name, was.get(name), now.get(name))
            for name in OUTCOMES
            if (was.get(name) or False) != (now.get(name) or False)
        ]
    pairs = [(a, b) for a, b in (row.overall_ranks for row in standings) if a is not None and b is not None]
    return Comparison(tuple(standings), tuple(differences), tuple(outcomes), rank_correlation(pairs))


def _standing(code: str, one: Row, two: Row) -> Standing:
    return Standing(
        code,
        (one or two)["group"],
        (_decimal(one.get("total")), _decimal(two.get("total"))),
        (one.get("group_rank"), two.get("group_rank")),
        (one.get("overall_rank"), two.get("overall_rank")),
    )


def _change(figure: str, one: Row, two: Row) -> Decimal | None:
    if figure not in DECIMALS:
        return None
    first, second = _decimal(one.get(figure)), _decimal(two.get(figure))
    return None if first is None or second is None else second - first


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
