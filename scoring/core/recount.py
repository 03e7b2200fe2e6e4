"""A bundle counted again beside a run: every difference, from the rules to the published figures."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from .basis import Basis
from .bootstrap import REPLICATES, rank_uncertainty
from .bundle import Bundle
from .bundle_write import public_cells
from .cube import CellCounts
from .differences import FIGURES, Difference, Row, compared
from .figures import as_text
from .fingerprints import canonical_head
from .model import StandardErrors
from .result import Result
from .result_json import results_json

#: What a public bundle cannot give.
UNCERTAINTY = ("se_satisfaction", "se_dissatisfaction", "rank_interval")
#: Standard errors are floating-point numbers: the last published place may differ between machines.
SE_TOLERANCE = Decimal("0.000001")


@dataclass(frozen=True)
class StoredRun:
    """What is kept of a run: what it was computed from, its counts, its `results.json` and input fingerprint."""

    basis: Basis
    cells: CellCounts
    departments: Sequence[Row]
    input_fingerprint: str

    def errors(self) -> StandardErrors:
        """The published standard errors of the departments that have them."""
        return {
            row["code"]: (Decimal(row["se_satisfaction"]), Decimal(row["se_dissatisfaction"]))
            for row in self.departments
            if row["se_satisfaction"] is not None
        }

    def public_bundle(self) -> Bundle:
        """The public bundle of this run: counts by department, criterion, stratum and choice."""
        bundle = self.basis.with_cells(replace(self.cells, returned=None), self.errors())
        return replace(bundle, cells=public_cells(bundle))


def public_rows(departments: Sequence[Row]) -> list[dict[str, Any]]:
    """What `results.json` says when it is recounted from the public bundle: the same without the uncertainty."""
    return [{**row, **dict.fromkeys(UNCERTAINTY)} for row in departments]


def rank_intervals(bundle: Bundle, result: Result, fingerprint: str, replicates: int) -> dict[str, tuple[int, int]]:
    """Rank intervals by department code; the seed is the SHA-256 of the input fingerprint.

    Raises ValueError for a public bundle.
    """
    if bundle.ballots is None:
        raise ValueError("a public bundle has no ballots")
    return rank_uncertainty(
        bundle.definition,
        bundle.departments,
        bundle.ballots,
        result,
        seed=hashlib.sha256(fingerprint.encode()).hexdigest(),
        baselines=bundle.baselines,
        assessments=bundle.assessments,
        adjustments=bundle.adjustments,
        replicates=replicates,
    ).intervals()


def differences(bundle: Bundle, stored: StoredRun, *, intervals: bool = False) -> list[Difference]:
    """Count the bundle again and name all that is not as in the run: `first` is stored, `second` recounted.

    Rules, departments, baselines, assessment and adjustments; the counts that the public may see; the figures and
    outcomes; of an audit bundle the input fingerprint, the standard errors (to 1e-6) and, if asked for, the rank
    intervals. `code` is the department, or "" for what concerns all. Raises `BundleError` for a bundle that cannot
    be scored.
    """
    result = bundle.score()
    found = list(_heads(stored.basis, bundle))
    found += _counts(stored.public_bundle(), bundle)
    left_out = {"rank_interval"}
    ranges: Mapping[str, tuple[int, int]] = {}
    if bundle.ballots is None:
        left_out |= set(UNCERTAINTY)
        found += _published_errors(stored, bundle)
    else:
        fingerprint = bundle.fingerprint()
        if fingerprint != stored.input_fingerprint:
            found.append(Difference("", "input_fingerprint", stored.input_fingerprint, fingerprint))
        if intervals:
            left_out.clear()
            ranges = rank_intervals(bundle, result, fingerprint, REPLICATES)
    figures = tuple(figure for figure in FIGURES if figure not in left_out)
    comparison = compared(stored.departments, results_json(result, ranges)["departments"], figures)
    found += [row for row in comparison.differences if not _is_rounding(row)]
    return found + list(comparison.outcomes)


def _is_rounding(row: Difference) -> bool:
    """Whether two standard errors are the same as far as floating-point numbers go."""
    return row.figure in UNCERTAINTY and row.change is not None and abs(row.change) <= SE_TOLERANCE


def _heads(basis: Basis, bundle: Bundle) -> Iterator[Difference]:
    """What differs before anything is counted, each value by its path."""
    first, second = (
        canonical_head(
            given.definition,
            given.departments,
            given.baselines,
            given.assessments,
            given.adjustments,
        )
        for given in (basis, bundle)
    )
    before, after = dict(_leaves(first)), dict(_leaves(second))
    for path in [*before, *(path for path in after if path not in before)]:
        if before.get(path) != after.get(path):
            yield Difference("", path, before.get(path), after.get(path))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested data by its path; entries of lists of coded things by their code."""
    entries: Iterator[tuple[Any, Any]]
    if isinstance(value, dict):
        entries = iter(value.items())
    elif isinstance(value, list) and value and isinstance(value[0], dict) and "code" in value[0]:
        entries = ((row["code"], row) for row in value)
    elif path == "departments":
        entries = iter(value)  # pairs of code and group
    else:
        yield path, value
        return
    for key, entry in entries:
        yield from _leaves(entry, f"{path}.{key}" if path else str(key))


def _counts(stored: Bundle, bundle: Bundle) -> Iterator[Difference]:
    """Cells whose answers or weights differ, as far as the public bundle holds them."""
    before, after = _cells(stored), _cells(bundle)
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place, (0, Fraction(0))), after.get(place, (0, Fraction(0)))
        if was[0] != now[0]:
            yield Difference(place[0], "count " + " ".join(place[1:]), was[0], now[0])
        elif was[1] != now[1]:
            yield Difference(place[0], "weight_sum " + " ".join(place[1:]), str(was[1]), str(now[1]))


def _cells(bundle: Bundle) -> dict[tuple[str, str, str, str], tuple[int, Fraction]]:
    """(department, item, stratum, choice) → (answers, their weight)."""
    cells, definition = public_cells(bundle), bundle.definition
    return {
        (
            bundle.departments[d].code,
            definition.items[q].code,
            definition.strata[s].code,
            definition.scale[c].code,
        ): (int(cells.counts[d, q, s, c]), Fraction(int(cells.weighted[d, q, s, c]), cells.denominator))
        for d, q, s, c in np.argwhere(cells.counts > 0).tolist()
    }


def _published_errors(stored: StoredRun, bundle: Bundle) -> Iterator[Difference]:
    """`uncertainty.csv`, where the bundle has it, against the run's standard errors."""
    if bundle.published_errors is None:
        return
    before = stored.errors()
    for code in [*before, *(code for code in bundle.published_errors if code not in before)]:
        was, now = before.get(code), bundle.published_errors.get(code)
        for at, figure in enumerate(UNCERTAINTY[:2]):
            first, second = (None if pair is None else pair[at] for pair in (was, now))
            if first != second:
                yield Difference(code, figure, as_text(first), as_text(second))
