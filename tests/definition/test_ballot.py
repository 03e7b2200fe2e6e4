"""The frozen ballot: one byte per department and item."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from evaluation.definition import BallotDefinition, BallotDepartment, default_configuration


@pytest.fixture
def ballot() -> BallotDefinition:
    return BallotDefinition(
        departments=(BallotDepartment("D1", "g"), BallotDepartment("D2", "h"), BallotDepartment("D3", "g")),
        items=("a", "b"),
        choices=("A", "B", "C"),
        judges={"npc": ("g", "h"), "press": ("g",), "nobody": ()},
    )


def test_an_answer_has_its_place(ballot: BallotDefinition) -> None:
    assert (ballot.size, ballot.index(2, 1), ballot.index_of("D3", "b")) == (6, 5, 5)
    for department, item in ((3, 0), (0, 2), (-1, 0), (0, -1)):
        with pytest.raises(IndexError):
            ballot.index(department, item)


def test_answers_are_packed_and_read_back(ballot: BallotDefinition) -> None:
    answers = {("D1", "b"): "C", ("D3", "a"): "A", ("D2", "a"): ""}
    packed = ballot.encode(answers)
    assert packed == bytes([0, 3, 0, 0, 1, 0])
    assert ballot.decode(packed) == {("D1", "b"): "C", ("D3", "a"): "A"}
    assert ballot.encode({}) == bytes(6)


@pytest.mark.parametrize("answers", [{("D9", "a"): "A"}, {("D1", "z"): "A"}, {("D1", "a"): "Z"}])
def test_what_is_not_on_the_ballot_cannot_be_packed(ballot: BallotDefinition, answers: dict) -> None:
    with pytest.raises(KeyError):
        ballot.encode(answers)


@pytest.mark.parametrize("packed", [bytes(5), bytes(7), bytes([4, 0, 0, 0, 0, 0])])
def test_other_bytes_are_no_ballot(ballot: BallotDefinition, packed: bytes) -> None:
    with pytest.raises(ValueError, match="answer"):
        ballot.decode(packed)


def test_a_stratum_sees_the_groups_it_judges(ballot: BallotDefinition) -> None:
    assert ballot.mask("press") == (True, False, True)
    assert ballot.mask("nobody") == (False, False, False)
    assert [entry.code for entry in ballot.departments_for("npc", without=frozenset({"D1"}))] == ["D2", "D3"]
    with pytest.raises(KeyError):
        ballot.mask("unknown")


def test_answers_that_may_not_be_given_are_blanked(ballot: BallotDefinition) -> None:
    full = bytes([1, 1, 2, 2, 3, 3])
    assert ballot.cleaned(full, "press", frozenset({"D3"})) == bytes([1, 1, 0, 0, 0, 0])
    assert ballot.cleaned(full, "npc") == full
    with pytest.raises(ValueError, match="does not judge"):
        ballot.check(full, "press")
    ballot.check(bytes([1, 1, 0, 0, 3, 3]), "press")


def test_it_survives_storage(ballot: BallotDefinition) -> None:
    again = BallotDefinition.from_dict(json.loads(json.dumps(ballot.to_dict())))
    assert again == ballot
    assert again.fingerprint() == ballot.fingerprint()


@pytest.mark.parametrize(
    "parts",
    [
        ((BallotDepartment("D1", "g"), BallotDepartment("D1", "h")), ("a",), ("A",)),
        ((BallotDepartment("D1", "g"),), ("a", "a"), ("A",)),
        ((BallotDepartment("D1", "g"),), ("a",), ("A", "A")),
        ((BallotDepartment("D1", "g"),), ("a",), tuple(str(at) for at in range(256))),
    ],
)
def test_nothing_is_on_the_ballot_twice_and_a_choice_fits_a_byte(parts: tuple) -> None:
    with pytest.raises(ValueError, match="twice|one byte"):
        BallotDefinition(*parts)


def test_a_stratum_of_weight_zero_does_not_judge_a_group() -> None:
    configuration = default_configuration([("npc", "人大代表"), ("press", "媒体")], [("g", "一"), ("h", "二")])
    only_deputies = replace(configuration.groups[1], weights={"npc": Decimal(100), "press": Decimal(0)})
    configuration = replace(configuration, groups=(configuration.groups[0], only_deputies))
    ballot = configuration.ballot_definition([("D1", "g"), ("D2", "h")])
    assert ballot.judges == {"npc": ("g", "h"), "press": ("g",)}
    assert (ballot.items, ballot.choices) == (("overall",), ("A", "B", "C", "D"))
