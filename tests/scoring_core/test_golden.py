"""The golden bundles: every field of expected.json, read from a folder, from a zip, and by the command itself."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.__main__ import main
from tests.scoring_core.builders import ROOT, SCORING_BUNDLES, expected, golden

SE = ("se_satisfaction", "se_dissatisfaction")


def assert_agrees(name: str, results: dict) -> None:
    wanted = expected(name)
    found = results["departments"]
    assert [row["code"] for row in found] == [row["code"] for row in wanted]
    for row, want in zip(found, wanted, strict=True):
        for key, value in want.items():
            if key in SE and value is not None:
                assert abs(Decimal(row[key]) - Decimal(value)) <= Decimal("0.000001"), (row["code"], key)
            elif key != "rank_interval":
                assert row[key] == value, (row["code"], key)
        if name == "public-bundle" or row["status"] == "insufficient":
            assert row["rank_interval"] is None
        else:
            low, high = row["rank_interval"]
            assert 1 <= low <= row["group_rank"] <= high <= sum(other["group"] == row["group"] for other in found)


@pytest.mark.parametrize("name", SCORING_BUNDLES)
def test_every_field_of_a_golden_bundle(name: str, tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    assert main([str(golden(name)), "--out", str(out)]) == 0
    assert_agrees(name, json.loads(out.read_text(encoding="utf-8")))


@pytest.mark.parametrize("inside", ["", "bundle/"])
def test_a_zip_is_as_good_as_a_folder(inside: str, tmp_path: Path) -> None:
    packed, out = tmp_path / "bundle.zip", tmp_path / "results.json"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in golden("three-step").iterdir():
            archive.write(path, inside + path.name)
    assert main([str(packed), "--out", str(out)]) == 0
    assert_agrees("three-step", json.loads(out.read_text(encoding="utf-8")))


def test_the_command_runs_without_django_and_without_settings(tmp_path: Path) -> None:
    """An outsider has this folder and numpy: an import of Django or a database driver would be a broken promise."""
    out = tmp_path / "results.json"
    program = (
        "import sys, runpy\n"
        "for name in ('django', 'celery', 'redis', 'psycopg2'): sys.modules[name] = None\n"
        f"sys.argv = ['scoring', {str(golden('criteria-headroom'))!r}, '--out', {str(out)!r}]\n"
        "runpy.run_module('scoring', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert_agrees("criteria-headroom", json.loads(out.read_text(encoding="utf-8")))


def test_rank_intervals_can_be_left_out_and_are_the_same_every_time(tmp_path: Path) -> None:
    without, first, second = (tmp_path / name for name in ("a.json", "b.json", "c.json"))
    bundle = str(golden("banded-composite"))
    assert main([bundle, "--out", str(without), "--no-rank-intervals"]) == 0
    assert all(row["rank_interval"] is None for row in json.loads(without.read_text("utf-8"))["departments"])
    assert main([bundle, "--out", str(first)]) == main([bundle, "--out", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
