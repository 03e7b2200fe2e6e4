"""Who is taken: keys from the seed, one pass over a stratum in key order, a second where seats remain, reserves."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress, repeat
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from .columns import as_bytes, texts_at
from .plan import StratumPlan

Progress = Callable[[int, int], object]
Role = Literal["main", "reserve"]
Key = TypeVar("Key", bytes, float)


class Place(NamedTuple):
    """One line of drawn.csv: ``order`` counts from 1 within stratum and role, in key order."""

    id: str
    stratum: str
    cell: str
    unit: str
    role: Role
    order: int


class Selection(NamedTuple):
    """Positions in the columns of a pool, each list in ascending key order."""

    main: list[int]
    reserve: list[int]


class Keys(ABC, Generic[Key]):
    """One key per candidate, looked at no further than needed.

    A draw needs the few thousand least keys of a million, in order: the *head*. Beyond it only those matter who can
    still be taken, if any do. Keys are all different and spread evenly, so a bound tells how many fall below it.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._bound: Key | None = None

    @abstractmethod
    def bound(self, share: float) -> Key:
        """The key below which about ``share`` of all keys lie."""

    @abstractmethod
    def below(self, bound: Key | None) -> list[tuple[Key, int]]:
        """Keys and positions of all candidates below the bound, None = no bound, in no order."""

    @abstractmethod
    def of(self, positions: Iterable[int]) -> list[tuple[Key, int]]:
        """Keys and positions of these candidates, in the same order."""

    def head(self, wanted: int) -> list[tuple[Key, int]]:
        """About ``wanted`` least keys (all of them where that is most of them) with their positions, ascending."""
        self._bound = self.bound(wanted / self.size) if 2 * wanted < self.size else None
        return sorted(self.below(self._bound))

    def beyond(self, positions: Iterable[int]) -> list[tuple[Key, int]]:
        """Those of the positions that the head does not hold, ascending."""
        bound = self._bound
        return [] if bound is None else sorted(pair for pair in self.of(positions) if pair[0] >= bound)


class HashedKeys(Keys[bytes]):
    """The keys of the draw: SHA-256 of ``seed + ":" + id``. Bytes ascend as their hex does."""

    def __init__(self, ids: Sequence[str], seed: str, progress: Callable[[int], object] | None = None) -> None:
        """Args:
        ids: ASCII ids.
        seed: the seed of the draw.
        progress: called with the number of ids hashed so far, now and then and at the end.
        """
        super().__init__(len(ids))
        self._ids = ids
        self._progress = progress
        # The 65 bytes in front are hashed once; each key goes on from a copy.
        self._copy = hashlib.sha256(f"{seed}:".encode("ascii")).copy

    def bound(self, share: float) -> bytes:
        return int(share * (1 << 64)).to_bytes(8, "big")

    def below(self, bound: bytes | None) -> list[tuple[bytes, int]]:
        found: list[tuple[bytes, int]] = []
        start = 0
        for block in as_bytes(self._ids):
            found += self._hashed(enumerate(block, start), bound)
            start += len(block)
            if self._progress is not None:
                self._progress(start)
        return found

    def of(self, positions: Iterable[int]) -> list[tuple[bytes, int]]:
        wanted = list(positions)
        return self._hashed(zip(wanted, map(str.encode, texts_at(self._ids, wanted)), strict=True), None)

    def _hashed(self, numbered: Iterable[tuple[int, bytes]], bound: bytes | None) -> list[tuple[bytes, int]]:
        # The one loop that runs a million times: keys above the bound are not kept.
        copy = self._copy
        found: list[tuple[bytes, int]] = []
        add = found.append
        limit = bound if bound is not None else b"\xff" * 33
        for i, candidate in numbered:
            digest = copy()
            digest.update(candidate)
            key = digest.digest()
            if key < limit:
                add((key, i))
        return found


def select(
    keys: Keys[Any],
    cells: Sequence[str],
    units: Sequence[str],
    stratum: StratumPlan,
    seats: Mapping[str, int],
) -> Selection:
    """Choose the main places and the reserves of one stratum.

    Args:
        keys: the key of each candidate.
        cells: label of the cell of each candidate.
        units: evaluator unit of each candidate; "" is never capped.
        stratum: the plan: quota, reserve, cap.
        seats: seats by cell (see `allocation.allocate`); not needed where everyone is taken.

    Returns:
        Fewer main places than the quota where the caps or the size of the stratum do not allow it.
    """
    if stratum.takes_everyone(keys.size):
        return Selection([i for _, i in keys.head(keys.size)], [])
    head = keys.head(2 * (stratum.quota + stratum.reserve) + 64)
    chosen = _choose(keys, head, cells, units, stratum, seats)
    reserve = [i for _, i in head if i not in chosen][: stratum.reserve]
    if len(reserve) < stratum.reserve:
        others = keys.beyond(i for i in range(keys.size) if i not in chosen)
        reserve += [i for _, i in others[: stratum.reserve - len(reserve)]]
    return Selection(sorted(chosen, key=chosen.__getitem__), reserve)


def _choose(
    keys: Keys[Key],
    head: list[tuple[Key, int]],
    cells: Sequence[str],
    units: Sequence[str],
    stratum: StratumPlan,
    seats: Mapping[str, int],
) -> dict[int, Key]:
    """The chosen positions with their keys."""
    chosen: dict[int, Key] = {}
    open_seats = {cell: number for cell, number in seats.items() if number}
    in_unit: Counter[str] = Counter()
    cap = stratum.max_per_unit

    def take(ascending: list[tuple[Key, int]], by_cell: bool) -> None:
        # Units count for the cap alone.
        units_there = repeat("") if cap is None else texts_at(units, [i for _, i in ascending])
        for (key, i), unit in zip(ascending, units_there, strict=False):
            if len(chosen) == stratum.quota:
                return
            cell = cells[i]
            if i in chosen or (by_cell and cell not in open_seats):
                continue
            if cap is not None and unit:
                if in_unit[unit] >= cap:
                    continue
                in_unit[unit] += 1
            chosen[i] = key
            if by_cell:
                open_seats[cell] -= 1
                if not open_seats[cell]:
                    del open_seats[cell]

    # The two passes of the rules, each in two steps: beyond the head only those who can still be taken are looked at.
    take(head, True)
    if len(chosen) < stratum.quota:
        take(keys.beyond(compress(range(keys.size), map(open_seats.__contains__, cells))), True)
    if len(chosen) < stratum.quota:
        take(head, False)
    if len(chosen) < stratum.quota:
        full = {unit for unit, number in in_unit.items() if cap is not None and number >= cap}
        take(keys.beyond(i for i, unit in enumerate(units) if unit not in full and i not in chosen), False)
    return chosen
