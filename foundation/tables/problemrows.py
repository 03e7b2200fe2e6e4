"""The rows with problems as a workbook: to be mended there and read in again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from foundation.tables.findings import Finding, Translate, untranslated
from foundation.tables.table import Table
from foundation.tables.writing import REASON, Sheet, Target, write_xlsx


def problem_sheet(
    table: Table,
    problems: Iterable[Finding] | None = None,
    *,
    name: str = "",
    reason_header: str = REASON,
    translate: Translate = untranslated,
) -> Sheet:
    """The rows of ``table`` that have a problem, in the columns of the file, the reasons in a last one.

    Cells show what stands in the file. ``reason_header`` has to be one of the schema's ``silent_headers`` for the
    mended file to be read without a word about it. ``problems``: those of the table, if not given.
    """
    reasons: dict[int, list[str]] = {}
    for problem in table.problems if problems is None else problems:
        if problem.row is not None:
            message = problem.message(translate)
            reasons.setdefault(problem.row, []).append(f"{problem.column}：{message}" if problem.column else message)
    columns = sorted((table.schema.column(field) for field in table.positions), key=lambda c: table.positions[c.field])
    choices = {place: column.choices for place, column in enumerate(columns) if column.choices}

    def rows() -> Iterator[list[str]]:
        values = zip(*(table.column(column.field) for column in columns), strict=True)
        for number, row in zip(table.numbers, values, strict=True):
            if number in reasons:
                yield [*row, "\n".join(dict.fromkeys(reasons[number]))]

    return Sheet(
        name=name or reason_header,
        headers=[*(column.chinese for column in columns), reason_header],
        rows=rows(),
        choices=choices,
        marked=frozenset((len(columns),)),
        widths={len(columns): 60},
        frozen_columns=min(2, len(columns)),
        text_columns=True,
    )


def write_problem_rows(
    target: Target,
    table: Table,
    problems: Iterable[Finding] | None = None,
    *,
    name: str = "",
    reason_header: str = REASON,
    translate: Translate = untranslated,
) -> None:
    """``problem_sheet`` as a workbook of its own."""
    sheet = problem_sheet(table, problems, name=name, reason_header=reason_header, translate=translate)
    write_xlsx(target, [sheet])
