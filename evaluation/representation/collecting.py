"""The tables of the representativeness report, made once per draw from the frozen register.

Districts and industries come from the cell where the stratum's quota is spread over them (frozen), else from the
registry; the size of a unit is how many of its people stand in the snapshot. Run right after the draw and stored, so
that later changes of the registry do not alter the past.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Count
from django.utils.translation import gettext as _

from evaluation.definition import RoundConfiguration
from evaluation.representation.fit import Margins, margins
from evaluators.candidates import PERSON, UNIT, opaque_id
from evaluators.draw import Candidates
from evaluators.draw.labels import normalise_label
from evaluators.models import Draw, DrawnRole, Evaluator, EvaluatorStatus, Unit
from foundation import files
from foundation.jobs import Progress

DISTRICT, INDUSTRY, UNIT_SIZE, BODY = "district", "industry", "unit_size", "body"
#: What is compared, in the order of the page.
DIMENSIONS = (DISTRICT, INDUSTRY, UNIT_SIZE)
#: Classes of the size of a unit: lowest number of people, name. Nobody's unit is class "0".
SIZE_CLASSES = ((1, "1-9"), (10, "10-49"), (50, "50-199"), (200, "200+"))
NO_UNIT = "0"
#: Categories beyond these are one: a register with a thousand spellings of industries is no table.
MOST_CATEGORIES = 40
MOST_BODIES = 200
UNKNOWN, OTHER = "", "*"
_REPORT_EVERY = 5_000


class Attributes(NamedTuple):
    """What is compared of one candidate."""

    district: str
    industry: str
    unit_size: str
    body: str


@dataclass
class Columns:
    """The candidates of one stratum as parallel columns of categories, and who of them was drawn."""

    ids: Sequence[str]
    cells: Sequence[str]
    values: dict[str, list[str]] = field(default_factory=dict)
    drawn: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Collected:
    """Tables as they are stored, and the attributes of every drawn candidate, reserves included."""

    tables: dict[str, Any]
    drawn: Mapping[str, Attributes]


def size_class(people: int) -> str:
    """The class of a unit with so many people.

    >>> [size_class(number) for number in (0, 1, 9, 10, 199, 200)]
    ['0', '1-9', '1-9', '10-49', '50-199', '200+']
    """
    found = NO_UNIT
    for lowest, name in SIZE_CLASSES:
        if people >= lowest:
            found = name
    return found


def collect(record: Draw, configuration: RoundConfiguration, candidates: Candidates, progress: Progress) -> Collected:
    """Read the frozen candidates and the registry behind them into the tables of a draw."""
    registry = _from_registry(record, candidates, progress)
    known = {name: {getattr(row, name) for row in registry.values()} for name in (DISTRICT, INDUSTRY)}
    unit_sizes = Counter(unit for pool in candidates.pools.values() for unit in pool.units if unit)
    plans = {plan["code"]: plan for plan in record.snapshot.plan["strata"]}
    own = {plan.code: plan for plan in configuration.strata}
    roles = _roles(record)
    main = frozenset(candidate for candidate, role in roles.items() if role == DrawnRole.MAIN)
    found: dict[str, Attributes] = {}
    strata = []
    for code, plan in plans.items():
        pool = candidates.pools.get(code)
        if pool is None:
            continue
        by_unit = own[code].drawn_by == "unit"
        columns = Columns(pool.ids, pool.cells, drawn=main)
        frozen = {cell: _frozen(cell, own[code].cell_by, known) for cell in set(pool.cells)}
        rows = [
            _attributes(
                registry.get(candidate),
                frozen[cell],
                NO_UNIT if by_unit else size_class(unit_sizes[unit] if unit else 0),
            )
            for candidate, cell, unit in zip(pool.ids, pool.cells, pool.units, strict=True)
        ]
        for at, name in enumerate(Attributes._fields):
            columns.values[name] = [row[at] for row in rows]
        found.update((candidate, row) for candidate, row in zip(pool.ids, rows, strict=True) if candidate in roles)
        seats = {row["cell"]: row["seats"] for row in record.snapshot.chances if row["stratum"] == code}
        capped = plan["mode"] == "random" and plan["max_per_unit"] is not None and not by_unit
        strata.append(
            {
                "code": code,
                "by_unit": by_unit,
                "everyone": sum(seats.values()) >= len(pool.ids),
                "cap": plan["max_per_unit"] if capped else None,
                **_stratum(columns, seats, with_bodies=not by_unit),
            }
        )
    missing = candidates.total - len(registry)
    return Collected({"format": 1, "strata": strata, "missing": missing}, found)


def _from_registry(record: Draw, candidates: Candidates, progress: Progress) -> dict[str, Attributes]:
    """Candidate → what the registry says; the unit size of units, whose people are no candidates, is in it too."""
    waiting = {candidate for pool in candidates.pools.values() for candidate in pool.ids}
    snapshot = record.snapshot_id
    total = Evaluator.objects.count() + Unit.objects.count()
    found: dict[str, Attributes] = {}
    people: Any = Evaluator.objects.order_by().values_list(
        "pk", "district", "unit__district", "industry", "unit__industry", "proposed_by"
    )
    for done, values in enumerate(people.iterator(chunk_size=5_000), start=1):
        pk, district, unit_district, industry, unit_industry, body = values
        if done % _REPORT_EVERY == 0:
            progress.report(done, total, _("Comparing with the register"))
        candidate = opaque_id(snapshot, PERSON, pk)
        if candidate in waiting:
            found[candidate] = _person(district or unit_district or "", industry or unit_industry or "", body)
    members = dict(
        Evaluator.objects.filter(status=EvaluatorStatus.ACTIVE)
        .exclude(unit=None)
        .order_by()
        .values_list("unit")
        .annotate(people=Count("pk"))
    )
    for pk, district, industry in (
        Unit.objects.exclude(stratum=None).order_by().values_list("pk", "district", "industry")
    ):
        candidate = opaque_id(snapshot, UNIT, pk)
        if candidate in waiting:
            found[candidate] = Attributes(
                normalise_label(district), normalise_label(industry), size_class(members.get(pk, 0)), ""
            )
    return found


# A million people share few districts, industries and bodies: each combination is cleaned, and kept, once.
@lru_cache(maxsize=50_000)
def _person(district: str, industry: str, body: str) -> Attributes:
    return Attributes(normalise_label(district), normalise_label(industry), NO_UNIT, normalise_label(body))


@lru_cache(maxsize=50_000)
def _with(row: Attributes, frozen: tuple[tuple[str, str], ...], unit_size: str) -> Attributes:
    row = row._replace(**dict(frozen))
    return row if row.unit_size != NO_UNIT else row._replace(unit_size=unit_size)


def _roles(record: Draw) -> dict[str, str]:
    """Candidate → main or reserve, from the stored result: it also names those who have left the registry since."""
    rows = csv.DictReader(io.StringIO(files.read(record.result_file).decode()))
    return {row["id"]: row["role"] for row in rows}


def _frozen(cell: str, cell_by: Sequence[str], known: Mapping[str, set[str]]) -> dict[str, str]:
    """What the cell says of district and industry.

    Nothing where the label does not say it plainly, as that of merged cells does not: then the registry speaks.
    """
    parts = cell.split("|") if cell else [UNKNOWN] * len(cell_by)
    if len(parts) != len(cell_by):
        return {}
    return {name: part for name, part in zip(cell_by, parts, strict=True) if part == UNKNOWN or part in known[name]}


def _attributes(known: Attributes | None, frozen: Mapping[str, str], unit_size: str) -> Attributes:
    """The attributes of a candidate: frozen ones first. A unit's size is the registry's, else the given one."""
    return _with(known or Attributes(UNKNOWN, UNKNOWN, NO_UNIT, UNKNOWN), tuple(frozen.items()), unit_size)


def _stratum(columns: Columns, seats: Mapping[str, int], *, with_bodies: bool) -> dict[str, Any]:
    """Size, seats and drawn by cell, and a table by dimension."""
    cells = sorted(set(columns.cells), key=str.encode)
    cell_at = {cell: at for at, cell in enumerate(cells)}
    cell_of = np.fromiter((cell_at[cell] for cell in columns.cells), dtype=np.int64, count=len(columns.cells))
    is_drawn = np.fromiter((one in columns.drawn for one in columns.ids), dtype=bool, count=len(columns.ids))
    sizes = np.bincount(cell_of, minlength=len(cells))
    taken = np.bincount(cell_of[is_drawn], minlength=len(cells))
    table: dict[str, Any] = {
        "size": len(columns.ids),
        "seats": sum(seats.values()),
        "drawn": int(is_drawn.sum()),
        "cells": [
            {"cell": cell, "size": int(sizes[at]), "seats": seats.get(cell, 0), "drawn": int(taken[at])}
            for at, cell in enumerate(cells)
        ],
        "dimensions": {
            name: _dimension(columns.values[name], cell_of, taken, is_drawn, MOST_CATEGORIES) for name in DIMENSIONS
        },
    }
    if with_bodies:
        table["bodies"] = _dimension(columns.values[BODY], cell_of, taken, is_drawn, MOST_BODIES, variance_only=True)
    return table


def _dimension(
    values: Sequence[str],
    cell_of: np.ndarray,
    taken: np.ndarray,
    is_drawn: np.ndarray,
    most: int,
    *,
    variance_only: bool = False,
) -> dict[str, Any]:
    """Categories with people, drawn, and what chance gives where each cell got as many as it did."""
    names = _names(values, most)
    at_of = {name: at for at, name in enumerate(names)}
    last = len(names) - 1
    category = np.fromiter((at_of.get(value, last) for value in values), dtype=np.int64, count=len(values))
    width = len(names)
    cube = np.bincount(cell_of * width + category, minlength=len(taken) * width).reshape(len(taken), width)
    chance: Margins = margins(((cube[cell], int(taken[cell])) for cell in range(len(taken))), width)
    table = {
        "categories": names,
        "people": [int(number) for number in chance.sizes],
        "drawn": [int(number) for number in np.bincount(category[is_drawn], minlength=width)],
        "expected": [round(float(number), 6) for number in chance.expected],
    }
    if variance_only:
        return table | {"variance": [round(float(number), 6) for number in np.diag(chance.covariance)]}
    return table | {"covariance": [[round(float(number), 9) for number in row] for row in chance.covariance]}


def _names(values: Iterable[str], most: int) -> list[str]:
    """The categories, the most frequent first; what is beyond ``most`` shares the last, :data:`OTHER`."""
    ordered = sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0].encode()))
    names = [name for name, _count in ordered]
    return names if len(names) <= most else [*names[: most - 1], OTHER]
