"""The list of replacements: redone from the published files, by hand and by the command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evaluators.draw import BadInput, Place, Replaced, parse_drawn, replay
from evaluators.draw.standins import differing, parse_replaced, replaced_csv

from .reference import ROOT

DRAWN = b"""id,stratum,cell,unit,role,order
main1,res,a,U,main,1
main2,res,a,V,main,2
main3,res,b,U,main,3
resv1,res,b,W,reserve,1
resv2,res,a,V,reserve,2
resv3,res,a,W,reserve,3
npc01,npc,"x,y",,main,1
npc02,npc,"x,y",,reserve,1
"""
CAPS = {"res": 1, "npc": None}

#: By hand, cap 1 in res. 1: main1 (a, U) leaves; resv2 is of a but V has main2, so resv3 (W). 2: main2 (V) leaves;
#: of a is resv2, whose V is free now. 3: resv3 leaves, W is free: nobody of a is left, so resv1 of b. 4: npc has one.
REPLACED = [
    Replaced(1, "main1", "resv3"),
    Replaced(2, "main2", "resv2"),
    Replaced(3, "resv3", "resv1"),
    Replaced(4, "npc01", "npc02"),
]


def test_drawn_csv_is_read_back() -> None:
    places = parse_drawn(DRAWN)
    assert places[0] == Place("main1", "res", "a", "U", "main", 1)
    assert places[-1] == Place("npc02", "npc", "x,y", "", "reserve", 1)


def test_replacements_follow_one_from_the_other() -> None:
    found = replay(parse_drawn(DRAWN), [row.leaving for row in REPLACED], CAPS)
    assert [place.id for place in found if place] == ["resv3", "resv2", "resv1", "npc02"]


def test_a_stratum_used_up_gives_nobody_and_another_is_not_asked() -> None:
    found = replay(parse_drawn(DRAWN), ["main1", "main2", "main3", "npc01"], {"res": None, "npc": None})
    # Without a cap: resv2 and resv3 for the two of a; b has resv1; then npc's own.
    assert [place.id if place else None for place in found] == ["resv2", "resv3", "resv1", "npc02"]
    assert replay(parse_drawn(DRAWN), ["npc01", "npc02"], CAPS)[1] is None


def test_nobody_leaves_twice() -> None:
    with pytest.raises(ValueError, match="holds no seat"):
        replay(parse_drawn(DRAWN), ["main1", "main1"], CAPS)


def test_a_stand_in_out_of_turn_is_named() -> None:
    swapped = [REPLACED[0]._replace(stand_in="resv2"), *REPLACED[1:]]
    assert differing(parse_drawn(DRAWN), REPLACED, CAPS) == []
    assert differing(parse_drawn(DRAWN), swapped, CAPS) == [(1, "resv3")]


def test_the_list_as_a_file() -> None:
    data = b"number,leaving,stand_in\n1,main1,resv3\n2,main2,resv2\n3,resv3,resv1\n4,npc01,npc02\n"
    assert replaced_csv(REPLACED) == data
    assert parse_replaced(data) == REPLACED


@pytest.mark.parametrize(
    ("read", "data", "place"),
    [
        (parse_replaced, b"number,leaving,stand_in\n2,a,b\n", "replaced.csv, row 2, column number"),
        (parse_replaced, b"number,leaving\n", "replaced.csv, row 1"),
        (parse_replaced, b"number,leaving,stand_in\n1,a\n", "replaced.csv, row 2"),
        (parse_replaced, b"number,leaving,stand_in\n1,\xff,b\n", "replaced.csv"),
        (parse_drawn, b"id,stratum,cell,unit,role,order\na,b,c,d,chief,1\n", "drawn.csv, row 2"),
        (parse_drawn, b'id,stratum,cell,unit,role,order\n"a"b,b,c,d,main,1\n', "drawn.csv"),
    ],
)
def test_bad_lists_name_their_place(read, data: bytes, place: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read(data)
    assert str(refusal.value).startswith(f"{place}: ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A published folder, and the package copied alone beside it."""
    shutil.copytree(ROOT / "evaluators" / "draw", tmp_path / "draw", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "published"
    folder.mkdir()
    strata = [
        {"code": code, "mode": "random", "quota": 3, "reserve": 3, "max_per_unit": cap, "min_per_cell": 0}
        for code, cap in CAPS.items()
    ]
    plan = {"format": 1, "seed_source": "dice", "public_seed": "1" * 20, "strata": strata}
    (folder / "draw.json").write_text(json.dumps(plan), "utf-8")
    (folder / "drawn.csv").write_bytes(DRAWN)
    (folder / "replaced.csv").write_bytes(replaced_csv(REPLACED))
    return folder


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-m", "draw.succession", str(folder)]
    return subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_confirms_an_honest_list(folder: Path) -> None:
    done = run(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"replaced": 4, "same": True, "expected": {}}


def test_the_command_names_who_should_have_stood_in(folder: Path) -> None:
    wrong = [REPLACED[0]._replace(stand_in="resv2"), REPLACED[3]._replace(number=2)]
    (folder / "replaced.csv").write_bytes(replaced_csv(wrong))
    done = run(folder)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"replaced": 2, "same": False, "expected": {"1": "resv3"}}


@pytest.mark.parametrize("name", ["draw.json", "drawn.csv", "replaced.csv"])
def test_the_command_refuses_what_it_cannot_read_in_one_line(folder: Path, name: str) -> None:
    (folder / name).unlink()
    done = run(folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr
    assert done.stderr.count("\n") == 1
