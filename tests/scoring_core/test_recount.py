"""A bundle counted again beside a run: equal is equal, and whatever was changed is named."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.core.basis import Basis
from scoring.core.bundle import Bundle, read_bundle
from scoring.core.bundle_write import Exclusion, bundle_bytes, write_bundle
from scoring.core.cube import CountCube
from scoring.core.differences import Difference
from scoring.core.model import Adjustment
from scoring.core.recount import StoredRun, differences, public_rows
from scoring.core.result_json import results_json
from tests.scoring_core.builders import golden

WITH_BALLOTS = ("three-step", "criteria-headroom", "banded-composite")


def basis_of(bundle: Bundle) -> Basis:
    return Basis(bundle.definition, bundle.departments, bundle.baselines, bundle.assessments, bundle.adjustments)


def stored(bundle: Bundle) -> StoredRun:
    """What a run keeps of a bundle's round, through JSON as the database does."""
    counts = bundle.counts()
    assert isinstance(counts, CountCube)
    rows = json.loads(json.dumps(results_json(bundle.score()), sort_keys=True))["departments"]
    basis = Basis.from_json(json.loads(json.dumps(basis_of(bundle).to_json(), sort_keys=True)))
    return StoredRun(basis, counts.cells(), rows, bundle.fingerprint())


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_what_a_run_keeps_is_all_of_it(name: str) -> None:
    bundle = read_bundle(golden(name))
    basis = basis_of(bundle)
    assert Basis.from_json(json.loads(json.dumps(basis.to_json()))) == basis
    assert bundle.ballots is not None
    assert basis.with_ballots(bundle.ballots).fingerprint() == bundle.fingerprint()


@pytest.mark.parametrize("name", WITH_BALLOTS)
@pytest.mark.parametrize("public", [False, True], ids=["audit", "public"])
def test_a_bundle_of_the_run_is_equal_to_it(name: str, public: bool, tmp_path: Path) -> None:
    bundle = read_bundle(golden(name))
    run = stored(bundle)
    target = tmp_path / "bundle.zip"
    target.write_bytes(bundle_bytes(run.public_bundle() if public else bundle, public=public))
    again = read_bundle(target)
    assert differences(again, run) == []
    if public:
        assert results_json(again.score())["departments"] == public_rows(run.departments)


def test_equal_bundles_are_equal_files() -> None:
    run = stored(read_bundle(golden("three-step")))
    assert bundle_bytes(run.public_bundle(), public=True) == bundle_bytes(run.public_bundle(), public=True)


def edited(folder: Path, file: str, change: Callable[[list[list[str]]], None]) -> Bundle:
    """The bundle read again after its table was changed."""
    path = folder / file
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return read_bundle(folder)


def by_figure(found: list[Difference], code: str) -> dict[str, tuple[object, object]]:
    return {row.figure: (row.first, row.second) for row in found if row.code == code}


def test_one_changed_ballot_is_named(tmp_path: Path) -> None:
    bundle = read_bundle(golden("three-step"))
    run = stored(bundle)
    write_bundle(tmp_path / "b", bundle, public=False)

    def change(rows: list[list[str]]) -> None:
        column = rows[0].index("D03")
        row = next(row for row in rows[1:] if row[0] == "npc" and row[column] == "A")
        row[column] = "C"

    found = differences(edited(tmp_path / "b", "ballots.csv", change), run)
    assert {row.code for row in found} >= {"", "D03"}
    assert "input_fingerprint" in by_figure(found, "")
    figures = by_figure(found, "D03")
    satisfied = [row for row in figures if row.startswith("count")]
    assert sorted(satisfied) == ["count overall npc A", "count overall npc C"]
    first, second = figures["count overall npc A"]
    assert (int(str(first)) - int(str(second))) == 1
    stored_rate, recounted = figures["satisfaction"]
    assert Decimal(str(stored_rate)) > Decimal(str(recounted))


def test_ballots_that_change_no_figure_are_still_not_the_same(tmp_path: Path) -> None:
    """Two ballots of one stratum swap their answers on one department: every count stays, the ballots do not."""
    bundle = read_bundle(golden("three-step"))
    run = stored(bundle)
    write_bundle(tmp_path / "b", bundle, public=False)

    def change(rows: list[list[str]]) -> None:
        column = rows[0].index("D03")
        ours = [row for row in rows[1:] if row[:2] == ["npc", "1"]]
        one = ours[0]
        two = next(row for row in ours if row[column] != one[column] and row[2:] != one[2:])
        one[column], two[column] = two[column], one[column]

    found = differences(edited(tmp_path / "b", "ballots.csv", change), run)
    assert [row.figure for row in found] == ["input_fingerprint"]


def test_one_changed_count_is_named(tmp_path: Path) -> None:
    run = stored(read_bundle(golden("criteria-headroom")))
    write_bundle(tmp_path / "b", run.public_bundle(), public=True)

    def change(rows: list[list[str]]) -> None:
        rows[1][4] = str(int(rows[1][4]) + 1)
        rows[1][5] = str(Decimal(rows[1][5]) + 1)

    department, item, stratum, choice = (
        (tmp_path / "b" / "counts.csv").read_text("utf-8-sig").split("\n")[1].split(",")[:4]
    )
    found = by_figure(differences(edited(tmp_path / "b", "counts.csv", change), run), department)
    first, second = found[f"count {item} {stratum} {choice}"]
    assert (first, second) == (first, int(str(first)) + 1)
    assert "satisfaction" in found


def test_changed_rules_and_tables_are_named(tmp_path: Path) -> None:
    bundle = read_bundle(golden("banded-composite"))
    run = stored(bundle)
    adjusted = {**bundle.adjustments, "D01": replace(bundle.adjustments["D01"], deduction=Decimal(1), veto="text")}
    changed = replace(
        bundle,
        adjustments=adjusted,
        assessments={**bundle.assessments, "D02": Decimal("92.33")},
        definition=replace(bundle.definition, min_valid=bundle.definition.min_valid + 1),
    )
    everywhere = by_figure(differences(changed, run), "")
    assert everywhere["round.min_valid"] == (bundle.definition.min_valid, bundle.definition.min_valid + 1)
    assert everywhere["assessments.D02"] == ("92.32", "92.33")
    assert everywhere["adjustments.D01"] == (["0.5", "0", False, False], ["0.5", "1", True, False])
    found = by_figure(differences(changed, run), "D01")
    assert found["deduction"] == ("0.0000", "1.0000")
    assert found["key_help"][1] == [*(found["key_help"][0] or []), "veto"]  # type: ignore[misc]


def test_the_public_bundle_keeps_the_texts_of_vetoes_and_problems_to_itself(tmp_path: Path) -> None:
    bundle = read_bundle(golden("banded-composite"))
    told = {"D01": Adjustment(veto="named person", problem=""), "D02": Adjustment(problem="another")}
    run = stored(replace(bundle, adjustments=told))
    write_bundle(tmp_path / "b", run.public_bundle(), public=True)
    assert (tmp_path / "b" / "adjustments.csv").read_text("utf-8-sig").splitlines() == [
        "code,bonus,deduction,veto,problem",
        "D01,0,0,recorded,",
        "D02,0,0,,recorded",
    ]
    assert differences(read_bundle(tmp_path / "b"), run) == []


def test_public_exclusions_have_no_weights(tmp_path: Path) -> None:
    rows = [
        Exclusion("npc", Decimal(1), 2, "=copies"),
        Exclusion("npc", Decimal("1.5"), 3, "=copies"),
        Exclusion("cppcc", Decimal(1), 1, "late"),
    ]
    run = stored(read_bundle(golden("three-step")))
    write_bundle(tmp_path / "b", run.public_bundle(), public=True, exclusions=rows)
    assert (tmp_path / "b" / "exclusions.csv").read_text("utf-8-sig").splitlines() == [
        "stratum,count,reason",
        "npc,5,'=copies",
        "cppcc,1,late",
    ]
    write_bundle(tmp_path / "none", run.public_bundle(), public=True)
    assert not (tmp_path / "none" / "exclusions.csv").exists()


def test_a_folder_that_fails_on_the_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = read_bundle(golden("three-step"))

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    for name in ("b", "b.zip"):
        with pytest.raises(Exception, match="No space left"):
            write_bundle(tmp_path / name, bundle, public=False)
    assert list(tmp_path.iterdir()) == []
