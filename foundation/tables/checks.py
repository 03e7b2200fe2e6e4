"""What concerns several cells: missing values, the same thing in two rows, one key with two values."""

from __future__ import annotations

from foundation.tables import codes
from foundation.tables.table import Table


def check_rows(table: Table) -> None:
    """Add the problems of whole rows. Of two rows that do not go together the later one has the problem."""
    for column in table.schema.columns:
        if column.required and table.has(column.field):
            _check_required(table, column.field)
    repeated: dict[int, int] = {}
    for group in table.schema.unique:
        if all(table.has(field) for field in group):
            _check_unique(table, group, repeated)
    for key, value in table.schema.consistent:
        if table.has(key) and table.has(value):
            _check_consistent(table, key, value)


def _check_required(table: Table, field: str) -> None:
    values = table.column(field)
    if "" not in values:
        return
    for number, value in zip(table.numbers, values, strict=True):
        if not value and not table.is_bad(number, field):
            table.add_problem(number, field, codes.MISSING_VALUE)


def _check_unique(table: Table, group: tuple[str, ...], repeated: dict[int, int]) -> None:
    """The same values twice. A row that repeats another in one respect is not reported for it in the next."""
    labels = table.schema.labels(group)
    first: dict[tuple[str, ...], int] = {}
    keys = list(zip(*(table.column(field) for field in group), strict=True))
    if len(set(keys)) == len(keys):
        return
    for number, key in zip(table.numbers, keys, strict=True):
        if not all(key) or any((number, field) in table.bad_cells for field in group):
            continue
        earlier = first.setdefault(key, number)
        if earlier != number and repeated.get(number) != earlier:
            repeated[number] = earlier
            table.add_problem(number, group[-1], codes.DUPLICATE, columns=labels, first=earlier)


def _check_consistent(table: Table, key: str, value: str) -> None:
    """One key, one value: the first row that has both is right."""
    label = table.schema.column(key).chinese
    first: dict[str, tuple[str, int]] = {}
    keys, values = table.column(key), table.column(value)
    if len(set(zip(keys, values, strict=True))) == len(set(keys)):
        return
    for number, one, other in zip(table.numbers, keys, values, strict=True):
        if not one or not other or table.is_bad(number, key) or table.is_bad(number, value):
            continue
        kept, earlier = first.setdefault(one, (other, number))
        if kept != other:
            table.add_problem(number, value, codes.INCONSISTENT, key=label, value=one, first=earlier)
