"""Files made to cost far more than they weigh are unreadable within seconds and 500 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tables.bombs import BOMBS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str, tmp_path: Path) -> None:
    build, codes = BOMBS[name]
    path = tmp_path / "list.xlsx"
    path.write_bytes(build())
    run = subprocess.run(
        [sys.executable, "-m", "tests.tables.bombs", str(path)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    cost = json.loads(run.stdout)
    assert cost["code"] in codes
    assert cost["memory"] <= 500 * 10**6
    assert cost["seconds"] < 20  # most take less than two
