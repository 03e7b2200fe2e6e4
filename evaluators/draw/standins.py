"""Who takes the seat of somebody unreachable: a rule that anybody can follow with drawn.csv and the published list."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from .api import DRAWN_COLUMNS
from .errors import BadInput, shown
from .selection import Place

DRAWN_FILE = "drawn.csv"
REPLACED_FILE = "replaced.csv"
REPLACED_COLUMNS = ("number", "leaving", "stand_in")


class Replaced(NamedTuple):
    """One line of replaced.csv: the ``number``-th replacement of a draw, from 1, by ids."""

    number: int
    leaving: str
    stand_in: str


def stand_in(
    places: Iterable[Place],
    leaving: str,
    *,
    max_per_unit: int | None,
    used: Collection[str] = (),
    left: Collection[str] = (),
) -> Place | None:
    """The reserve who takes the seat of somebody unreachable: the next unused one of the same cell that keeps the cap,
    else the next unused one of the stratum that keeps the cap.

    Args:
        places: the drawn places of the stratum, main and reserve (other strata are ignored).
        leaving: id of the person to be replaced: one of main, or a reserve already standing in.
        max_per_unit: the cap of the stratum, None = no cap. The seat of the one leaving does not count.
        used: ids of reserves used so far: standing in now, or having done so.
        left: ids, main or reserve, who have already been replaced and serve no longer.

    Returns:
        The place of the stand-in, or None where no unused reserve keeps the cap.

    Raises:
        ValueError: ``leaving`` does not serve.
    """
    everyone = list(places)
    gone = next((place for place in everyone if place.id == leaving), None)
    if gone is None or leaving in left or (gone.role == "reserve" and leaving not in used):
        raise ValueError(f"{leaving} holds no seat")
    stratum = [place for place in everyone if place.stratum == gone.stratum]
    serving = Counter(
        place.unit
        for place in stratum
        if (place.role == "main" or place.id in used) and place.id not in left and place.id != leaving
    )
    fitting = [
        place
        for place in sorted(stratum, key=lambda place: place.order)
        if place.role == "reserve"
        and place.id not in used
        and place.id not in left
        and (max_per_unit is None or not place.unit or serving[place.unit] < max_per_unit)
    ]
    return next((place for place in fitting if place.cell == gone.cell), next(iter(fitting), None))


def replay(places: Iterable[Place], leaving: Iterable[str], caps: Mapping[str, int | None]) -> list[Place | None]:
    """Who stands in for each of those leaving, one replacement after the other.

    Args:
        places: all drawn places.
        leaving: ids in the order in which they were replaced.
        caps: `StratumPlan.max_per_unit` by code of the stratum.

    Returns:
        A place for each; None where the reserves that keep the cap are used up.

    Raises:
        ValueError: somebody leaves who does not serve at that moment.
    """
    by_stratum: dict[str, list[Place]] = {}
    stratum_of: dict[str, str] = {}
    for place in places:
        by_stratum.setdefault(place.stratum, []).append(place)
        stratum_of[place.id] = place.stratum
    used: set[str] = set()
    left: set[str] = set()
    found: list[Place | None] = []
    for one in leaving:
        stratum = stratum_of.get(one, "")
        chosen = stand_in(by_stratum.get(stratum, ()), one, max_per_unit=caps.get(stratum), used=used, left=left)
        left.add(one)
        if chosen is not None:
            used.add(chosen.id)
        found.append(chosen)
    return found


def parse_drawn(data: bytes, *, file: str = DRAWN_FILE) -> list[Place]:
    """The places out of ``drawn.csv``.

    Raises:
        BadInput: with file and row.
    """
    places = []
    for row, record in _rows(data, DRAWN_COLUMNS, file):
        candidate, stratum, cell, unit, role, order = record
        if role not in ("main", "reserve") or not order.isascii() or not order.isdigit():
            raise BadInput("bad_place", f"{shown(role)}, {shown(order)} is no place", file=file, row=row)
        places.append(Place(candidate, stratum, cell, unit, "main" if role == "main" else "reserve", int(order)))
    return places


def parse_replaced(data: bytes, *, file: str = REPLACED_FILE) -> list[Replaced]:
    """The replacements out of ``replaced.csv``, numbered 1, 2, 3 … in their order.

    Raises:
        BadInput: with file and row.
    """
    found = []
    for row, (number, leaving, successor) in _rows(data, REPLACED_COLUMNS, file):
        if number != str(row - 1):
            raise BadInput(
                "bad_number", f"expected {row - 1}, not {shown(number)}", file=file, row=row, column="number"
            )
        found.append(Replaced(row - 1, leaving, successor))
    return found


def replaced_csv(rows: Iterable[Replaced]) -> bytes:
    """``replaced.csv``: header and rows, LF. Ids need no quotes."""
    lines = [",".join(REPLACED_COLUMNS), *(f"{row.number},{row.leaving},{row.stand_in}" for row in rows)]
    return ("\n".join(lines) + "\n").encode("utf-8")


def differing(
    places: Iterable[Place], replaced: Sequence[Replaced], caps: Mapping[str, int | None]
) -> list[tuple[int, str]]:
    """Where a list of replacements is not what the rule gives: the number, and the id expected ("" = nobody).

    Raises:
        ValueError: somebody leaves who does not serve at that moment.
    """
    expected = replay(places, [row.leaving for row in replaced], caps)
    pairs = zip(replaced, (place.id if place else "" for place in expected), strict=True)
    return [(row.number, wanted) for row, wanted in pairs if row.stand_in != wanted]


def _rows(data: bytes, columns: Sequence[str], file: str) -> Iterable[tuple[int, list[str]]]:
    """The records below the header with their row in the file (1 = header)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("not_utf8", "is not UTF-8", file=file) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row, record in enumerate(reader, start=1):
            if row == 1 and tuple(record) != tuple(columns):
                raise BadInput("bad_header", f"the header must be {','.join(columns)}", file=file, row=1)
            if len(record) != len(columns):
                reason = f"{len(record)} columns instead of {len(columns)}"
                raise BadInput("column_count", reason, file=file, row=row)
            if row > 1:
                yield row, record
    except csv.Error as error:
        raise BadInput("bad_csv", str(error), file=file) from error
