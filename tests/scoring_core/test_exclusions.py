"""Leaving ballots out by sign and stratum: which go, what remains, and what two results side by side give away."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from evaluation.definition import ScoringDefinition
from scoring.core.ballots import Ballots
from scoring.core.exclusions import FlaggedBallots, LeftOut, without
from tests.scoring_core.builders import ballots, definition, scored, times


def sample() -> tuple[ScoringDefinition, Ballots]:
    rules = definition({"g": {"s1": 40, "s2": 60}})
    rows = [
        ("s1", "1", "." * 12),  # blank
        ("s1", "1", "D" * 12),  # nothing but "don't know"
        ("s1", "1.5", "A" * 10 + "D."),  # straight-lined
        ("s1", "1", "ABCABCABCABC"),
        *times(5, "s2", "1", "ABCABCABCABC"),  # identical in bulk
        *times(6, "s2", "1.5", "CCCCCCCCCCCC"),  # identical and straight-lined
        ("s2", "1.5", "AAAAAAAAAAAA"),  # straight-lined
        ("s2", "1", "AAAAAAAAAB.."),
    ]
    return rules, ballots(rules, rows)  # type: ignore[arg-type]


def test_what_a_decision_names_goes_and_nothing_else() -> None:
    rules, given = sample()
    rest, left_out = without(rules, 12, given, {"s2": ["identical"]})
    # 5 of weight 1 and 6 of weight 1.5 go from s2; 2 remain there, and all 4 of s1.
    one, more = given.class_weights.index(Decimal(1)), given.class_weights.index(Decimal("1.5"))
    assert left_out == (LeftOut(1, one, "identical", 5), LeftOut(1, more, "identical", 6))
    assert [rest.returned(stratum, 12) for stratum in (0, 1)] == [4, 2]
    assert bytes(rest.packed[1, one]) == bytes([1] * 9 + [2, 0, 0])  # AAAAAAAAAB.. and nothing else
    assert rest.packed[0, one] == given.packed[0, one]


def test_a_ballot_with_two_signs_counts_once() -> None:
    rules, given = sample()
    rest, left_out = without(rules, 12, given, {"s2": ["identical", "straight"]})
    # Straight-lined comes first: 6 + 1 of weight 1.5; the 5 others are identical alone.
    one, more = given.class_weights.index(Decimal(1)), given.class_weights.index(Decimal("1.5"))
    assert set(left_out) == {LeftOut(1, one, "identical", 5), LeftOut(1, more, "straight", 7)}
    assert rest.returned(1, 12) == 1


def test_nothing_chosen_leaves_the_very_same_ballots() -> None:
    rules, given = sample()
    rest, left_out = without(rules, 12, given, {})
    assert (rest.packed, left_out) == (given.packed, ())


def test_an_unknown_sign_is_an_error() -> None:
    rules, given = sample()
    with pytest.raises(KeyError):
        without(rules, 12, given, {"s1": ["ugly"]})


def test_ballots_that_make_the_difference_are_counted_if_they_say_anything() -> None:
    rules, given = sample()
    flagged = FlaggedBallots.of(rules, 12, given)
    assert flagged.apart("s2", [], ["identical"]) == 11
    assert flagged.apart("s2", ["identical"], ["identical", "straight"]) == 1  # the one all-A ballot
    assert flagged.apart("s2", ["straight"], ["identical"]) == 6  # 1 all-A here, 5 of mixed answers there
    assert flagged.apart("s1", [], ["blank", "abstain"]) == 0  # their signs have told already what they say


@pytest.mark.parametrize(
    ("stratum", "then", "seen", "tells"),
    [
        ("s2", ["identical"], [[]], False),  # 11 ballots
        ("s1", ["straight"], [[]], True),  # one: with and without would tell its answers
        ("s2", ["identical", "straight"], [[]], False),  # 12 ballots against the result with all of them …
        ("s2", ["identical", "straight"], [[], ["identical"]], True),  # … but 1 against one that was seen between
        ("s1", ["blank", "abstain"], [[]], False),  # nothing to tell
    ],
)
def test_a_few_ballots_are_given_away_by_any_result_seen_before(
    stratum: str, then: list[str], seen: list[list[str]], tells: bool
) -> None:
    rules, given = sample()
    assert FlaggedBallots.of(rules, 12, given).tells(stratum, then, seen, min_cell=5) is tells


def test_why_a_single_ballot_must_not_go() -> None:
    """What an attacker does with a table with and one without a ballot: the rule is there because this works."""
    rules, secret = definition({"g": {"s1": 40, "s2": 60}}), "AACABCACBABA"
    rows = [
        *(("s1", "1", row) for row in ("ABCABCABCABC", "BCABCABCABCA", "CCAABBCCAABB")),
        *(("s2", "1", row) for row in (secret, "BBBACCABCABC", "CABCABCABCAA", "ABABABABCCCC")),
    ]
    rest = [row for row in rows if row[2] != secret]
    tables = [scored(rules, "g" * 12, given).departments for given in (rows, rest)]
    # S = 40 p1 + 60 p2 in both; p1 (3 ballots) is shown beside it. p2 of 4 ballots less p2 of 3 is the one's answer.
    guessed = ""
    for at in range(12):
        first = Fraction(sum(row[2][at] == "A" for row in rows if row[0] == "s1"), 3)
        second = [(Fraction(table[at].satisfaction) / 100 - first * 40 / 100) * 100 / 60 for table in tables]
        guessed += "A" if round(4 * second[0] - 3 * second[1]) == 1 else "-"
    assert guessed == "".join(answer if answer == "A" else "-" for answer in secret)
    flagged = FlaggedBallots.of(rules, 12, ballots(rules, rows))
    it = np.array([row[2] == secret for row in rows if row[0] == "s2"])
    only_it = FlaggedBallots({"s2": {**flagged.by_stratum["s2"], "straight": it}})
    assert only_it.tells("s2", ["straight"], [[]], min_cell=5)  # and so it is refused


def test_the_classes_of_a_stratum_are_told_apart_however_many_there_are() -> None:
    """Three weight classes of one stratum; only the ballot of the last one is straight-lined."""
    rules = definition({"g": {"s": 100}})
    given = ballots(rules, [("s", "1", "ABCABCABCABC"), ("s", "1.5", "BCABCABCABCA"), ("s", "2", "A" * 12)])
    rest, left_out = without(rules, 12, given, {"s": ["straight"]})
    assert left_out == (LeftOut(0, given.class_weights.index(Decimal(2)), "straight", 1),)
    assert rest.returned(0, 12) == 2


def test_only_the_named_strata_are_looked_at() -> None:
    rules, given = sample()
    assert set(FlaggedBallots.of(rules, 12, given, ["s2"]).by_stratum) == {"s2"}
    assert set(FlaggedBallots.of(rules, 12, given).by_stratum) == {"s1", "s2"}


@pytest.mark.parametrize(("min_cell", "tells"), [(5, False), (7, False), (8, True)])
def test_as_many_ballots_as_a_cell_needs_give_nobody_away(min_cell: int, tells: bool) -> None:
    """Seven straight-lined ballots make the difference to the result with all of them."""
    rules, given = sample()
    assert FlaggedBallots.of(rules, 12, given).tells("s2", ["straight"], [[]], min_cell=min_cell) == tells
