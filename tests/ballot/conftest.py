"""Fixtures of the ballot's tests: key files and stored files in folders of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_key_folder(settings: Any, tmp_path: Path) -> None:
    settings.KEY_DIR = tmp_path / "keys"
