"""docs/redo-the-draw.md: its commands print what it says, and its draw is the draw of the program."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from evaluators.draw import DrawResult
from evaluators.draw.__main__ import draw_folder
from evaluators.draw.allocation import allocate
from evaluators.draw.standins import differing, parse_replaced

from .reference import ROOT, key

DOC = (ROOT / "docs" / "redo-the-draw.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", DOC, flags=re.MULTILINE | re.DOTALL)
MARK = "--- end of block ---\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("redo")


@pytest.fixture(scope="module")
def printed(folder: Path) -> list[str]:
    """What each shell block prints, all run one after the other in one shell."""
    script = "set -eu\n" + "".join(f"{text}printf '%s' '{MARK}'\n" for kind, text in BLOCKS if kind == "sh")
    done = subprocess.run(["bash"], input=script.encode(), cwd=folder, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().split(MARK)[:-1]


@pytest.fixture(scope="module")
def result(folder: Path, printed: list[str]) -> DrawResult:
    """The program's draw from the files that the document has just made."""
    return draw_folder(folder)


def test_every_command_prints_what_the_document_says(printed: list[str]) -> None:
    told: list[str] = []
    for kind, text in BLOCKS:
        if kind == "sh":
            told.append("")
        elif kind == "text":
            told[-1] = text
    assert len(told) == 10
    assert printed == told


def test_the_hashes_by_hand_are_those_of_the_program(printed: list[str], result: DrawResult) -> None:
    # Blocks: 0 registry, 1 sorted, 2 its hash, 3 draw.json, 4 plan hash, 5 seed, 6 keys, 7 commitment, 8–9 replaced.
    assert [printed[i].strip() for i in (2, 4, 5)] == [result.snapshot_hash, result.plan_hash, result.seed]


def test_the_commitment_by_hand_is_that_in_the_register(printed: list[str]) -> None:
    by_hand, in_register = printed[7].split()
    assert by_hand == in_register


def test_the_drawn_by_hand_are_those_of_the_program(result: DrawResult) -> None:
    assert [text.encode() for kind, text in BLOCKS if kind == "csv"] == [result.csv()]


def test_the_walk_down_the_list_is_the_one_the_program_takes(result: DrawResult) -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w{8})…` \| (\w+) \| (\w+) \| (\S+) \| (.*) \|$", DOC, flags=re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, 11))
    assert [row[1] for row in rows] == sorted(key(result.seed, row[2])[:8] for row in rows)
    places = {place.id: place for place in result.places}
    for _, digits, candidate, cell, unit, what in rows:
        assert key(result.seed, candidate).startswith(digits)
        place = places.get(candidate)
        told = re.search(r"(main|reserve) (\d+)$", what)
        assert (told and (told[1], int(told[2]))) == (place and (place.role, place.order))
        assert place is None or (cell, unit) == (place.cell, place.unit or "–")


def test_the_seats_by_hand_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\S+) \| (\d+) \| 1 \|.*\| (\d+) \|$", DOC, flags=re.MULTILINE)
    sizes = {cell: int(size) for cell, size, _ in rows}
    assert sizes == Counter(re.findall(r"^c\d+,npc,(\S+?),\S*,", DOC.split("END")[1], flags=re.MULTILINE))
    assert {cell: int(seats) for cell, _, seats in rows} == allocate(sizes, 4, 1)


def test_the_stand_ins_by_hand_are_those_of_the_program(result: DrawResult) -> None:
    wrong, right = (
        parse_replaced(text.partition("END'\n")[2].removesuffix("END\n").encode())
        for kind, text in BLOCKS
        if kind == "sh" and "replaced.csv" in text
    )
    # Two lines differ in the wrong list: whoever stands in for c202 wrongly is not there for c103.
    assert differing(result.places, wrong, {"npc": 1}) == [(1, "c106"), (2, "c204")]
    assert differing(result.places, right, {"npc": 1}) == []
