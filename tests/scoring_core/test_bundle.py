"""Reading and writing bundles that are in order."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from evaluation.definition import YearOverYear
from scoring.__main__ import main
from scoring.core.bundle import Bundle, read_bundle
from scoring.core.bundle_files import BundleError
from scoring.core.bundle_write import Exclusion, write_bundle
from scoring.core.model import Adjustment, Baseline, Department
from scoring.core.result_json import full_json, results_json
from tests.scoring_core.builders import ballots, definition, golden, random_ballots, times

PUBLIC_KEYS = ("se_satisfaction", "se_dissatisfaction", "rank_interval")


def figures(bundle: Bundle, *, public: bool = False) -> list[dict[str, object]]:
    rows = results_json(bundle.score())["departments"]
    return [{key: value for key, value in row.items() if not (public and key in PUBLIC_KEYS)} for row in rows]


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


@pytest.mark.parametrize("name", ["three-step", "criteria-headroom", "banded-composite"])
@pytest.mark.parametrize("suffix", ["", ".zip"])
def test_an_audit_bundle_read_and_written_again_scores_the_same(name: str, suffix: str, tmp_path: Path) -> None:
    bundle = read_bundle(golden(name))
    target = tmp_path / f"again{suffix}"
    write_bundle(target, bundle, public=False, exclusions=[Exclusion("npc", Decimal(1), 2, "=late")])
    again = read_bundle(target)
    assert figures(again) == figures(bundle)
    assert again.fingerprint() == bundle.fingerprint()


@pytest.mark.parametrize("name", ["three-step", "criteria-headroom", "banded-composite"])
def test_a_public_bundle_recounts_everything_but_the_uncertainty(name: str, tmp_path: Path) -> None:
    bundle = read_bundle(golden(name))
    write_bundle(tmp_path / "public", bundle, public=True)
    assert figures(read_bundle(tmp_path / "public"), public=True) == figures(bundle, public=True)
    assert not (tmp_path / "public" / "ballots.csv").exists()


def test_a_public_bundle_holds_neither_small_cells_nor_weight_classes(tmp_path: Path) -> None:
    bundle = read_bundle(golden("criteria-headroom"))
    write_bundle(tmp_path / "public", bundle, public=True)
    header, *rows = read_csv(tmp_path / "public" / "counts.csv")
    assert header == ["department", "item", "stratum", "choice", "count", "weight_sum"]
    valid: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row[3] != "0":  # 不了解 is no valid answer
            valid[tuple(row[:3])] = valid.get(tuple(row[:3]), 0) + int(row[4])
    assert min(valid.values()) >= bundle.definition.min_valid
    assert not any(row[0] == "D01" and row[2] == "enterprises" for row in rows)  # weighs 0 in its group


def test_the_order_of_a_written_audit_bundle_tells_nothing(tmp_path: Path) -> None:
    rules = definition({"g": {"s1": "40", "s2": "60"}})
    first = random_ballots(rules, 2, size=20, seed=1, weights=("1.50", "1"))
    width = 2
    packed = {
        key: b"".join(data[at : at + width] for at in reversed(range(0, len(data), width)))
        for key, data in reversed(first.packed.items())
    }
    judged = (Department("D01", "一", "g"), Department("D02", "二", "g"))
    for name, given in (("a", first), ("b", type(first)(packed, first.class_weights))):
        write_bundle(tmp_path / name, Bundle(rules, judged, ballots=given), public=False)
    assert (tmp_path / "a" / "ballots.csv").read_bytes() == (tmp_path / "b" / "ballots.csv").read_bytes()
    rows = read_csv(tmp_path / "a" / "ballots.csv")[1:]
    assert [row[:2] for row in rows] == [["s1", "1"]] * 10 + [["s1", "1.5"]] * 10 + [["s2", "1"]] * 10 + [
        ["s2", "1.5"]
    ] * 10


def deadband_bundle() -> Bundle:
    how = YearOverYear(method="linear", satisfied=Decimal(1), dissatisfied=Decimal(1), deadband=True)
    rules = definition({"g": {"s": 100}}, year_over_year=how)
    given = ballots(rules, [*times(6, "s", "1", "AC"), *times(6, "s", "1", "BA")])  # type: ignore[list-item]
    baselines = {"D01": Baseline(Decimal(10), Decimal(0)), "D02": Baseline(Decimal(45), Decimal(0))}
    judged = (Department("D01", "一", "g"), Department("D02", "二", "g"))
    return Bundle(rules, judged, ballots=given, baselines=baselines, adjustments={"D01": Adjustment(veto="@veto")})


def test_a_public_bundle_with_a_dead_band_carries_the_standard_errors(tmp_path: Path) -> None:
    bundle = deadband_bundle()
    with pytest.raises(ValueError, match="standard errors"):
        write_bundle(tmp_path / "none", bundle, public=True)
    assert not (tmp_path / "none").exists()
    write_bundle(tmp_path / "public", bundle, public=True, result=bundle.score())
    again = read_bundle(tmp_path / "public")
    assert figures(again, public=True) == figures(bundle, public=True)
    assert all(row.se_satisfaction is None for row in again.score().departments)
    # without the file, or without a department's row, it cannot be scored
    errors = tmp_path / "public" / "uncertainty.csv"
    text = errors.read_text(encoding="utf-8")
    errors.write_text("\n".join(line for line in text.splitlines() if "D02" not in line), encoding="utf-8")
    with pytest.raises(BundleError, match=r"uncertainty\.csv.*D02"):
        read_bundle(tmp_path / "public").score()
    errors.unlink()
    with pytest.raises(BundleError, match=r"uncertainty\.csv: this file is missing"):
        read_bundle(tmp_path / "public")


def test_free_text_is_never_a_formula(tmp_path: Path) -> None:
    bundle = deadband_bundle()
    write_bundle(tmp_path / "b", bundle, public=False)
    assert read_csv(tmp_path / "b" / "adjustments.csv")[1][3] == "'@veto"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("kept")
    with pytest.raises(BundleError, match="already there"):
        write_bundle(tmp_path / "full", deadband_bundle(), public=False)
    with pytest.raises(BundleError, match="cannot be written"):
        write_bundle(tmp_path / "absent" / "b", deadband_bundle(), public=False)
    (tmp_path / "empty").mkdir()
    write_bundle(tmp_path / "empty", deadband_bundle(), public=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]


def lenient(tmp_path: Path) -> Path:
    """three-step with everything a bundle may do: BOM, stray space, CRLF, columns in another order, blank lines."""
    folder = tmp_path / "lenient"
    folder.mkdir()
    for path in golden("three-step").iterdir():
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            records = list(csv.reader(text.splitlines()))
            turned = [list(reversed(record)) for record in records]
            text = "\r\n\r\n".join(", ".join(f" {cell}\t" if cell else cell for cell in record) for record in turned)
        (folder / path.name).write_text("\ufeff" + text, encoding="utf-8", newline="")
    return folder


def test_bom_spaces_line_ends_column_order_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    assert figures(read_bundle(lenient(tmp_path))) == figures(read_bundle(golden("three-step")))


def test_one_item_may_be_named_in_the_columns(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    write_bundle(folder, read_bundle(golden("three-step")), public=False)
    path = folder / "ballots.csv"
    path.write_text(path.read_text("utf-8-sig").replace("D02,", "D02:overall,", 1), encoding="utf-8")
    assert figures(read_bundle(folder)) == figures(read_bundle(golden("three-step")))


def test_short_rows_end_in_blanks(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    write_bundle(folder, read_bundle(golden("three-step")), public=False)
    path = folder / "ballots.csv"
    before = read_bundle(folder).ballots
    path.write_text(path.read_text("utf-8-sig") + "npc,1\n", encoding="utf-8")
    after = read_bundle(folder).ballots
    assert before is not None
    assert after is not None
    assert after.returned(1, 6) == before.returned(1, 6) + 1


def test_the_fingerprint_is_of_the_content_not_of_its_order(tmp_path: Path) -> None:
    assert read_bundle(lenient(tmp_path)).fingerprint() == read_bundle(golden("three-step")).fingerprint()
    with pytest.raises(ValueError, match="public"):
        read_bundle(golden("public-bundle")).fingerprint()


def test_the_full_result_has_the_recounts_figures_and_what_they_came_from() -> None:
    bundle = read_bundle(golden("criteria-headroom"))
    result = bundle.score()
    full = full_json(bundle.definition, result)
    recount = results_json(result)["departments"]
    assert [{key: row[key] for key in recount[0]} for row in full["departments"]] == recount
    json.dumps(full)  # JSON-safe
    row = full["departments"][0]
    for item in range(3):  # the re-spread weights add up to 100 on every criterion
        total = sum(Decimal(stratum["items"][item]["effective_weight"]) for stratum in row["strata"])
        assert abs(total - 100) < Decimal("0.001")
    assert row["comparison"]["satisfaction"]["capped"] in (True, False)
    assert full["departments"][-1]["comparison"] is None


def test_the_result_is_written_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "no" / "such" / "folder.json"
    assert main([str(golden("three-step")), "--out", str(out), "--no-rank-intervals"]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
