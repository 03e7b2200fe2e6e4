"""A round as a bundle that anyone can recount: a folder or a zip of `round.json` and CSV files.

The *audit bundle* holds `ballots.csv`, the *public bundle* `counts.csv` in its place, from which everything but the
uncertainty can be recomputed exactly.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.definition import DefinitionError, ScoringDefinition, parse_round
from evaluation.definition.reading import brief
from evaluation.definition.values import decimal_or_none, integer_or_none

from .ballots import Ballots
from .bundle_files import BundleError, Source
from .bundle_tables import (
    header,
    read_adjustments,
    read_assessments,
    read_baselines,
    read_departments,
    read_errors,
    row_numbers,
    table,
)
from .cube import CellCounts, CountCube
from .fingerprints import input_fingerprint
from .model import NONE, Adjustment, Baseline, Department, ScoringError, StandardErrors
from .result import Result
from .score import score

BALLOTS, COUNTS = "ballots.csv", "counts.csv"
ASSESSMENTS, ERRORS = "assessment.csv", "uncertainty.csv"
#: Entries of the largest count cube a bundle may ask for (8 bytes each).
MAX_CUBE = 1 << 26
#: Ballots of one cell of `counts.csv`, so that sums stay far inside 64 bits.
MAX_COUNT = 10**12


@dataclass(frozen=True)
class Bundle:
    """A round as read or to be written. Exactly one of `ballots` and `cells` is given."""

    definition: ScoringDefinition
    departments: tuple[Department, ...]
    ballots: Ballots | None = None
    cells: CellCounts | None = None
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    assessments: Mapping[str, Decimal] = field(default_factory=dict)
    adjustments: Mapping[str, Adjustment] = field(default_factory=dict)
    published_errors: StandardErrors | None = None
    #: Of the files that may lack a department's row: by file its rows by code, under "" the row that would come next.
    rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict, compare=False, repr=False)

    def score(self) -> Result:
        """Score the bundle. Raises `BundleError` when an assessment or a standard error is missing."""
        try:
            return score(
                self.definition,
                self.departments,
                self.counts(),
                baselines=self.baselines,
                assessments=self.assessments,
                adjustments=self.adjustments,
                published_errors=self.published_errors,
            )
        except ScoringError as error:
            raise self._named(error) from error

    def counts(self) -> CountCube | CellCounts:
        """The cube of the ballots, or the cells of a public bundle. Raises ValueError when there is neither."""
        if self.ballots is not None:
            return self.ballots.cube(self.definition, len(self.departments))
        if self.cells is None:
            raise ValueError("a bundle holds ballots or counts")
        return self.cells

    def fingerprint(self) -> str:
        """SHA-256 of all input. Raises ValueError for a public bundle, which has no ballots."""
        if self.ballots is None:
            raise ValueError("a public bundle has no ballots")
        return input_fingerprint(
            self.definition,
            self.departments,
            self.ballots,
            baselines=self.baselines,
            assessments=self.assessments,
            adjustments=self.adjustments,
        )

    def _named(self, error: ScoringError) -> BundleError:
        """The error with the file that could mend it, and the row: that of the department, else the next free one."""
        if error.code == "assessment_missing":
            file, column, message = ASSESSMENTS, "score", f"no score for {error.department}, which is ranked"
        elif error.code == "error_missing":
            file, column = ERRORS, "se_satisfaction"
            message = f"the dead band needs the standard errors of {error.department}"
        else:
            return BundleError(BALLOTS, str(error))
        rows = self.rows.get(file, {})
        return BundleError(file, message, rows.get(error.department, rows.get("")), column)


def read_bundle(path: str | Path) -> Bundle:
    """Read a folder or zip.

    Raises `BundleError`, one line naming file, row and column, for everything that is wrong with it: missing files,
    both or neither of ballots and counts, unknown columns, codes, choices, groups, strata and methods, duplicates,
    rows too long, weights of 0 or less, rates outside 0–100, shares that do not add up to 100, files that are not
    UTF-8, broken zips, files beyond the agreed size. A BOM is fine, cells are trimmed.
    """
    with Source(Path(path)) as source:
        definition = _read_round(source)
        departments = read_departments(source, definition)
        known = {department.code: position for position, department in enumerate(departments)}
        has_ballots, has_counts = source.has(BALLOTS), source.has(COUNTS)
        if has_ballots and has_counts:
            raise BundleError(COUNTS, f"the bundle holds both {BALLOTS} and {COUNTS}")
        if not has_ballots and not has_counts:
            raise BundleError(BALLOTS, f"the bundle holds neither {BALLOTS} nor {COUNTS}")
        bundle = Bundle(
            definition=definition,
            departments=departments,
            ballots=_read_ballots(source, definition, departments) if has_ballots else None,
            cells=_read_counts(source, definition, known) if has_counts else None,
            baselines=read_baselines(source, known),
            assessments=read_assessments(source, known),
            adjustments=read_adjustments(source, known),
            published_errors=read_errors(source, known),
            rows={file: row_numbers(source, file) for file in (ASSESSMENTS, ERRORS) if source.has(file)},
        )
    rule = definition.year_over_year
    comparable = any(baseline.kind != NONE for baseline in bundle.baselines.values())
    if has_counts and rule.deadband and rule.method != "none" and comparable and bundle.published_errors is None:
        raise BundleError(ERRORS, "this file is missing; a dead band on counts needs it")
    return bundle


def _read_round(source: Source) -> ScoringDefinition:
    """`round.json`, strictly: exact decimals, no key twice, nothing unknown."""
    file = "round.json"

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in pairs:
            if key in result:
                raise DefinitionError(key, "This key appears twice.")
            result[key] = value
        return result

    def refuse(constant: str) -> None:
        raise DefinitionError("", f"{constant} is no number.")

    text = source.text(file)
    try:
        return parse_round(json.loads(text, object_pairs_hook=once, parse_float=Decimal, parse_constant=refuse))
    except json.JSONDecodeError as error:
        raise BundleError(file, f"not JSON ({error.msg})", error.lineno, str(error.colno)) from error
    except DefinitionError as error:
        raise BundleError(file, error.message, column=error.where) from error
    except (RecursionError, ValueError, ArithmeticError) as error:
        raise BundleError(file, f"not readable as JSON ({type(error).__name__})") from error


def _ballot_columns(definition: ScoringDefinition, departments: tuple[Department, ...], names: list[str]) -> list[int]:
    """For every department × item in the frozen order its column. With one item a column is named by the department."""
    expected: dict[str, int] = {}
    single = len(definition.items) == 1
    for d, department in enumerate(departments):
        for q, item in enumerate(definition.items):
            expected[f"{department.code}:{item.code}"] = d * len(definition.items) + q
            if single:
                expected[department.code] = d
    found = [-1] * (len(departments) * len(definition.items))
    for position, name in enumerate(names):
        if name in ("stratum", "weight"):
            continue
        if name not in expected:
            raise BundleError(BALLOTS, "unknown column: no such department or item", 1, name or "(no name)")
        if found[expected[name]] != -1:
            raise BundleError(BALLOTS, "this department has two columns", 1, name)
        found[expected[name]] = position
    for target, position in enumerate(found):
        if position == -1:
            d, q = divmod(target, len(definition.items))
            name = departments[d].code if single else f"{departments[d].code}:{definition.items[q].code}"
            raise BundleError(BALLOTS, "this column is missing", 1, name)
    return found


def _read_ballots(source: Source, definition: ScoringDefinition, departments: tuple[Department, ...]) -> Ballots:
    """`ballots.csv`: stratum, weight, then the answers; every distinct weight is a weight class."""
    records = source.records(BALLOTS)
    names = header(source, BALLOTS, records)
    for name in ("stratum", "weight"):
        if name not in names:
            raise BundleError(BALLOTS, "this column is missing", 1, name)
    at_stratum, at_weight = names.index("stratum"), names.index("weight")
    columns = _ballot_columns(definition, departments, names)
    pick = itemgetter(*columns) if len(columns) > 1 else lambda row, at=columns[0]: (row[at],)
    strata = {stratum.code: position for position, stratum in enumerate(definition.strata)}
    answer_of = {"": 0} | {choice.code: number for number, choice in enumerate(definition.scale, start=1)}
    weights: dict[str, int] = {}
    classes: dict[Decimal, int] = {}
    packed: dict[tuple[int, int], bytearray] = {}
    cell_size = len(columns) * len(definition.strata) * (len(definition.scale) + 1)
    for number, row in records:
        if len(row) > len(names):
            raise BundleError(BALLOTS, f"{len(row)} cells for {len(names)} columns", number, str(len(names) + 1))
        row += [""] * (len(names) - len(row))
        stratum = strata.get(row[at_stratum].strip())
        if stratum is None:
            if not any(cell.strip() for cell in row):
                continue
            raise BundleError(BALLOTS, f"unknown stratum {brief(row[at_stratum].strip())}", number, "stratum")
        text = row[at_weight].strip()
        if text not in weights:
            weights[text] = classes.setdefault(_weight(text, number), len(classes))
            if len(classes) * cell_size > MAX_CUBE:
                raise BundleError(BALLOTS, f"more than {len(classes) - 1} different weights", number, "weight")
        try:
            answers = bytes(map(answer_of.__getitem__, pick(row)))
        except KeyError:
            answers = bytes(_answer(row[at], names[at], answer_of, number) for at in columns)
        packed.setdefault((stratum, weights[text]), bytearray()).extend(answers)
    return Ballots(packed, tuple(classes))


def _weight(text: str, number: int) -> Decimal:
    weight = decimal_or_none(text)
    if weight is None:
        raise BundleError(BALLOTS, f"{brief(text)} is no weight", number, "weight")
    if weight <= 0:
        raise BundleError(BALLOTS, f"the weight {brief(text)} is not above 0", number, "weight")
    return weight


def _answer(cell: str, column: str, answer_of: Mapping[str, int], number: int) -> int:
    """One cell that needs trimming, or is wrong."""
    answer = answer_of.get(cell.strip())
    if answer is None:
        raise BundleError(BALLOTS, f"unknown choice {brief(cell.strip())}", number, column)
    return answer


def _read_counts(source: Source, definition: ScoringDefinition, departments: Mapping[str, int]) -> CellCounts:
    """`counts.csv`: how many ballots of a stratum gave a department an answer on an item, and their weights' sum."""
    items = {item.code: position for position, item in enumerate(definition.items)}
    strata = {stratum.code: position for position, stratum in enumerate(definition.strata)}
    choices = {choice.code: position for position, choice in enumerate(definition.scale)}
    shape = (len(departments), len(items), len(strata), len(choices))
    if math.prod(shape) > MAX_CUBE:
        raise BundleError(COUNTS, "too many departments, items, strata and choices")
    counts = np.zeros(shape, dtype=np.int64)
    sums: dict[tuple[int, int, int, int], Fraction] = {}
    for row in table(source, COUNTS, ("department", "item", "stratum", "choice", "count", "weight_sum")):
        key = (
            departments[row.member("department", departments)],
            items[row.member("item", items)],
            strata[row.member("stratum", strata)],
            choices[row.member("choice", choices)],
        )
        if key in sums:
            raise row.error("choice", "this department, item, stratum and choice appear twice")
        count = integer_or_none(row.required("count"))
        if count is None or not 0 <= count <= MAX_COUNT:
            raise row.error("count", f"{brief(row.text('count'))} is no count")
        weight_sum = decimal_or_none(row.required("weight_sum"))
        if weight_sum is None:
            raise row.error("weight_sum", f"{brief(row.text('weight_sum'))} is no decimal number")
        if weight_sum < 0 or (weight_sum > 0) != (count > 0):
            raise row.error("weight_sum", f"{brief(row.text('weight_sum'))} cannot be the weight of {count} ballots")
        counts[key] = count
        sums[key] = Fraction(weight_sum)
    denominator = math.lcm(1, *{value.denominator for value in sums.values()})
    weighted = np.zeros(shape, dtype=object)
    for place, total in sums.items():
        weighted[place] = int(total * denominator)
    return CellCounts(counts, weighted, denominator)
