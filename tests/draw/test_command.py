"""The command, alone in the world: a copy of the one folder, the standard library, nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evaluators.draw import __main__ as command

from .reference import GOLDEN, ROOT

PACKAGE = ROOT / "evaluators" / "draw"
# -I: no environment, no user site, no current folder; -S: no site-packages. The parent of the copy is named by hand.
ALONE = ["-I", "-S", "-B", "-c", "import sys, runpy; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('draw', None, '__main__', True)"]  # fmt: skip  # noqa: E501


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package and nothing else."""
    home = tmp_path_factory.mktemp("anywhere")
    shutil.copytree(PACKAGE, home / "draw", ignore=shutil.ignore_patterns("__pycache__"))
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The golden inputs, to be spoiled."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("registry.csv", "draw.json"):
        (folder / name).write_bytes((GOLDEN / name).read_bytes())
    return folder


def run(*arguments: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=env, capture_output=True, timeout=60, check=False
    )


def test_the_copied_folder_runs_without_anything_around_it(home: Path, tmp_path: Path) -> None:
    done = run(*ALONE, home, GOLDEN, "--out", tmp_path / "drawn.csv", cwd=tmp_path, env={"LC_ALL": "C"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "drawn.csv").read_bytes() == (GOLDEN / "expected.csv").read_bytes()
    assert done.stdout == (GOLDEN / "expected.json").read_bytes()


@pytest.mark.parametrize("module", ["draw", "evaluators.draw"])
def test_both_ways_to_call_it(home: Path, tmp_path: Path, module: str) -> None:
    cwd = home if module == "draw" else ROOT
    done = run("-S", "-m", module, GOLDEN, "--out", tmp_path / "drawn.csv", cwd=cwd)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "drawn.csv").read_bytes() == (GOLDEN / "expected.csv").read_bytes()


def test_a_chinese_stratum_prints_in_a_bare_locale(home: Path, folder: Path, tmp_path: Path) -> None:
    for name in ("registry.csv", "draw.json"):
        text = (folder / name).read_text("utf-8")
        (folder / name).write_text(text.replace("residents", "社区居民"), "utf-8", newline="")
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = run("-m", "draw", folder, "--out", tmp_path / "drawn.csv", cwd=home, env=environment)
    assert done.returncode == 0
    assert json.loads(done.stdout)["社区居民"] == {"quota": 100, "chosen": 100, "reserve": 20, "shortfall": 0}


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("registry.csv", "id,stratum", "\ufeffid,stratum", "registry.csv, row 1, column id: "),
        ("registry.csv", ",commitment\n", "\n", "registry.csv, row 1, column commitment: "),
        ("registry.csv", ",npc,浦口区", ",nobody,浦口区", "registry.csv, row 2, column stratum: "),
        ("registry.csv", "RE03f202df7d4", "np0D1A887AE22", "registry.csv, row 3, column id: "),
        ("draw.json", '"quota": 20', '"quota": -20', "draw.json, row 17, column quota: "),
        ("draw.json", '"mode": "all"', '"mode": "some"', "draw.json, row 8, column mode: "),
        ("draw.json", "15379339148132660173", "15379339148132660173 ", "draw.json, row 4, column public_seed: "),
    ],
)
def test_bad_input_is_one_line_exit_2_and_nothing_written(
    home: Path, folder: Path, tmp_path: Path, file: str, old: str, new: str, place: str
) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8", newline="")
    out = tmp_path / "out"
    out.mkdir()

    done = run("-m", "draw", folder, "--out", out / "drawn.csv", cwd=home)

    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(place)
    assert done.stderr.count(b"\n") == 1
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("missing", ["registry.csv", "draw.json"])
def test_a_missing_file_is_named(home: Path, folder: Path, tmp_path: Path, missing: str) -> None:
    (folder / missing).unlink()
    done = run("-m", "draw", folder, "--out", tmp_path / "drawn.csv", cwd=home)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert missing.encode() in done.stderr
    assert not (tmp_path / "drawn.csv").exists()


@pytest.mark.parametrize("arguments", [[], ["folder"], ["folder", "--out"], ["folder", "--out", "x", "--more"]])
def test_a_wrong_call_is_one_line_and_exit_2(home: Path, arguments: list[str]) -> None:
    done = run("-m", "draw", *arguments, cwd=home)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


@pytest.mark.parametrize("name", ["registry.csv", "draw.json"])
def test_the_inputs_are_never_overwritten(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / name).read_bytes()
    assert command.main([str(folder), "--out", str(folder / name)]) == 2
    assert (folder / name).read_bytes() == before
    assert "is an input of the draw" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["/dev/null", ".", "no/such/folder/drawn.csv"])
def test_what_cannot_be_written_is_refused(home: Path, out: str) -> None:
    done = run("-m", "draw", GOLDEN, "--out", out, cwd=home)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert Path("/dev/null").is_char_device()


def test_an_earlier_result_is_replaced_whole_and_kept_when_the_input_is_bad(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "drawn.csv"
    out.write_text("earlier")
    (folder / "draw.json").write_bytes(b"")
    assert command.main([str(folder), "--out", str(out)]) == 2
    assert out.read_text() == "earlier"
    (folder / "draw.json").write_bytes((GOLDEN / "draw.json").read_bytes())
    assert command.main([str(folder), "--out", str(out)]) == 0
    assert out.read_bytes() == (GOLDEN / "expected.csv").read_bytes()


def test_a_disk_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert command.main([str(GOLDEN), "--out", str(tmp_path / "drawn.csv")]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_killed_half_way_it_leaves_no_file_and_draws_the_same_when_started_again(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    out = tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    rows = "".join(f"E{number:06d},npc,区{number % 9},U{number % 999},{'0' * 64}\n" for number in range(150_000))
    (folder / "registry.csv").write_text("id,stratum,cell,unit,commitment\n" + rows, "utf-8", newline="")
    (folder / "draw.json").write_bytes((GOLDEN / "draw.json").read_bytes())
    call = [sys.executable, "-m", "draw", str(folder), "--out", str(out / "drawn.csv")]
    started = time.monotonic()
    whole = subprocess.run(call, cwd=home, capture_output=True, check=True)
    seconds = time.monotonic() - started
    drawn = (out / "drawn.csv").read_bytes()
    (out / "drawn.csv").unlink()

    killed = 0
    # At several points, all of them well before the end; the machine may be quicker now, so the last may come too late.
    for share in (0.1, 0.3, 0.5):
        process = subprocess.Popen(call, cwd=home, stdout=subprocess.PIPE)
        time.sleep(share * seconds)
        process.kill()
        process.communicate()
        if process.returncode != 0:
            killed += 1
            assert list(out.iterdir()) == []
        else:
            (out / "drawn.csv").unlink()

    assert killed
    again = subprocess.run(call, cwd=home, capture_output=True, check=True)
    assert again.stdout == whole.stdout
    assert (out / "drawn.csv").read_bytes() == drawn
