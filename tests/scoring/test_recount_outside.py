"""A demo round recounted elsewhere, without Django and without a database, by nothing but the published files."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.demo.city import City
from departments.models import Department
from scoring.core.recount import UNCERTAINTY
from scoring.models import Publication
from scoring.program import NAME, parts, program, program_sha256
from tests.demo.city import small_city
from tests.scoring.golden import GOLDEN, ROOT, expected
from tests.scoring.test_bundles import command

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with small_city(django_db_blocker) as built:
        yield built


def outside(bundle: Path, out: Path) -> tuple[list[dict[str, Any]], str]:
    """`python -m scoring` in a process that knows neither Django's settings nor a database: its figures and output."""
    environment = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "scoring", str(bundle), "--out", str(out)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(out.read_text(encoding="utf-8"))["departments"], done.stdout


def change(folder: Path, file: str, edit: Callable[[list[list[str]]], None]) -> None:
    path = folder / file
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    edit(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def test_a_demo_round_recounts_outside_to_the_last_digit_and_a_change_is_named(city: City, tmp_path: Path) -> None:
    """The whole way: both kinds exported, recounted elsewhere, compared; then one answer changed in each."""
    run = Publication.objects.get(round__year=2007).run
    audit, public = tmp_path / "audit.zip", tmp_path / "public"
    assert command("export_bundle", 2007, audit)[0] == 0
    assert command("export_bundle", 2007, public, "--public", "--confirm-unanimous")[0] == 0
    rows, said = outside(audit, tmp_path / "audit.json")
    assert rows == run.result["departments"]
    assert f"SHA-256 of the input: {run.input_fingerprint}\n" in said
    rows, said = outside(public, tmp_path / "public.json")
    assert rows == [{**row, **dict.fromkeys(UNCERTAINTY)} for row in run.result["departments"]]
    assert said.endswith(f"{hashlib.sha256((tmp_path / 'public.json').read_bytes()).hexdigest()}\n")
    for bundle in (audit, public):
        status, out, _err = command("recount", bundle, 2007)
        assert (status, out.count("\n")) == (0, 1), out

    with zipfile.ZipFile(audit) as archive:
        archive.extractall(tmp_path / "changed")
    header = (tmp_path / "changed" / "ballots.csv").read_text("utf-8-sig").splitlines()[0].split(",")
    judged = [row["code"] for row in run.result["departments"] if row["status"] == "ranked"]
    code = judged[0]

    def turn(rows: list[list[str]]) -> None:
        column = header.index(code)
        row = next(row for row in rows[1:] if row[column] == "A")
        row[column] = "C"

    change(tmp_path / "changed", "ballots.csv", turn)
    status, out, err = command("recount", tmp_path / "changed", 2007, "--no-rank-intervals")
    name = Department.objects.get(code=code).full_name
    stored = next(row for row in run.result["departments"] if row["code"] == code)
    assert status == 1
    line = next(line for line in out.splitlines() if line.startswith(f"{code} {name} total"))
    assert stored["total"] in line
    assert str(len(out.splitlines())) in err

    def add_one(rows: list[list[str]]) -> None:
        row = next(row for row in rows[1:] if row[0] == code and row[3] == "A")
        row[4], row[5] = str(int(row[4]) + 1), str(Decimal(row[5]) + 1)

    change(public, "counts.csv", add_one)
    status, out, _err = command("recount", public, 2007)
    assert status == 1
    assert f"{code} {name} count " in out
    assert f"{code} {name} satisfaction" in out


@pytest.fixture(scope="module")
def only_numpy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python that has numpy and nothing else of ours (started with ``-S``: no site-packages)."""
    folder = tmp_path_factory.mktemp("numpy")
    installed = Path(np.__file__).parent
    for found in (installed, installed.parent / "numpy.libs"):
        if found.is_dir():
            (folder / found.name).symlink_to(found)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)}
    probe = [sys.executable, "-S", "-c", "import numpy, django"]
    done = subprocess.run(probe, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert "No module named 'django'" in done.stderr
    return environment


@pytest.mark.parametrize("way", ["one file", "copied folders"])
@pytest.mark.parametrize("name", ["three-step", "public-bundle"])
def test_a_copy_of_the_named_parts_with_numpy_alone_is_enough(
    name: str, way: str, only_numpy: dict[str, str], tmp_path: Path
) -> None:
    if way == "one file":
        (tmp_path / NAME).write_bytes(program())
        start = [NAME]
        assert hashlib.sha256(program()).hexdigest() == program_sha256()
    else:
        for path in parts():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes((ROOT / path).read_bytes())
        start = ["-m", "scoring"]
    done = subprocess.run(
        [sys.executable, "-S", *start, str(GOLDEN / name), "--out", "results.json"],
        cwd=tmp_path,
        env=only_numpy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["departments"]
    assert [row["total"] for row in rows] == [row["total"] for row in expected(name)]
