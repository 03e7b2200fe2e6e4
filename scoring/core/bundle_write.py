"""Write a bundle, whole or not at all.

The audit bundle has the ballots in canonical order (by stratum, weight and answers, so that the order tells nothing);
the public bundle has counts by department, item, stratum and choice, without the cells that do not enter the score.
"""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from pathlib import Path
from typing import IO

import numpy as np

from evaluation.definition.values import plain

from .ballots import Ballots
from .bundle import Bundle
from .bundle_files import BundleError
from .cube import CellCounts, CountCube
from .result import Result

#: What a spreadsheet would take for a formula at the beginning of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: One time for all files of a zip, so that equal bundles are equal files.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
#: What a public bundle says in place of the text of a veto or a problem.
RECORDED = "recorded"

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

    A public bundle with a dead band publishes standard errors: those of `result`, else the bundle's own. What appears
    at `target` is whole, by one rename. Raises `BundleError` when the target is in the way or cannot be written,
    ValueError when the bundle lacks what is asked.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise BundleError(str(target), "is already there")
    files = _files(bundle, public=public, result=result, exclusions=list(exclusions))
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            staged = Path(folder) / target.name
            if target.suffix == ".zip":
                with staged.open("wb") as stream:
                    _zip(files, stream)
            else:
                staged.mkdir()
                for name, records in files:
                    with (staged / name).open("wb") as stream:
                        _write(records, stream)
            if target.is_dir():
                target.rmdir()
            staged.replace(target)
    except OSError as error:
        raise BundleError(str(target), f"cannot be written ({error.strerror or error})") from error


def bundle_bytes(
    bundle: Bundle, *, public: bool, result: Result | None = None, exclusions: Iterable[Exclusion] = ()
) -> bytes:
    """The same as a zip in memory: nothing of it ever lies on a disk. Equal bundles give equal bytes."""
    stream = io.BytesIO()
    _zip(_files(bundle, public=public, result=result, exclusions=list(exclusions)), stream)
    return stream.getvalue()


#: The records of a CSV file, or the text of a JSON one.
Content = Iterable[Record] | str


def _files(
    bundle: Bundle, *, public: bool, result: Result | None, exclusions: Sequence[Exclusion]
) -> list[tuple[str, Content]]:
    """The files with their content, CSV files header first. Raises ValueError when the bundle lacks what is asked."""
    departments = [(row.code, _tame(row.name), row.group) for row in bundle.departments]
    round_json = json.dumps(bundle.definition.to_round_json(), ensure_ascii=False, indent=1) + "\n"
    files: list[tuple[str, Content]] = [
        ("round.json", round_json),
        ("departments.csv", [("code", "name", "group"), *departments]),
    ]
    if public:
        files.append(("counts.csv", _counts(bundle)))
        if bundle.definition.year_over_year.deadband:
            files.append(("uncertainty.csv", list(_errors(bundle, result))))
    elif bundle.ballots is None:
        raise ValueError("this bundle has no ballots")
    else:
        files.append(("ballots.csv", _ballots(bundle, bundle.ballots)))
    codes = [row.code for row in bundle.departments]
    if bundle.baselines:
        files.append(("baseline.csv", _baselines(bundle, codes)))
    if bundle.assessments:
        scores = [(code, plain(bundle.assessments[code])) for code in codes if code in bundle.assessments]
        files.append(("assessment.csv", [("code", "score"), *scores]))
    if bundle.adjustments:
        files.append(("adjustments.csv", _adjustments(bundle, codes, public=public)))
    if exclusions:
        files.append(("exclusions.csv", _exclusions(exclusions, public=public)))
    return files


def _ballots(bundle: Bundle, ballots: Ballots) -> Iterator[Record]:
    """The ballots: strata in the order of the round, then by weight, then by answers."""
    definition, items = bundle.definition, bundle.definition.items
    names = [row.code if len(items) == 1 else f"{row.code}:{item.code}" for row in bundle.departments for item in items]
    yield ("stratum", "weight", *names)
    choices = ["", *(choice.code for choice in definition.scale)]
    frozen_order = np.arange(len(names))
    for position, stratum in enumerate(definition.strata):
        for weight, answers in ballots.canonical(position, frozen_order):
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


def _errors(bundle: Bundle, result: Result | None) -> Iterator[Record]:
    """Standard errors of the ranked departments, of the result, else those the bundle was given."""
    errors = bundle.published_errors
    if result is not None:
        errors = {
            row.code: (row.se_satisfaction, row.se_dissatisfaction)
            for row in result.departments
            if row.se_satisfaction is not None and row.se_dissatisfaction is not None
        }
    if errors is None:
        raise ValueError("a public bundle with a dead band needs the result's standard errors")
    yield ("code", "se_satisfaction", "se_dissatisfaction")
    for department in bundle.departments:
        if department.code in errors:
            satisfied, dissatisfied = errors[department.code]
            yield (department.code, format(satisfied, "f"), format(dissatisfied, "f"))


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


def _adjustments(bundle: Bundle, codes: Sequence[str], *, public: bool) -> Iterator[Record]:
    """Bonus, deduction, veto and problem. In public the texts, which may name people, are not for everybody."""

    def said(text: str) -> str:
        return RECORDED if public and text else _tame(text)

    yield ("code", "bonus", "deduction", "veto", "problem")
    for code in codes:
        if code in bundle.adjustments:
            row = bundle.adjustments[code]
            yield (code, plain(row.bonus), plain(row.deduction), said(row.veto), said(row.problem))


def _exclusions(rows: Sequence[Exclusion], *, public: bool) -> Iterator[Record]:
    """What was left out and why. In public without weight classes: one row per stratum and reason."""
    if not public:
        yield ("stratum", "weight", "count", "reason")
        yield from ((row.stratum, plain(row.weight), row.count, _tame(row.reason)) for row in rows)
        return
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        counts[row.stratum, row.reason] = counts.get((row.stratum, row.reason), 0) + row.count
    yield ("stratum", "count", "reason")
    yield from ((stratum, count, _tame(reason)) for (stratum, reason), count in counts.items())


def _tame(text: str) -> str:
    """Free text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write(content: Content, stream: IO[bytes]) -> None:
    """UTF-8; a CSV file with the mark that tells spreadsheets so."""
    text = io.TextIOWrapper(stream, "utf-8" if isinstance(content, str) else "utf-8-sig", newline="")
    if isinstance(content, str):
        text.write(content)
    else:
        csv.writer(text, lineterminator="\n").writerows(content)
    text.flush()
    text.detach()


def _zip(files: Iterable[tuple[str, Content]], stream: IO[bytes]) -> None:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files, key=itemgetter(0)):
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as member:
                _write(content, member)
