"""What became of a frozen register whose stored file is no longer the one that was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from evaluators.draw import BadInput, Registry, parse_registry
from evaluators.models import Snapshot
from foundation import files

_COLUMNS = ("stratum", "cell", "unit", "commitment")


class ChangedValue(NamedTuple):
    """One value of a candidate that is not as it was frozen."""

    id: str
    column: str
    before: str
    after: str


class ChangedCell(NamedTuple):
    """A cell that has not as many candidates as were published."""

    stratum: str
    cell: str
    before: int
    after: int


@dataclass(frozen=True)
class Alteration:
    """What can be told of an altered register: opaque ids, never names.

    Attributes:
        is_missing: there is no file, or none that can be read.
        fault: why what is there is no register, in English, or "".
        has_rows: the sealed copy was there to compare with, row by row; otherwise only ``cells`` can tell.
        added, removed: ids that were not frozen, and ids that were.
        changed: values of those that are still there.
        cells: cells whose number of candidates is not the published one.
    """

    is_missing: bool = False
    fault: str = ""
    has_rows: bool = False
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[ChangedValue] = field(default_factory=list)
    cells: list[ChangedCell] = field(default_factory=list)


def alteration_of(snapshot: Snapshot) -> Alteration:
    """Compare the stored register of a snapshot with its sealed copy, and with the numbers published then."""
    found = files.as_found(snapshot.registry_file)
    if found is None:
        return Alteration(is_missing=True)
    try:
        now = parse_registry(found)
    except BadInput as error:
        return Alteration(fault=str(error))
    frozen = _copy_of(snapshot)
    if frozen is None:
        return Alteration(cells=_cells(snapshot, now))
    difference = frozen.difference(now)
    return Alteration(
        has_rows=True,
        added=difference.added,
        removed=difference.removed,
        changed=list(_changed(frozen, now, difference.changed)),
        cells=_cells(snapshot, now),
    )


def _copy_of(snapshot: Snapshot) -> Registry | None:
    """The register as it was frozen, if its copy is still the one."""
    content = files.as_found(snapshot.copy_file) if snapshot.copy_file else None
    if content is None:
        return None
    try:
        registry = parse_registry(content)
    except BadInput:
        return None
    return registry if registry.snapshot_hash == snapshot.snapshot_hash else None


def _changed(frozen: Registry, now: Registry, ids: list[str]) -> Iterator[ChangedValue]:
    before, after = _rows(frozen, set(ids)), _rows(now, set(ids))
    for candidate in ids:
        for column, old, new in zip(_COLUMNS, before[candidate], after[candidate], strict=True):
            if old != new:
                yield ChangedValue(candidate, column, old, new)


def _rows(registry: Registry, wanted: set[str]) -> dict[str, tuple[str, str, str, str]]:
    rest = zip(registry.strata, registry.cells, registry.units, registry.commitments, strict=True)
    return {candidate: row for candidate, row in zip(registry.ids, rest, strict=True) if candidate in wanted}


def _cells(snapshot: Snapshot, now: Registry) -> list[ChangedCell]:
    before = Counter({(row["stratum"], row["cell"]): row["size"] for row in snapshot.chances})
    after = Counter(zip(now.strata, now.cells, strict=True))
    return [
        ChangedCell(key[0], key[1], before[key], after[key])
        for key in sorted(before | after)
        if before[key] != after[key]
    ]
