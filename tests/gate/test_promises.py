"""The gate, the documents and the layers keep each other's word."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.gate.promises import ROOT, anchors, broken, broken_in, code_in, make_targets


def test_documents_promise_nothing_that_is_not_there() -> None:
    assert broken() == []


def test_gate_runs_the_test_command_of_the_readme() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    readme = code_in((ROOT / "README.md").read_text(encoding="utf-8"))
    commands = [line.strip() for line in gate.splitlines() if line.strip() and not line.startswith("#")]
    assert "set -euo pipefail" in commands  # a failing check must not be passed over
    for command in ("make check", "make test"):
        assert command in commands
        assert command in readme
    assert "make run" in readme


def test_every_package_of_the_house_has_a_layer() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "scripts"}
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in linter["contracts"] if contract["type"] == "layers")
    assert packages == set(layers) == set(linter["root_packages"])


def test_nothing_of_the_house_imports_tests_or_scripts() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    guilty = [
        str(path.relative_to(ROOT))
        for package in linter["root_packages"]
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^\s*(?:from|import) (?:tests|scripts)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert guilty == []


def test_makefile_explains_each_of_its_targets() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([a-z][a-z-]*):.*## \S", text, re.MULTILINE))
    assert make_targets() == explained


def test_a_broken_promise_is_found(tmp_path: Path) -> None:
    # One of each kind; "#the-real-one" is there, the web address is not looked at.
    document = ROOT / "docs" / "of-a-test.md"
    text = (
        "# The real one\nRun `make nonsense`, then `manage.py no_such_thing`. [a](gone.md) [b](#missing)"
        " [c](#the-real-one) [d](https://example.org/x)\n"
    )
    document.write_text(text, encoding="utf-8")
    try:
        assert list(broken_in(document)) == [
            "docs/of-a-test.md: make nonsense: no such target",
            "docs/of-a-test.md: manage.py no_such_thing: no such command",
            "docs/of-a-test.md: gone.md: no such file",
            "docs/of-a-test.md: #missing: no such heading",
        ]
    finally:
        document.unlink()
    assert anchors(text) == {"the-real-one"}
