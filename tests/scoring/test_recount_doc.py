"""docs/recount.md: its commands and its own program do what it says, and its lists are those of the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.core.bundle import read_bundle
from scoring.core.bundle_write import Exclusion, write_bundle
from scoring.program import PARTS, program
from tests.scoring.golden import GOLDEN, ROOT

DOC = (ROOT / "docs" / "recount.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", DOC, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["public-bundle", "written"])
def test_its_commands_and_the_program_of_its_own_agree(name: str, tmp_path: Path) -> None:
    """On a golden bundle as it is given, and on one that this system wrote."""
    source = GOLDEN / "public-bundle" if name == "public-bundle" else written(tmp_path)
    (tmp_path / "bundle").mkdir()
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        for path in source.iterdir():
            (tmp_path / "bundle" / path.name).write_bytes(path.read_bytes())
            archive.write(path, path.name)
    (tmp_path / "recount.pyz").write_bytes(program())
    (tmp_path / "mine.py").write_text(next(text for kind, text in BLOCKS if kind == "python"), encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / "bin" / "python").chmod(0o755)
    script = "set -eu\n" + "".join(text for kind, text in BLOCKS if kind == "sh")
    done = subprocess.run(
        ["bash"],
        input=script.encode(),
        cwd=tmp_path,
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    told = next(text for kind, text in BLOCKS if kind == "text")
    assert done.stdout.decode().splitlines()[1:] == told.splitlines()
    lines = (tmp_path / "mine.txt").read_text("utf-8").splitlines()
    assert len(lines) == len((source / "departments.csv").read_text("utf-8-sig").strip().splitlines()) - 1


def written(tmp_path: Path) -> Path:
    """The public bundle of criteria-headroom: several criteria, small cells left out."""
    write_bundle(tmp_path / "written", read_bundle(GOLDEN / "criteria-headroom"), public=True)
    return tmp_path / "written"


def test_the_parts_it_names_are_those_of_the_one_file() -> None:
    assert re.findall(r"^    (\w+/\S+)$", DOC, flags=re.MULTILINE) == list(PARTS)


def test_its_columns_are_those_that_are_written(tmp_path: Path) -> None:
    told = dict(re.findall(r"^\| `(\w+\.csv)` \| `([\w,]+)`", DOC, flags=re.MULTILINE))
    exclusions = [Exclusion("npc", Decimal(1), 1, "late")]
    write_bundle(tmp_path / "a", read_bundle(GOLDEN / "banded-composite"), public=False, exclusions=exclusions)
    write_bundle(tmp_path / "p", read_bundle(GOLDEN / "public-bundle"), public=True)
    heads = {
        path.name: path.read_text("utf-8-sig").splitlines()[0]
        for folder in ("a", "p")
        for path in (tmp_path / folder).glob("*.csv")
    }
    assert heads.pop("ballots.csv").startswith(told.pop("ballots.csv") + ",")
    assert told.pop("uncertainty.csv") == "code,se_satisfaction,se_dissatisfaction"  # neither round has a dead band
    assert heads == told
