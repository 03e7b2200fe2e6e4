"""A list as it was read: cleaned values by column, and what was found on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from foundation.tables import codes
from foundation.tables.cleaning import storable
from foundation.tables.findings import Finding
from foundation.tables.schema import TableSchema


class Row(NamedTuple):
    """One data row: its number as the spreadsheet shows it, and its cleaned values by field."""

    number: int
    values: dict[str, str]


@dataclass(slots=True)
class Table:
    """What ``read_table`` gives.

    ``positions``: field to column of the file, from 0, for the known columns that the file has. ``numbers`` and every
    list in ``columns`` run in parallel, one entry per data row; a cell with a problem holds what stands in the file.
    ``problems`` and ``warnings`` are in the order of the rows; ``add_problem`` is for the app's own checks.
    """

    schema: TableSchema
    format: str  # xlsx, xls, csv
    sheet: str  # empty for csv
    header_row: int
    positions: dict[str, int]
    numbers: list[int]
    columns: dict[str, list[str]]
    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    bad_cells: set[tuple[int, str]] = field(default_factory=set)  # row number, field

    def __len__(self) -> int:
        return len(self.numbers)

    def has(self, field: str) -> bool:
        """Whether the file has this column at all: without it a stored value stays as it is."""
        return field in self.positions

    def column(self, field: str) -> list[str]:
        """The values of one field in row order; empty texts where the file has no such column."""
        return self.columns.get(field) or [""] * len(self.numbers)

    def row(self, place: int) -> dict[str, str]:
        """The values of one row by field, by its position from 0."""
        return {
            column.field: self.columns[column.field][place] if self.columns.get(column.field) else ""
            for column in self.schema.columns
        }

    def __iter__(self) -> Iterator[Row]:
        """All data rows, those with problems too, with a value for every field of the schema."""
        fields = [column.field for column in self.schema.columns]
        lists = [self.column(field) for field in fields]
        for number, *values in zip(self.numbers, *lists, strict=True):
            yield Row(number, dict(zip(fields, values, strict=True)))

    @property
    def rows(self) -> list[Row]:
        """The data rows as a list; iterate over the table itself, or use ``column``, where there are many."""
        return list(self)

    @property
    def problem_rows(self) -> set[int]:
        """The numbers of the rows that have a problem and are not to be stored."""
        return {problem.row for problem in self.problems if problem.row is not None}

    def is_bad(self, number: int, field: str) -> bool:
        """Whether a problem with this cell was already found: no use in looking at its value."""
        return (number, field) in self.bad_cells

    def add_problem(
        self, row: int | None, field: str | None, code: str, message_id: str | None = None, **params: Any
    ) -> None:
        """Note a problem with a cell, or with the whole row where ``field`` is None.

        ``message_id`` may be left out for the codes of this package. ``%(column)s`` is filled in by itself.
        """
        self.problems.append(self._finding(row, field, code, message_id, params))
        if row is not None and field is not None:
            self.bad_cells.add((row, field))

    def add_warning(
        self, row: int | None, field: str | None, code: str, message_id: str | None = None, **params: Any
    ) -> None:
        """Note something worth knowing about a row, cell, column or sheet; it keeps nothing from being stored."""
        finding = self._finding(row, field, code, message_id, params)
        self.warnings.append(
            Finding(finding.row, finding.column, code, finding.message_id, finding.params, severity="warning")
        )

    def _finding(
        self, row: int | None, field: str | None, code: str, message_id: str | None, params: dict[str, Any]
    ) -> Finding:
        params = {key: storable(value) if isinstance(value, str) else value for key, value in params.items()}
        column = self.schema.column(field).chinese if field else params.get("column", "")
        return Finding(row, column, code, message_id or codes.MESSAGES[code], {"row": row, "column": column, **params})

    def sort_findings(self) -> None:
        """Bring problems and warnings into the order of rows and columns; call it after the app's own checks."""
        order = {column.chinese: place for place, column in enumerate(self.schema.columns)}

        def place(finding: Finding) -> tuple[int, int]:
            return finding.row or 0, order.get(finding.column, -1)

        self.problems.sort(key=place)
        self.warnings.sort(key=place)
