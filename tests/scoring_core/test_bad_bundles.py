"""Broken bundles: one line naming file, row and column, exit code 2, nothing written."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.__main__ import main
from scoring.core import bundle as bundle_module
from scoring.core import bundle_files
from tests.scoring_core.builders import ROOT, golden

Break = Callable[[Path], None]


def refused(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command on a broken bundle; returns its one line."""
    out = tmp_path / "out" / "results.json"
    out.parent.mkdir()
    assert main([str(path), "--out", str(out), "--no-rank-intervals"]) == 2
    assert list(out.parent.iterdir()) == []
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("\n")
    line = captured.err.removesuffix("\n")
    assert line
    assert line.isprintable()
    return line


def replace(file: str, old: str, new: str, count: int = 1) -> Break:
    """Replace text in a file of the bundle; it must be there."""

    def apply(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8-sig")
        assert old in text, (file, old)
        (folder / file).write_text(text.replace(old, new, count), encoding="utf-8")

    return apply


def remove(file: str) -> Break:
    return lambda folder: (folder / file).unlink()


def write(file: str, content: str | bytes) -> Break:
    def apply(folder: Path) -> None:
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    return apply


def append(file: str, text: str) -> Break:
    def apply(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return apply


def append_bytes(file: str, data: bytes) -> Break:
    def apply(folder: Path) -> None:
        with (folder / file).open("ab") as stream:
            stream.write(data)

    return apply


def edit(*path: str | int, value: object = None, delete: bool = False) -> Break:
    """Set or delete a value of round.json."""

    def apply(folder: Path) -> None:
        data = json.loads((folder / "round.json").read_text("utf-8"))
        target = data
        for key in path[:-1]:
            target = target[key]
        if delete:
            del target[path[-1]]
        else:
            target[path[-1]] = value
        (folder / "round.json").write_text(json.dumps(data), encoding="utf-8")

    return apply


def copy_counts(folder: Path) -> None:
    (folder / "counts.csv").write_text("department,item,stratum,choice,count,weight_sum\n", encoding="utf-8")


def folder_for_file(folder: Path) -> None:
    (folder / "assessment.csv").unlink()
    (folder / "assessment.csv").mkdir()


def in_gb18030(folder: Path) -> None:
    text = (folder / "departments.csv").read_text("utf-8")
    (folder / "departments.csv").write_bytes(text.encode("gb18030"))


AUDIT: dict[str, tuple[Break, str]] = {
    # files
    "no round": (remove("round.json"), "round.json: this file is missing"),
    "no departments": (remove("departments.csv"), "departments.csv: this file is missing"),
    "neither ballots nor counts": (remove("ballots.csv"), "ballots.csv: the bundle holds neither"),
    "both ballots and counts": (copy_counts, "counts.csv: the bundle holds both"),
    "a folder in place of a file": (
        folder_for_file,
        "assessment.csv: this is no regular file",
    ),
    "empty file": (write("departments.csv", ""), "departments.csv, row 1: this file is empty"),
    "not UTF-8": (in_gb18030, "departments.csv, row 2, column name: not UTF-8"),
    "one byte that is no UTF-8": (
        append_bytes("ballots.csv", b"npc,1,A,A,\xff\n"),
        "ballots.csv, row 602, column D03: not UTF-8",
    ),
    "UTF-16": (
        write("ballots.csv", "stratum,weight".encode("utf-16")),
        "ballots.csv, row 1, column 1: holds NUL bytes",
    ),
    "zeros": (write("ballots.csv", bytes(1 << 20)), "ballots.csv, row 1, column 1: holds NUL bytes"),
    "a quote that never ends": (
        append("departments.csv", 'D99,"open,general\n'),
        "departments.csv, row 14: malformed CSV",
    ),
    # round.json
    "not JSON": (write("round.json", "{\n 'a': 1}"), "round.json, row 2, column 2: not JSON"),
    "round not UTF-8": (write("round.json", b'{\n"a": "\xff"}'), "round.json, row 2, column 7: not UTF-8"),
    "nested without end": (write("round.json", "[" * 100_000), "round.json: not readable as JSON"),
    "a number of many digits": (write("round.json", '{"format": ' + "9" * 5000 + "}"), "round.json: not readable"),
    "no object": (write("round.json", "[1]"), "round.json: An object is expected"),
    "NaN": (write("round.json", '{"format": NaN}'), "round.json: NaN is no number"),
    "a key twice": (
        replace("round.json", '"format": 1', '"format": 1, "format": 1'),
        "round.json, column format: This key",
    ),
    "another format": (edit("format", value=2), "round.json, column format: "),
    "a missing key": (edit("min_valid", delete=True), "round.json, column min_valid: This key is missing"),
    "an unknown key": (edit("year_over_year", "dead_band", value=True), "round.json, column year_over_year.dead_band"),
    "a key of the wrong kind": (edit("strata", value="x"), "round.json, column strata: A list is expected"),
    "a text for a number": (edit("strata", 0, "population", value="many"), "round.json, column strata.0.population"),
    "a float-like weight": (edit("items", 0, "weight", value="1e2"), "round.json, column items.0.weight"),
    "a number of another script": (edit("items", 0, "weight", value="１００"), "round.json, column items.0.weight"),
    "true for a number": (edit("min_valid", value=True), "round.json, column min_valid"),
    "min_valid 0": (edit("min_valid", value=0), "round.json, column min_valid"),
    "unknown method": (edit("year_over_year", "method", value="square"), "round.json, column year_over_year.method"),
    "negative cap": (
        edit("year_over_year", "cap_satisfied", value="-1"),
        "round.json, column year_over_year.cap_satisfied",
    ),
    "unknown counts": (edit("scale", 0, "counts", value="happy"), "round.json, column scale.0.counts"),
    "value above 100": (edit("scale", 0, "value", value="101"), "round.json, column scale.0.value"),
    "duplicate choice": (edit("scale", 1, "code", value="A"), "round.json, column scale.1.code"),
    "duplicate stratum": (edit("strata", 1, "code", value="leaders"), "round.json, column strata.1.code"),
    "duplicate group": (edit("groups", 1, "code", value="general"), "round.json, column groups.1.code"),
    "duplicate item": (
        edit("items", value=[{"code": "a", "label": "a", "weight": "50"}] * 2),
        "round.json, column items.1.code",
    ),
    "stratum weights": (edit("groups", 0, "weights", "npc", value="18.57"), "round.json, column groups.0.weights: "),
    "a hair off 100": (
        edit("groups", 0, "weights", "npc", value="18.560000000000000000000000000000000001"),
        "round.json, column groups.0.weights: ",
    ),
    "negative stratum weight": (
        edit("groups", 0, "weights", "npc", value="-1"),
        "round.json, column groups.0.weights.npc: ",
    ),
    "weight of an unknown stratum": (
        edit("groups", 0, "weights", "press", value="0"),
        "round.json, column groups.0.weights.press: ",
    ),
    "item weights": (edit("items", 0, "weight", value="99"), "round.json, column items: "),
    "item of weight 0": (edit("items", 0, "weight", value="0"), "round.json, column items.0.weight: "),
    "shares": (edit("composite", "public", value="69"), "round.json, column composite: "),
    "negative share": (
        edit("composite", value={"public": "110", "assessment": "-10"}),
        "round.json, column composite: ",
    ),
    "tie break": (edit("tie_break", value=["luck"]), "round.json, column tie_break: "),
    "rank scope": (edit("rank_scope", value="world"), "round.json, column rank_scope: "),
    "decimals": (edit("decimals", value=99), "round.json, column decimals: "),
    "design effect": (edit("strata", 0, "design_effect", value="0"), "round.json, column strata.0.design_effect: "),
    "unknown outcome": (edit("outcomes", "champion", value={}), "round.json, column outcomes.champion: "),
    "threshold": (
        edit("outcomes", "advanced", "top_percent", value="120"),
        "round.json, column outcomes.advanced.top_percent",
    ),
    "no strata": (edit("strata", value=[]), "round.json, column strata: "),
    "no groups": (edit("groups", value=[]), "round.json, column groups: "),
    "no items": (edit("items", value=[]), "round.json, column items: "),
    "no scale": (edit("scale", value=[]), "round.json, column scale: "),
    "too long a scale": (
        edit("scale", value=[{"code": str(n), "label": "", "value": "1", "counts": "neutral"} for n in range(21)]),
        "round.json, column scale: ",
    ),
    "a band twice": (
        edit("year_over_year", "bands_satisfied", value=[{"from": "1", "points": "1"}, {"from": "1.0", "points": "2"}]),
        "round.json, column year_over_year.bands_satisfied: ",
    ),
    "a band without points": (
        edit("year_over_year", "bands_satisfied", value=[{"from": "1"}]),
        "round.json, column year_over_year.bands_satisfied.0.points: ",
    ),
    # departments.csv
    "unknown column": (
        replace("departments.csv", "code,name,group", "code,name,group,phone"),
        "departments.csv, row 1, column phone",
    ),
    "missing column": (
        replace("departments.csv", "code,name,group", "code,name"),
        "departments.csv, row 1, column group",
    ),
    "a column twice": (
        replace("departments.csv", "code,name,group", "code,code,group"),
        "departments.csv, row 1, column code",
    ),
    "unknown group": (
        replace("departments.csv", "D02,测试部门2,economy", "D02,测试部门2,army"),
        "departments.csv, row 3, column group: ",
    ),
    "duplicate department": (replace("departments.csv", "D03,", "D01,"), "departments.csv, row 4, column code: "),
    "empty code": (replace("departments.csv", "D03,", ","), "departments.csv, row 4, column code: "),
    "row too long": (
        replace("departments.csv", "测试部门3,service", "测试部门3,service,x"),
        "departments.csv, row 4, column 4: ",
    ),
    "only a header": (write("departments.csv", "code,name,group\n"), "departments.csv, row 2, column code: "),
    # ballots.csv
    "column for an unknown department": (replace("ballots.csv", "D12", "D99"), "ballots.csv, row 1, column D99: "),
    "column for an unknown item": (
        replace("ballots.csv", "D12", "D12:speed"),
        "ballots.csv, row 1, column D12:speed: ",
    ),
    "column without a name": (replace("ballots.csv", "D12", ""), "ballots.csv, row 1, column (no name): "),
    "a department without column": (replace("ballots.csv", "D11,D12", "D11"), "ballots.csv, row 1, column D12: "),
    "a department with two columns": (
        replace("ballots.csv", "D12", "D11:overall"),
        "ballots.csv, row 1, column D11:overall: ",
    ),
    "no stratum column": (replace("ballots.csv", "stratum", "layer"), "ballots.csv, row 1, column stratum: "),
    "unknown stratum": (replace("ballots.csv", "\nleaders,", "\nliders,"), "ballots.csv, row 2, column stratum: "),
    "unknown choice": (append("ballots.csv", "npc,1,A,A,E\n"), "ballots.csv, row 602, column D03: unknown choice 'E'"),
    "negative weight": (append("ballots.csv", "npc,-1,A\n"), "ballots.csv, row 602, column weight: "),
    "weight 0": (append("ballots.csv", "npc,0.00,A\n"), "ballots.csv, row 602, column weight: "),
    "no weight": (append("ballots.csv", "npc,,A\n"), "ballots.csv, row 602, column weight: "),
    "no decimal weight": (append("ballots.csv", "npc,1_0,A\n"), "ballots.csv, row 602, column weight: "),
    "ballot too long": (append("ballots.csv", "npc,1" + ",A" * 13 + "\n"), "ballots.csv, row 602, column 15: "),
    "a line break in the message": (append("ballots.csv", '"n\r\npc",1,A\n'), "ballots.csv, row 602, column stratum: "),
    # the optional tables
    "unknown baseline department": (append("baseline.csv", "D99,1,1,,,,,own\n"), "baseline.csv, row 12, column code: "),
    "baseline twice": (append("baseline.csv", "D01,1,1,,,,,own\n"), "baseline.csv, row 12, column code: "),
    "half a baseline": (append("baseline.csv", "D03,1,,,,,,own\n"), "baseline.csv, row 12, column dissatisfaction: "),
    "the other half": (append("baseline.csv", "D03,,1,,,,,own\n"), "baseline.csv, row 12, column satisfaction: "),
    "rate above 100": (append("baseline.csv", "D03,100.01,1,,,,,own\n"), "baseline.csv, row 12, column satisfaction: "),
    "negative rate": (append("baseline.csv", "D03,1,-1,,,,,own\n"), "baseline.csv, row 12, column dissatisfaction: "),
    "rank 0": (append("baseline.csv", "D03,1,1,0,,,,own\n"), "baseline.csv, row 12, column group_rank: "),
    "rank 1.5": (append("baseline.csv", "D03,1,1,,1.5,,,own\n"), "baseline.csv, row 12, column overall_rank: "),
    "negative standard error": (
        append("baseline.csv", "D03,1,1,,,-1,,own\n"),
        "baseline.csv, row 12, column se_satisfaction: ",
    ),
    "unknown source": (append("baseline.csv", "D03,1,1,,,,,press\n"), "baseline.csv, row 12, column source: "),
    "no source": (append("baseline.csv", "D03,1,1,,,,,\n"), "baseline.csv, row 12, column source: "),
    "assessment above 100": (replace("assessment.csv", "90.31", "190.31"), "assessment.csv, row 2, column score: "),
    "assessment no number": (replace("assessment.csv", "90.31", "A+"), "assessment.csv, row 2, column score: "),
    "assessment missing": (
        replace("assessment.csv", "D02,92.32\n", ""),
        "assessment.csv, row 13, column score: no score for D02",  # where it would have to be added
    ),
    "assessment empty": (
        replace("assessment.csv", "D02,92.32", "D02,"),
        "assessment.csv, row 3, column score: no score for D02",
    ),
    "assessment twice": (append("assessment.csv", "D01,90\n"), "assessment.csv, row 14, column code: "),
    "assessment of an unknown department": (
        append("assessment.csv", "D99,90\n"),
        "assessment.csv, row 14, column code: unknown code",
    ),
    "unknown assessment column": (
        replace("assessment.csv", "code,score", "code,score,by"),
        "assessment.csv, row 1, column by: unknown column",
    ),
    "assessment file missing": (remove("assessment.csv"), "assessment.csv, column score: no score for D01"),
    "negative deduction": (replace("adjustments.csv", "1.25", "-1.25"), "adjustments.csv, row 3, column deduction: "),
    "unknown adjusted department": (replace("adjustments.csv", "D04", "D40"), "adjustments.csv, row 3, column code: "),
    "adjusted twice": (append("adjustments.csv", "D04,1,0,,\n"), "adjustments.csv, row 5, column code: "),
    "unknown adjustment column": (
        replace("adjustments.csv", "bonus", "gift"),
        "adjustments.csv, row 1, column gift: unknown column",
    ),
    "unknown baseline column": (
        replace("baseline.csv", "group_rank", "place"),
        "baseline.csv, row 1, column place: unknown column",
    ),
    "a baseline row too long": (
        append("baseline.csv", "D03,1,1,,,,,own,x\n"),
        "baseline.csv, row 12, column 9: ",
    ),
    "bad unused uncertainty": (
        write("uncertainty.csv", "code,se_satisfaction,se_dissatisfaction\nD01,x,1\n"),
        "uncertainty.csv, row 2, column se_satisfaction: ",
    ),
}

PUBLIC: dict[str, tuple[Break, str]] = {
    "unknown department": (
        append("counts.csv", "D99,attitude,npc,5,1,1\n"),
        "counts.csv, row 605, column department: ",
    ),
    "unknown item": (append("counts.csv", "D01,speed,npc,5,1,1\n"), "counts.csv, row 605, column item: "),
    "unknown stratum": (append("counts.csv", "D01,attitude,press,5,1,1\n"), "counts.csv, row 605, column stratum: "),
    "unknown choice": (append("counts.csv", "D01,attitude,npc,9,1,1\n"), "counts.csv, row 605, column choice: "),
    "twice": (append("counts.csv", "D01,attitude,cppcc,2,4,4\n"), "counts.csv, row 605, column choice: "),
    "negative count": (append("counts.csv", "D01,attitude,npc,5,-1,1\n"), "counts.csv, row 605, column count: "),
    "half a count": (append("counts.csv", "D01,attitude,npc,5,1.5,1\n"), "counts.csv, row 605, column count: "),
    "no count": (append("counts.csv", "D01,attitude,npc,5,,1\n"), "counts.csv, row 605, column count: "),
    "negative weight": (append("counts.csv", "D01,attitude,npc,5,1,-1\n"), "counts.csv, row 605, column weight_sum: "),
    "ballots without weight": (
        append("counts.csv", "D01,attitude,npc,5,1,0\n"),
        "counts.csv, row 605, column weight_sum: ",
    ),
    "weight without ballots": (
        append("counts.csv", "D01,attitude,npc,5,0,1\n"),
        "counts.csv, row 605, column weight_sum: ",
    ),
    "no decimal": (append("counts.csv", "D01,attitude,npc,5,1,x\n"), "counts.csv, row 605, column weight_sum: "),
    "row too long": (append("counts.csv", "D01,attitude,npc,5,1,1,1\n"), "counts.csv, row 605, column 7: "),
    "missing column": (replace("counts.csv", "weight_sum", "weights"), "counts.csv, row 1, column weights: "),
    "dead band without errors": (
        edit("year_over_year", "deadband", value=True),
        "uncertainty.csv: this file is missing",
    ),
}


@pytest.mark.parametrize(
    ("name", "case"),
    [("banded-composite", case) for case in AUDIT] + [("public-bundle", case) for case in PUBLIC],
    ids=[f"audit: {case}" for case in AUDIT] + [f"public: {case}" for case in PUBLIC],
)
def test_a_broken_bundle_gets_one_line(
    name: str, case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apply, beginning = (AUDIT if name == "banded-composite" else PUBLIC)[case]
    folder = tmp_path / "bundle"
    shutil.copytree(golden(name), folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    apply(folder)
    line = refused(folder, tmp_path, capsys)
    assert line.startswith(beginning), line
    assert len(line) < 500


def packed(path: Path, **members: bytes) -> Path:
    """three-step as a zip, with some members of other content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in golden("three-step").iterdir():
            archive.writestr(source.name, members.get(source.stem, source.read_bytes()))
    return path


def test_there_is_no_such_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(tmp_path / "nothing", tmp_path, capsys) == "nothing: there is no such folder or zip file"


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_a_truncated_zip(share: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = packed(tmp_path / "b.zip")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert refused(path, tmp_path, capsys).startswith("b.zip: not a readable zip file")


def test_a_damaged_member(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = packed(tmp_path / "b.zip")
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("ballots.csv")
    data = bytearray(path.read_bytes())
    for at in range(info.header_offset + 200, info.header_offset + 260):
        data[at] ^= 0xFF
    path.write_bytes(data)
    assert refused(path, tmp_path, capsys).startswith("ballots.csv, row ")


def test_an_encrypted_member(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = packed(tmp_path / "b.zip")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag "encrypted" in both headers
        at = data.find(signature)
        while at != -1:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    path.write_bytes(data)
    assert "cannot be read" in refused(path, tmp_path, capsys)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_twice_in_the_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = packed(tmp_path / "b.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("round.json", "{}")
    assert refused(path, tmp_path, capsys) == "round.json: the zip holds this file twice"


def test_ten_gigabytes_of_zeros_in_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(golden("three-step"), folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    with (folder / "ballots.csv").open("wb") as stream:
        stream.truncate(10 * 1024**3)  # sparse: takes no room
    assert refused(folder, tmp_path, capsys) == "ballots.csv: larger than 1024 MB"


@pytest.mark.parametrize(
    ("member", "content", "beginning"),
    [
        ("ballots", bytes(64 << 20), "ballots.csv, row 1, column 1: holds NUL bytes"),
        ("ballots", b"a" * (64 << 20), "ballots.csv, row 1: a line of more than 4 MB"),
        ("round", b" " * (64 << 20), "round.json: larger than 16 MB"),
    ],
)
def test_a_zip_bomb_costs_no_memory(
    member: str, content: bytes, beginning: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = packed(tmp_path / "b.zip", **{member: content})
    tracemalloc.start()
    line = refused(path, tmp_path, capsys)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert line.startswith(beginning)
    assert peak < 24 << 20


def zeros_member(path: Path, size: int, declared: int) -> None:
    """Put `ballots.csv` of `size` zeros into a zip, declared to be of `declared` bytes, without packing them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(64 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # may be repeated as it is
    data = block * (size // (64 << 20)) + packer.flush()
    name = b"ballots.csv"
    with zipfile.ZipFile(path) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist() if info.filename != "ballots.csv"]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in members:
            archive.writestr(info.filename, content)
        archive.fp.seek(archive.start_dir)  # type: ignore[union-attr]
        at = archive.start_dir
        archive.fp.write(struct.pack("<4s5H3L2H", b"PK\3\4", 45, 0, 8, 0, 33, 0, 0, 0, len(name), 0) + name + data)  # type: ignore[union-attr]
        added = zipfile.ZipInfo("ballots.csv", (1980, 1, 1, 0, 0, 0))
        added.compress_type, added.header_offset = zipfile.ZIP_DEFLATED, at
        added.compress_size, added.file_size, added.CRC = len(data), declared, 0
        archive.filelist.append(added)
        archive.NameToInfo["ballots.csv"] = added
        archive.start_dir = archive.fp.tell()  # type: ignore[union-attr]
        archive._didModify = True  # type: ignore[attr-defined]


#: `python -m scoring` that writes down the most memory it held. What the system tells of a child counts the memory of
#: the process that started it, too.
WATCHED = """
import runpy, sys
peak = sys.argv.pop(1)
try:
    runpy.run_module("scoring", run_name="__main__", alter_sys=True)
finally:
    held = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    open(peak, "w").write(held.split()[1])
"""


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        (10 << 30, "ballots.csv: larger than 1024 MB"),
        (1000 << 20, "ballots.csv, row 1, column 1: holds NUL bytes, so it is no text"),
    ],
    ids=["honest", "declares 1,000 MB"],
)
def test_ten_gigabytes_of_zeros_in_a_zip_cost_neither_time_nor_memory(declared: int, line: str, tmp_path: Path) -> None:
    path = packed(tmp_path / "b.zip")
    zeros_member(path, 10 << 30, declared)
    out = tmp_path / "out" / "results.json"
    out.parent.mkdir()
    peak = tmp_path / "peak"
    command = [sys.executable, "-c", WATCHED, str(peak), str(path), "--out", str(out)]
    # It takes a third of a second; whoever unpacked all of it would need minutes.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line + "\n")
    assert list(out.parent.iterdir()) == []
    assert int(peak.read_text()) < 500 * 1024  # kilobytes


def test_a_zip_that_lies_about_its_sizes_is_read_no_further(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = packed(tmp_path / "b.zip", ballots=b"stratum,weight,D01,D02,D03,D04,D05,D06\n" + b"\n" * (1 << 20))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"ballots.csv") - 46  # its entry in the central directory; uncompressed size at byte 24
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = (50).to_bytes(4, "little")
    path.write_bytes(data)
    assert refused(path, tmp_path, capsys).startswith("ballots.csv, row ")


def test_lines_without_end_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a file grow while it is read, or a zip unpack to more than it declares."""
    monkeypatch.setattr(bundle_files, "MAX_FILE", 1 << 20)
    lines = bundle_files._Lines("ballots.csv", io.BytesIO(b"\n" * (1 << 21)))
    with pytest.raises(bundle_files._UnreadableLineError, match="larger than 1 MB"):
        for _ in lines:
            pass


def test_blank_lines_without_end_are_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_files, "MAX_ROWS", 1000)
    path = packed(tmp_path / "b.zip", ballots=b"stratum,weight,D01,D02,D03,D04,D05,D06\n" + b"\n" * 1000)
    assert refused(path, tmp_path, capsys) == "ballots.csv, row 1001: more than 1000 rows"


def test_more_weights_than_a_cube_can_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_module, "MAX_CUBE", 6 * 6 * 5 * 3)
    folder = tmp_path / "bundle"
    shutil.copytree(golden("three-step"), folder, copy_function=shutil.copyfile)
    append("ballots.csv", "npc,7,A\n")(folder)
    assert refused(folder, tmp_path, capsys) == "ballots.csv, row 202, column weight: more than 3 different weights"


def test_options_out_of_range(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(golden("three-step")), "--out", str(tmp_path / "r.json"), "--replicates", "0"])
    assert stopped.value.code == 2
