"""The representativeness report as its page, sheet and print show it: tables, tests, and what they say in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Q

from evaluation.models import Invitation, Representation, Round
from evaluation.representation.collecting import DIMENSIONS, OTHER, UNIT_SIZE
from evaluation.representation.fit import SMALLEST_EXPECTED, Fit, Margins, bound, judge, margins
from evaluation.selectors import configuration_of
from evaluation.wording import label_of
from evaluators.models import Draw

#: Below this probability a difference is called larger than chance gives.
LEVEL = 0.05


@dataclass(frozen=True)
class Returned:
    """Who was asked (not revoked) and who returned, as far as it may be shown. ``returned`` None: fewer than the
    round's smallest cell, or hidden so that such a number cannot be worked out."""

    asked: int
    returned: int | None
    mark: int = 0

    @property
    def rate(self) -> float | None:
        """Returned per cent of asked."""
        return 100 * self.returned / self.asked if self.returned is not None and self.asked else None


@dataclass(frozen=True)
class Row:
    """One category. ``share``, ``expected_share``, ``drawn_share``: per cent of all; ``mark``: −1 fewer, 1 more than
    chance gives, 0 within it."""

    category: str
    people: int
    share: float | None
    expected: float
    expected_share: float | None
    drawn: int
    drawn_share: float | None
    mark: int
    back: Returned
    back_share: float | None


@dataclass(frozen=True)
class Comparison:
    """One dimension: its rows, and the two tests (None where nothing can be tested).

    ``fixed``: the plan leaves nothing to chance here. ``left_out``: codes of strata that could not be compared.
    """

    dimension: str
    rows: list[Row]
    drawn_fit: Fit | None
    returned_fit: Fit | None
    left_out: list[str]

    @property
    def fixed(self) -> bool:
        return self.drawn_fit is not None and self.drawn_fit.p is None

    @property
    def asked(self) -> int:
        return sum(row.back.asked for row in self.rows)


@dataclass(frozen=True)
class StratumRow:
    """One stratum: people who could be drawn, seats, drawn, chance in per cent, lowest and highest design weight."""

    code: str
    label: str
    size: int
    seats: int
    drawn: int
    by_unit: bool
    lightest: float | None
    heaviest: float | None
    back: Returned

    @property
    def chance(self) -> float | None:
        return 100 * self.seats / self.size if self.size else None


@dataclass(frozen=True)
class Cell:
    """One cell of a stratum: its chance in per cent and the design weight (people per seat)."""

    label: str
    size: int
    seats: int
    drawn: int

    @property
    def chance(self) -> float:
        return 100 * self.seats / self.size

    @property
    def weight(self) -> float | None:
        return self.size / self.seats if self.seats else None


@dataclass(frozen=True)
class Report:
    """The whole report, of all strata or of one (``stratum``)."""

    stratum: StratumRow | None
    strata: list[StratumRow]
    strata_fit: Fit | None
    comparisons: list[Comparison]
    cells: list[Cell]
    missing: int
    least: int
    moved: int


class _Back:
    """Asked and returned by stratum and category: three grouped reads of the round's invitations."""

    def __init__(self, round: Round, record: Draw) -> None:
        self._counts: dict[str, dict[tuple[str, str], tuple[int, int]]] = {}
        for dimension in DIMENSIONS:
            rows = (
                Invitation.objects.filter(round=round, place__draw=record)
                .filter(Q(revoked_on=None) | Q(returned_on__isnull=False))
                .order_by()
                .values_list("stratum__code", f"place__profile__{dimension}")
                .annotate(asked=Count("pk"), returned=Count("pk", filter=Q(returned_on__isnull=False)))
            )
            self._counts[dimension] = {
                (stratum, category or ""): (asked, returned) for stratum, category, asked, returned in rows
            }

    def of(self, dimension: str, stratum: str, names: Sequence[str]) -> np.ndarray:
        """Asked and returned by category, shape (2, C); categories that have no row of their own are in the last."""
        found = np.zeros((2, len(names)), dtype=np.int64)
        at_of = {name: at for at, name in enumerate(names)}
        for (code, category), pair in self._counts[dimension].items():
            if code == stratum and names:
                found[:, at_of.get(category, len(names) - 1)] += pair
        return found

    def total(self, stratum: str) -> tuple[int, int]:
        """Asked and returned of a stratum."""
        pairs = [pair for (code, _category), pair in self._counts[UNIT_SIZE].items() if code == stratum]
        return sum(asked for asked, _returned in pairs), sum(returned for _asked, returned in pairs)


def report_of(round: Round, record: Draw, stratum: str = "") -> Report | None:
    """The report of a draw, or of one stratum of it by code; None before its tables are made or for no such stratum."""
    stored = Representation.objects.filter(draw=record).first()
    if stored is None:
        return None
    configuration = configuration_of(round)
    labels = {plan.code: label_of(plan) for plan in configuration.strata}
    back = _Back(round, record)
    tables = stored.tables["strata"]
    rows, fit = _strata(tables, labels, back, configuration.min_cell)
    chosen = [table for table in tables if table["code"] == stratum] if stratum else tables
    if not chosen:
        return None
    return Report(
        stratum=next((row for row in rows if row.code == stratum), None),
        strata=rows,
        strata_fit=fit,
        comparisons=[_compare(name, chosen, back, configuration.min_cell) for name in DIMENSIONS],
        cells=[Cell(row["cell"], row["size"], row["seats"], row["drawn"]) for row in chosen[0]["cells"]]
        if stratum
        else [],
        missing=stored.tables["missing"],
        least=configuration.min_cell,
        moved=sum(abs(cell["drawn"] - cell["seats"]) for table in chosen for cell in table["cells"]) // 2,
    )


def hidden(returned: Sequence[int], least: int) -> set[int]:
    """Which numbers may not be shown: those below ``least``, and the next smallest where it alone would be hidden.

    >>> sorted(hidden([40, 3, 25], 10)), sorted(hidden([40, 3, 2], 10)), hidden([40, 30], 10)
    ([1, 2], [1, 2], set())
    """
    small = {at for at, number in enumerate(returned) if number < least}
    if len(small) == 1 and len(returned) > 1:
        others = [at for at in range(len(returned)) if at not in small]
        small.add(min(others, key=lambda at: returned[at]))
    return small


def _shown(asked: np.ndarray, returned: np.ndarray, least: int, marks: Sequence[int]) -> list[Returned]:
    concealed = hidden([int(number) for number in returned], least)
    return [
        Returned(int(one), None) if at in concealed else Returned(int(one), int(back), mark)
        for at, (one, back, mark) in enumerate(zip(asked, returned, marks, strict=True))
    ]


def _strata(
    tables: Sequence[Mapping[str, Any]], labels: Mapping[str, str], back: _Back, least: int
) -> tuple[list[StratumRow], Fit | None]:
    """The strata, and whether they returned alike (those drawn by unit aside, whose ballots come in packets)."""
    pairs = np.array([back.total(table["code"]) for table in tables], dtype=np.int64).reshape(-1, 2)
    tested = [at for at, table in enumerate(tables) if not table["by_unit"]]
    fit, marks = _fit_of_returns([(pairs[tested, 0], pairs[tested, 1])], len(tested))
    by_position = dict(zip(tested, marks, strict=True))
    shown = _shown(pairs[:, 0], pairs[:, 1], least, [by_position.get(at, 0) for at in range(len(tables))])
    rows = []
    for table, returned in zip(tables, shown, strict=True):
        weights = [cell["size"] / cell["seats"] for cell in table["cells"] if cell["seats"]]
        rows.append(
            StratumRow(
                code=table["code"],
                label=labels.get(table["code"], table["code"]),
                size=table["size"],
                seats=table["seats"],
                drawn=table["drawn"],
                by_unit=table["by_unit"],
                lightest=min(weights, default=None),
                heaviest=max(weights, default=None),
                back=returned,
            )
        )
    return rows, fit


def _compare(dimension: str, tables: Sequence[Mapping[str, Any]], back: _Back, least: int) -> Comparison:
    """One dimension over the strata given; strata drawn by unit are compared alone, never mixed with people."""
    used = [table for table in tables if len(tables) == 1 or not table["by_unit"]]
    if dimension == UNIT_SIZE:
        used = [table for table in used if table["cap"] is None]
    left_out = [table["code"] for table in tables if table not in used]
    names = _all_names([table["dimensions"][dimension] for table in used])
    width = len(names)
    at_of = {name: at for at, name in enumerate(names)}
    chance = Margins(np.zeros(width), np.zeros(width), np.zeros((width, width)))
    drawn = np.zeros(width)
    returns: list[tuple[np.ndarray, np.ndarray]] = []
    asked_and_back = np.zeros((2, width), dtype=np.int64)
    for table in used:
        part = table["dimensions"][dimension]
        at = np.array([at_of[name] for name in part["categories"]], dtype=np.int64)
        spread = np.zeros((width, len(at)))
        spread[at, np.arange(len(at))] = 1.0
        chance += Margins(
            spread @ np.array(part["people"], dtype=np.float64),
            spread @ np.array(part["expected"], dtype=np.float64),
            spread @ np.array(part["covariance"], dtype=np.float64).reshape(len(at), len(at)) @ spread.T,
        )
        drawn += spread @ np.array(part["drawn"], dtype=np.float64)
        pairs = back.of(dimension, table["code"], names)
        asked_and_back += pairs
        if not table["by_unit"]:
            returns.append((pairs[0], pairs[1]))
    fit = judge(drawn, chance) if width else None
    returned_fit, back_marks = _fit_of_returns(returns, width)
    marks = _marks(fit, chance) if fit else [0] * width
    shown = _shown(asked_and_back[0], asked_and_back[1], least, back_marks)
    return Comparison(dimension, _rows(names, chance, drawn, marks, shown), fit, returned_fit, left_out)


def _all_names(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The categories of several tables, those with most people first, what has no row of its own last."""
    people: dict[str, int] = {}
    for part in parts:
        for name, number in zip(part["categories"], part["people"], strict=True):
            people[name] = people.get(name, 0) + number
    return sorted(people, key=lambda name: (name == OTHER, -people[name], name))


def _fit_of_returns(blocks: Sequence[tuple[np.ndarray, np.ndarray]], width: int) -> tuple[Fit | None, list[int]]:
    """Whether the categories returned alike within each block (asked, returned by category), and which did not."""
    alive = [(asked, back) for asked, back in blocks if back.sum()]
    if not alive or not width:
        return None, [0] * width
    chance = margins(((asked, int(back.sum())) for asked, back in alive), width)
    fit = judge(np.sum([back for _asked, back in alive], axis=0), chance)
    return fit, _marks(fit, chance)


def _marks(fit: Fit, chance: Margins) -> list[int]:
    """−1 or 1 for each category whose residual is beyond what the largest of so many may be by chance."""
    enough = [
        residual is not None and min(expected, size - expected) >= SMALLEST_EXPECTED
        for residual, expected, size in zip(fit.residuals, chance.expected, chance.sizes, strict=True)
    ]
    limit = bound(sum(enough), LEVEL)
    return [
        int(np.sign(residual)) if judged and residual is not None and abs(residual) > limit else 0
        for residual, judged in zip(fit.residuals, enough, strict=True)
    ]


def _rows(
    names: Sequence[str], chance: Margins, drawn: np.ndarray, marks: Sequence[int], back: Sequence[Returned]
) -> list[Row]:
    people, expected, taken = chance.sizes.sum(), chance.expected.sum(), drawn.sum()
    returned = sum(one.returned or 0 for one in back)

    def share(part: float, whole: float) -> float | None:
        return float(100 * part / whole) if whole else None

    return [
        Row(
            category=name,
            people=int(chance.sizes[at]),
            share=share(chance.sizes[at], people),
            expected=float(chance.expected[at]),
            expected_share=share(chance.expected[at], expected),
            drawn=int(drawn[at]),
            drawn_share=share(drawn[at], taken),
            mark=marks[at],
            back=back[at],
            back_share=share(shown, returned) if (shown := back[at].returned) is not None else None,
        )
        for at, name in enumerate(names)
    ]
