"""The snapshot: the candidates of a draw, frozen, in the one form whose hash everybody can compute.

`Registry` holds the five columns of ``registry.csv`` with every rule checked. `Candidates` is what the draw needs of
them: parallel columns by stratum, no object per candidate, so that a million people stay small and quick.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import BinaryIO, NamedTuple, TypeVar

from .columns import Utf8Column
from .errors import BadInput, shown
from .labels import ID_FORM, check_id, check_label

COLUMNS = ("id", "stratum", "cell", "unit", "commitment")
REGISTRY_FILE = "registry.csv"

_BOM = b"\xef\xbb\xbf"
_COMMITMENT_FORM = re.compile(r"[0-9a-f]{64}")
_FIELD = re.compile(r'(?:"(?:[^"]|"")*"|[^",\r\n][^,\r\n]*|)(?=,|\r?\n?$)')
_BLOCK = 1 << 14
_BLOCK_BYTES = 1 << 19

Row = tuple[str, str, str, str, str]
T = TypeVar("T")


class Pool(NamedTuple):
    """The candidates of one stratum as parallel columns; their order does not matter."""

    ids: Sequence[str]
    cells: Sequence[str]
    units: Sequence[str]


@dataclass(frozen=True)
class Candidates:
    """Everyone who may be drawn, by stratum code, and the hash of the snapshot they come from."""

    snapshot_hash: str
    pools: Mapping[str, Pool]

    @property
    def total(self) -> int:
        """Number of candidates in all strata."""
        return sum(len(pool.ids) for pool in self.pools.values())


class SnapshotDifference(NamedTuple):
    """Ids by what became of them between two snapshots, each list sorted."""

    added: list[str]
    removed: list[str]
    changed: list[str]


@dataclass(frozen=True, eq=False)
class Registry:
    """The five columns of a snapshot, parallel, in the order of the file. Made by `from_rows` or `parse_registry`."""

    ids: Sequence[str]
    strata: Sequence[str]
    cells: Sequence[str]
    units: Sequence[str]
    commitments: Sequence[str]

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Sequence[str]],
        *,
        strata: Collection[str] | None = None,
        file: str = REGISTRY_FILE,
        strict_commitments: bool = True,
    ) -> Registry:
        """Check every row against the rules of the snapshot.

        Args:
            rows: id, stratum, cell, unit, commitment; unit and cell may be empty.
            strata: the codes of the plan, where a stratum outside it is an error.
            file: name for messages; the first row is row 2, below the header.
            strict_commitments: a commitment must be a SHA-256 in lower-case hex. A redraw only asks that it can stand
                in a label, since it does not use the column.

        Raises:
            BadInput: with row and column, at the first fault.
        """
        columns: tuple[list[str], ...] = ([], [], [], [], [])
        add_id, add_stratum, add_cell, add_unit, add_commitment = (column.append for column in columns)
        seen: set[str] = set()
        codes: dict[str, str] = {}
        labels: dict[str, str] = {}
        row = 1
        for row, record in enumerate(rows, start=2):
            try:
                candidate, stratum, cell, unit, commitment = record
                if ID_FORM.fullmatch(candidate) is None:
                    check_id(candidate)
                folded = candidate.lower()
                if folded in seen:
                    raise _duplicate(candidate, columns[0])
                seen.add(folded)
                # Each label is checked and kept once, however many candidates share it.
                add_stratum(codes.get(stratum) or codes.setdefault(stratum, _checked_stratum(stratum, strata)))
                known = labels.get(cell)
                add_cell(labels.setdefault(cell, _checked(cell, "cell")) if known is None else known)
                known = labels.get(unit)
                add_unit(labels.setdefault(unit, _checked(unit, "unit")) if known is None else known)
                if _COMMITMENT_FORM.fullmatch(commitment) is None:
                    _check_commitment(commitment, strict_commitments)
                add_id(candidate)
                add_commitment(commitment)
            except BadInput as error:
                raise error.at(file=file, row=row, column="id") from None
            except ValueError:
                raise _wrong_count(record).at(file=file, row=row) from None
        return cls(*columns)

    def canonical(self) -> Iterator[bytes]:
        """The canonical bytes, in blocks: UTF-8, LF, header, rows by id, quotes only around a comma or a quote."""
        yield (",".join(COLUMNS) + "\n").encode("ascii")
        order = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        quoted = {label: quote(label) for column in (self.strata, self.cells, self.units) for label in set(column)}
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            columns: list[Iterable[str]] = [_picked(self.ids, block)]
            columns += [map(quoted.__getitem__, _picked(c, block)) for c in (self.strata, self.cells, self.units)]
            columns.append(map(quote, _picked(self.commitments, block)))
            yield ("\n".join(map(",".join, zip(*columns, strict=True))) + "\n").encode("utf-8")

    @cached_property
    def snapshot_hash(self) -> str:
        """SHA-256 hex of the canonical bytes."""
        digest = hashlib.sha256()
        for block in self.canonical():
            digest.update(block)
        return digest.hexdigest()

    def candidates(self) -> Candidates:
        """What the draw needs, by stratum."""
        pools = {
            stratum: Pool(*(list(_picked(column, chosen)) for column in (self.ids, self.cells, self.units)))
            for stratum, chosen in _positions(self.strata).items()
        }
        return Candidates(self.snapshot_hash, pools)

    def difference(self, later: Registry) -> SnapshotDifference:
        """Which candidates a later snapshot has more, has no longer, or describes otherwise."""
        before, after = self._by_id(), later._by_id()
        return SnapshotDifference(
            sorted(after.keys() - before.keys()),
            sorted(before.keys() - after.keys()),
            sorted(i for i in before.keys() & after.keys() if before[i] != after[i]),
        )

    def _by_id(self) -> dict[str, tuple[str, str, str, str]]:
        rest = zip(self.strata, self.cells, self.units, self.commitments, strict=True)
        return dict(zip(self.ids, rest, strict=True))


def quote(field: str) -> str:
    """A field of a canonical file: in quotes only where it holds a comma or a quote."""
    return '"' + field.replace('"', '""') + '"' if "," in field or '"' in field else field


def parse_registry(
    data: bytes | BinaryIO,
    *,
    strata: Collection[str] | None = None,
    file: str = REGISTRY_FILE,
    strict_commitments: bool = False,
) -> Registry:
    """The registry out of ``registry.csv``: rows in any order, quotes wherever, lines ending in LF or CRLF.

    Args:
        data: the file, as bytes or open for reading bytes.
        strata: the codes of the plan; a stratum outside it is an error.
        file: its name, for messages.
        strict_commitments: see `Registry.from_rows`.

    Raises:
        BadInput: with file, row (1 = header) and column.
    """
    lines = _Lines(io.BytesIO(data) if isinstance(data, bytes) else data, file)
    records = _records(lines, file)
    header = next(records, [])
    for number, name in enumerate(COLUMNS):
        found = header[number] if number < len(header) else None
        if found != name:
            reason = f"column {number + 1} of the header must be {name}, not {shown(found)}"
            raise BadInput("bad_header", reason, file=file, row=1, column=name, found=found)
    if len(header) > len(COLUMNS):
        raise _wrong_count(header).at(file=file, row=1)
    return Registry.from_rows(records, strata=strata, file=file, strict_commitments=strict_commitments)


def load_frozen(data: bytes, snapshot_hash: str) -> Candidates:
    """The candidates of a stored canonical file, read without checking its rows again: its hash vouches for them.

    Args:
        data: canonical bytes, as `Registry.canonical` gave them when the snapshot was frozen.
        snapshot_hash: the hash published then.

    Raises:
        BadInput: ``snapshot_changed``, the bytes are not those that were frozen.
    """
    found = hashlib.sha256(data).hexdigest()
    if found != snapshot_hash:
        reason = f"the registry has changed since it was frozen: its hash is {found}, published was {snapshot_hash}"
        raise BadInput("snapshot_changed", reason, file=REGISTRY_FILE, found=found, published=snapshot_hash)
    return Candidates(snapshot_hash, _frozen_pools(data))


class _Labels(dict[bytes, str]):
    """Each label decoded once, and one object for all who share it."""

    def __missing__(self, raw: bytes) -> str:
        return self.setdefault(raw, raw.decode("utf-8"))


def _canonical_columns(data: bytes) -> Iterator[Sequence[list[bytes]]]:
    """The first four columns of canonical bytes, in blocks of rows."""
    start = data.index(b"\n") + 1
    width = len(COLUMNS)
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK_BYTES) + 1 or len(data)
        block = data[start : end - 1]
        if b'"' in block:
            text = block.decode("utf-8")
            fields = [field.encode("utf-8") for record in csv.reader(text.split("\n")) for field in record]
        else:
            # No list per row: that alone is three times as quick. Nor texts: half the time again.
            fields = block.replace(b"\n", b",").split(b",")
        yield [fields[column::width] for column in range(4)]
        start = end


def _frozen_pools(data: bytes) -> dict[str, Pool]:
    """The pools of canonical bytes: cells as texts, since each is counted, ids and units as they stand."""
    labels = _Labels()
    pieces: defaultdict[bytes, tuple[list[int], list[bytes], list[str], list[bytes]]]
    pieces = defaultdict(lambda: ([], [], [], []))
    for ids, strata, cells, units in _canonical_columns(data):
        of_cells = list(map(labels.__getitem__, cells))
        for stratum, chosen in _positions(strata).items():
            sizes, pool_ids, pool_cells, pool_units = pieces[stratum]
            sizes.append(len(chosen))
            pool_ids.append(b"\n".join(_picked(ids, chosen)))
            pool_cells += _picked(of_cells, chosen)
            pool_units.append(b"\n".join(_picked(units, chosen)))
    return {
        stratum.decode("utf-8"): Pool(Utf8Column(ids, sizes), cells, Utf8Column(units, sizes))
        for stratum, (sizes, ids, cells, units) in pieces.items()
    }


def _positions(strata: Iterable[T]) -> dict[T, list[int]]:
    """Where each stratum is met."""
    found: defaultdict[T, list[int]] = defaultdict(list)
    for position, stratum in enumerate(strata):
        found[stratum].append(position)
    return found


def _picked(column: Sequence[T], positions: Sequence[int]) -> Sequence[T]:
    """The values of a column at the positions, in their order."""
    # itemgetter gathers in C, but gives a bare value for a single position.
    return itemgetter(*positions)(column) if len(positions) > 1 else [column[i] for i in positions]


class _Lines:
    """The lines of a binary file as text, remembering those of the record being read for messages."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        self._stream = stream
        self._file = file
        self.of_record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for row, line in enumerate(self._stream, start=1):
            if row == 1 and line.startswith(_BOM):
                reason = "begins with a byte order mark; save it as UTF-8 without one"
                raise BadInput("bom", reason, file=self._file, row=1, column=COLUMNS[0])
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                column = _column_at(line[: error.start].decode("utf-8"))
                raise BadInput("not_utf8", "is not UTF-8", file=self._file, row=row, column=column) from None
            self.of_record.append(text)
            yield text


def _records(lines: _Lines, file: str) -> Iterator[list[str]]:
    """Records of a comma-separated file; csv's own complaints get their place."""
    reader = csv.reader(lines, strict=True)
    row = 0
    try:
        for record in reader:
            row += 1
            yield record
            lines.of_record.clear()
    except csv.Error as error:
        column = _faulty_column(lines.of_record[0])
        raise BadInput("bad_csv", str(error), file=file, row=row + 1, column=column) from None


def _column_at(before: str) -> str:
    """Name of the column that a line has reached after the text ``before``."""
    return _column_name(len(next(csv.reader([before]), [""])) or 1)


def _faulty_column(line: str) -> str:
    """Name of the first column of a line that is not a well-formed field."""
    position = number = 0
    while (match := _FIELD.match(line, position)) is not None:
        number += 1
        position = match.end() + 1
        if position > len(line.rstrip("\r\n")):
            break
    return _column_name(number + (match is None))


def _column_name(number: int) -> str:
    return COLUMNS[number - 1] if number <= len(COLUMNS) else str(number)


def _wrong_count(record: Sequence[str]) -> BadInput:
    expected = len(COLUMNS)
    column = _column_name(min(len(record), expected) + 1)
    reason = f"{len(record)} columns, must be {expected}: {','.join(COLUMNS)}"
    return BadInput("wrong_column_count", reason, column=column, found=len(record), expected=expected)


def _duplicate(candidate: str, ids: Sequence[str]) -> BadInput:
    first = next(row for row, other in enumerate(ids, start=2) if other.lower() == candidate.lower())
    reason = f"{shown(candidate)} is already the id of row {first} (upper and lower case are the same)"
    return BadInput("duplicate_id", reason, column="id", value=candidate, first_row=first)


def _checked(label: str, column: str) -> str:
    try:
        return check_label(label)
    except BadInput as error:
        raise error.at(column=column) from None


def _checked_stratum(label: str, strata: Collection[str] | None) -> str:
    if not label:
        raise BadInput("empty_stratum", "is empty", column="stratum")
    _checked(label, "stratum")
    if strata is not None and label not in strata:
        raise BadInput("unknown_stratum", f"{shown(label)} is not in draw.json", column="stratum", value=label)
    return label


def _check_commitment(text: str, strict: bool) -> None:
    if strict:
        reason = f"{shown(text)} is not a SHA-256 in lower-case hex"
        raise BadInput("bad_commitment", reason, column="commitment", value=text)
    _checked(text, "commitment")
