"""Write a bundle, whole or not at all.

The audit bundle has the ballots in canonical order (by stratum, weight and answers, so that the order tells nothing);
the public bundle has counts by department, item, stratum and choice, without the cells that do not enter the score.
"""

import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

from evaluation.definition.values import plain

from .bundle import Bundle
from .bundle_files import BundleError
from .cube import CellCounts, CountCube
from .figures import as_text
from .result import Result

#: What a spreadsheet would take for a formula at the beginning of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: One time for all files of a zip, so that equal bundles are equal files.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)

Record = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Ballots left out by a decision, for the reader: scoring ignores it."""

    stratum: str
    weight: Decimal
    count: int
    reason: str


def write_bundle(
    target: Path,
    bundle: Bundle,
    *,
    public: bool,
    result: Result | None = None,
    exclusions: Iterable[Exclusion] = (),
) -> None:
    """Write the audit bundle, or with `public` the public one, to `target`: a zip if it ends in `.zip`, else a folder.

    `result` is needed for a public bundle with a dead band (its standard errors are published then). Raises
    `BundleError` when the target is in the way or cannot be written, ValueError when the bundle lacks what is asked.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise BundleError(str(target), "is already there")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            staged = Path(folder) / "bundle"
            staged.mkdir()
            for name, records in _tables(bundle, public=public, result=result, exclusions=list(exclusions)):
                _write_csv(staged / name, records)
            text = json.dumps(bundle.definition.to_round_json(), ensure_ascii=False, indent=1)
            (staged / "round.json").write_text(text + "\n", encoding="utf-8")
            if target.suffix == ".zip":
                packed = Path(folder) / "bundle.zip"
                _zip(staged, packed)
                packed.replace(target)
            else:
                if target.is_dir():
                    target.rmdir()
                shutil.copytree(staged, target)
    except OSError as error:
        raise BundleError(str(target), f"cannot be written ({error.strerror or error})") from error


def _tables(
    bundle: Bundle, *, public: bool, result: Result | None, exclusions: Sequence[Exclusion]
) -> Iterator[tuple[str, Iterable[Record]]]:
    """The CSV files with their records, header first."""
    departments = [(row.code, _tame(row.name), row.group) for row in bundle.departments]
    yield "departments.csv", [("code", "name", "group"), *departments]
    if public:
        yield "counts.csv", _counts(bundle)
        if bundle.definition.year_over_year.deadband:
            yield "uncertainty.csv", _errors(result)
    else:
        yield "ballots.csv", _ballots(bundle)
    codes = [row.code for row in bundle.departments]
    if bundle.baselines:
        yield "baseline.csv", _baselines(bundle, codes)
    if bundle.assessments:
        scores = [(code, plain(bundle.assessments[code])) for code in codes if code in bundle.assessments]
        yield "assessment.csv", [("code", "score"), *scores]
    if bundle.adjustments:
        yield "adjustments.csv", _adjustments(bundle, codes)
    if exclusions:
        rows = [(row.stratum, plain(row.weight), row.count, _tame(row.reason)) for row in exclusions]
        yield "exclusions.csv", [("stratum", "weight", "count", "reason"), *rows]


def _ballots(bundle: Bundle) -> Iterator[Record]:
    """The ballots: strata in the order of the round, then by weight, then by answers."""
    if bundle.ballots is None:
        raise ValueError("this bundle has no ballots")
    definition, items = bundle.definition, bundle.definition.items
    names = [row.code if len(items) == 1 else f"{row.code}:{item.code}" for row in bundle.departments for item in items]
    yield ("stratum", "weight", *names)
    choices = ["", *(choice.code for choice in definition.scale)]
    frozen_order = np.arange(len(names))
    for position, stratum in enumerate(definition.strata):
        for weight, answers in bundle.ballots.canonical(position, frozen_order):
            head = (stratum.code, plain(weight))
            for row in answers:
                yield (*head, *(choices[answer] for answer in row.tolist()))


def public_cells(bundle: Bundle) -> CellCounts:
    """The counts a public bundle holds: without cells below `min_valid` or of strata that do not judge the group."""
    counts = bundle.counts()
    cells = counts.cells() if isinstance(counts, CountCube) else counts
    definition = bundle.definition
    valid = [position for position, choice in enumerate(definition.scale) if choice.is_valid]
    keep = cells.counts[..., valid].sum(axis=3) >= definition.min_valid
    for at, department in enumerate(bundle.departments):
        group = definition.group(department.group)
        for position, stratum in enumerate(definition.strata):
            if group.weight(stratum.code) <= 0:
                keep[at, :, position] = False
    return CellCounts(cells.counts * keep[..., None], cells.weighted * keep[..., None], cells.denominator)


def _counts(bundle: Bundle) -> Iterator[Record]:
    """The public counts; zero rows are left out."""
    yield ("department", "item", "stratum", "choice", "count", "weight_sum")
    cells = public_cells(bundle)
    definition = bundle.definition
    for d, q, s, c in np.argwhere(cells.counts > 0).tolist():
        yield (
            bundle.departments[d].code,
            definition.items[q].code,
            definition.strata[s].code,
            definition.scale[c].code,
            int(cells.counts[d, q, s, c]),
            _terminating(Fraction(int(cells.weighted[d, q, s, c]), cells.denominator)),
        )


def _terminating(value: Fraction) -> str:
    """A sum of decimal weights, exactly: its denominator divides a power of ten."""
    places = 0
    while 10**places % value.denominator:
        places += 1
    units = value.numerator * (10**places // value.denominator)
    return plain(Decimal((0, tuple(int(digit) for digit in str(units)), -places)))


def _errors(result: Result | None) -> Iterator[Record]:
    if result is None:
        raise ValueError("a public bundle with a dead band needs the result's standard errors")
    yield ("code", "se_satisfaction", "se_dissatisfaction")
    for row in result.departments:
        if row.ranked:
            yield (row.code, as_text(row.se_satisfaction) or "", as_text(row.se_dissatisfaction) or "")


def _baselines(bundle: Bundle, codes: Sequence[str]) -> Iterator[Record]:
    yield (
        "code",
        "satisfaction",
        "dissatisfaction",
        "group_rank",
        "overall_rank",
        "se_satisfaction",
        "se_dissatisfaction",
        "source",
    )
    for code in codes:
        if code not in bundle.baselines:
            continue
        row = bundle.baselines[code]
        yield (
            code,
            "" if row.satisfaction is None else plain(row.satisfaction),
            "" if row.dissatisfaction is None else plain(row.dissatisfaction),
            "" if row.group_rank is None else row.group_rank,
            "" if row.overall_rank is None else row.overall_rank,
            plain(row.se_satisfaction),
            plain(row.se_dissatisfaction),
            row.source,
        )


def _adjustments(bundle: Bundle, codes: Sequence[str]) -> Iterator[Record]:
    yield ("code", "bonus", "deduction", "veto", "problem")
    for code in codes:
        if code in bundle.adjustments:
            row = bundle.adjustments[code]
            yield (code, plain(row.bonus), plain(row.deduction), _tame(row.veto), _tame(row.problem))


def _tame(text: str) -> str:
    """Free text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_csv(path: Path, records: Iterable[Record]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(records)


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            info = zipfile.ZipInfo(path.name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as member, path.open("rb") as stream:
                shutil.copyfileobj(stream, member, io.DEFAULT_BUFFER_SIZE * 16)
