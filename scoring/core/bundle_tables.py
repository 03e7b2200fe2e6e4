"""The small tables of a bundle: known columns, trimmed cells, every error with row and column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.definition import ScoringDefinition
from evaluation.definition.reading import brief
from evaluation.definition.values import decimal_or_none, integer_or_none

from .bundle_files import BundleError, Source
from .figures import SE_PLACES, rounded
from .model import MERGED, OWN, ZERO, Adjustment, Baseline, Department

#: Magnitude of bonus and deduction beyond which a figure is a slip of the keyboard.
_MOST_POINTS = Decimal(10**6)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One record of a table, its cells trimmed; an absent optional column reads as empty."""

    file: str
    number: int
    cells: Mapping[str, str]

    def error(self, column: str, message: str) -> BundleError:
        """The error for one cell, to be raised."""
        return BundleError(self.file, message, self.number, column)

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def required(self, column: str) -> str:
        value = self.text(column)
        if not value:
            raise self.error(column, "this cell is empty")
        return value

    def decimal(self, column: str, low: Decimal, high: Decimal) -> Decimal | None:
        """A decimal between `low` and `high`, None for an empty cell."""
        value = self.text(column)
        if not value:
            return None
        number = decimal_or_none(value)
        if number is None:
            raise self.error(column, f"{brief(value)} is no decimal number")
        if not low <= number <= high:
            raise self.error(column, f"{brief(value)} is outside {low}–{high}")
        return number

    def rank(self, column: str) -> int | None:
        """A rank from 1, None for an empty cell."""
        value = self.text(column)
        if not value:
            return None
        number = integer_or_none(value)
        if number is None or number < 1:
            raise self.error(column, f"{brief(value)} is no rank")
        return number

    def member(self, column: str, known: Mapping[str, int]) -> str:
        """A required cell whose value must be a known code."""
        value = self.required(column)
        if value not in known:
            raise self.error(column, f"unknown {column} {brief(value)}")
        return value


def header(source: Source, file: str, records: Iterator[tuple[int, list[str]]]) -> list[str]:
    """The trimmed names of the first record. Raises `BundleError` for an empty file or a column named twice."""
    first = next(records, None)
    if first is None:
        raise BundleError(file, "this file is empty", 1)
    names = [name.strip() for name in first[1]]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BundleError(file, "this column appears twice", first[0], name or "(no name)")
        seen.add(name)
    return names


def table(source: Source, file: str, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[TableRow]:
    """The rows of a table. Raises `BundleError` for unknown, missing or repeated columns and rows that are too long."""
    records = source.records(file)
    names = header(source, file, records)
    known = {*required, *optional}
    for name in names:
        if name not in known:
            raise BundleError(file, "unknown column", 1, name or "(no name)")
    for name in required:
        if name not in names:
            raise BundleError(file, "this column is missing", 1, name)
    for number, record in records:
        if len(record) > len(names):
            raise BundleError(file, f"{len(record)} cells for {len(names)} columns", number, f"{len(names) + 1}")
        cells = {name: cell.strip() for name, cell in zip(names, record, strict=False)}
        if any(cells.values()):
            yield TableRow(file, number, cells)


def row_numbers(source: Source, file: str) -> dict[str, int]:
    """The row of each code in a table that has been read, and under "" the row that would come next."""
    records = source.records(file)
    at = header(source, file, records).index("code")
    numbers = {record[at].strip(): number for number, record in records if len(record) > at}
    return numbers | {"": max(numbers.values(), default=1) + 1}


def by_code(rows: Iterator[TableRow], known: Mapping[str, int]) -> Iterator[tuple[str, TableRow]]:
    """Rows of a table keyed by department code: known departments, each at most once."""
    seen: dict[str, int] = {}
    for row in rows:
        code = row.member("code", known)
        if code in seen:
            raise row.error("code", f"{brief(code)} is already in row {seen[code]}")
        seen[code] = row.number
        yield code, row


def read_departments(source: Source, definition: ScoringDefinition) -> tuple[Department, ...]:
    """`departments.csv`: code, name, group."""
    groups = {group.code: position for position, group in enumerate(definition.groups)}
    seen: dict[str, int] = {}
    departments = []
    for row in table(source, "departments.csv", ("code", "name", "group")):
        code = row.required("code")
        if code in seen:
            raise row.error("code", f"{brief(code)} is already in row {seen[code]}")
        seen[code] = row.number
        departments.append(Department(code, row.text("name"), row.member("group", groups)))
    if not departments:
        raise BundleError("departments.csv", "there is no department", 2, "code")
    return tuple(departments)


def read_baselines(source: Source, known: Mapping[str, int]) -> dict[str, Baseline]:
    """`baseline.csv`, optional: last year's published figures."""
    file = "baseline.csv"
    if not source.has(file):
        return {}
    optional = ("group_rank", "overall_rank", "se_satisfaction", "se_dissatisfaction", "source")
    rows = table(source, file, ("code", "satisfaction", "dissatisfaction"), optional)
    result = {}
    for code, row in by_code(rows, known):
        satisfaction = row.decimal("satisfaction", ZERO, Decimal(100))
        dissatisfaction = row.decimal("dissatisfaction", ZERO, Decimal(100))
        if (satisfaction is None) != (dissatisfaction is None):
            empty = "satisfaction" if satisfaction is None else "dissatisfaction"
            raise row.error(empty, "only one of the two rates is given")
        origin = row.text("source")
        if origin not in (OWN, MERGED) and (origin or satisfaction is not None):
            raise row.error("source", f"{brief(origin)} is neither own nor merged")
        result[code] = Baseline(
            satisfaction=satisfaction,
            dissatisfaction=dissatisfaction,
            group_rank=row.rank("group_rank"),
            overall_rank=row.rank("overall_rank"),
            se_satisfaction=row.decimal("se_satisfaction", ZERO, Decimal(100)) or ZERO,
            se_dissatisfaction=row.decimal("se_dissatisfaction", ZERO, Decimal(100)) or ZERO,
            source=origin or OWN,
        )
    return result


def read_assessments(source: Source, known: Mapping[str, int]) -> dict[str, Decimal]:
    """`assessment.csv`, optional: scores from 0 to 100; an empty score is none."""
    file = "assessment.csv"
    if not source.has(file):
        return {}
    result = {}
    for code, row in by_code(table(source, file, ("code", "score")), known):
        score = row.decimal("score", ZERO, Decimal(100))
        if score is not None:
            result[code] = score
    return result


def read_adjustments(source: Source, known: Mapping[str, int]) -> dict[str, Adjustment]:
    """`adjustments.csv`, optional: bonus, deduction (both from 0), veto, problem."""
    file = "adjustments.csv"
    if not source.has(file):
        return {}
    rows = table(source, file, ("code",), ("bonus", "deduction", "veto", "problem"))
    return {
        code: Adjustment(
            bonus=row.decimal("bonus", ZERO, _MOST_POINTS) or ZERO,
            deduction=row.decimal("deduction", ZERO, _MOST_POINTS) or ZERO,
            veto=row.text("veto"),
            problem=row.text("problem"),
        )
        for code, row in by_code(rows, known)
    }


def read_errors(source: Source, known: Mapping[str, int]) -> dict[str, tuple[Decimal, Decimal]] | None:
    """`uncertainty.csv`, where it is: standard errors at 6 places; a row with an empty cell gives none."""
    file = "uncertainty.csv"
    if not source.has(file):
        return None
    result = {}
    for code, row in by_code(table(source, file, ("code", "se_satisfaction", "se_dissatisfaction")), known):
        errors = [row.decimal(column, ZERO, Decimal(100)) for column in ("se_satisfaction", "se_dissatisfaction")]
        if errors[0] is not None and errors[1] is not None:
            result[code] = (rounded(errors[0], SE_PLACES), rounded(errors[1], SE_PLACES))
    return result
