"""Numbers and words as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assessment.marks import LIMITS, BadNumber, Marks, is_bare_yes, number_in, words_in

HUNDRED = Decimal(100)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("87.1234", "87.1234"),
        ("0.1", "0.1"),  # not 0.1000000000000000055
        ("８７．２５", "87.25"),  # full width
        ("100", "100"),
        ("100.0000000", "100"),  # zeros are no decimals that count
        (".5", "0.5"),
        ("90.", "90"),
        ("007", "7"),
        ("-0", "0"),
    ],
)
def test_numbers_are_read_exactly(text: str, number: str) -> None:
    found = number_in(text, HUNDRED)
    assert found == Decimal(number)
    assert found is not None
    assert not found.is_signed()


def test_an_empty_cell_is_no_number() -> None:
    assert number_in("", HUNDRED) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("优秀", "not_a_number"),
        ("87,5", "not_a_number"),
        ("1e1", "not_a_number"),
        ("NaN", "not_a_number"),
        ("85%", "not_a_number"),
        ("85分", "not_a_number"),
        (".", "not_a_number"),
        ("٨٧", "not_a_number"),  # digits of another script
        ("100.0001", "out_of_range"),
        ("-1", "out_of_range"),
        ("87.12345", "too_many_decimals"),
        ("87.00001", "too_many_decimals"),
    ],
)
def test_what_is_no_such_number_says_why(text: str, code: str) -> None:
    with pytest.raises(BadNumber) as problem:
        number_in(text, HUNDRED)
    assert problem.value.code == code


def test_points_end_where_their_column_does() -> None:
    assert number_in("99999.9999", LIMITS["bonus"]) == Decimal("99999.9999")
    with pytest.raises(BadNumber):
        number_in("100000", LIMITS["bonus"])


@pytest.mark.parametrize("text", ["", " ", "无", "否", "—", "——", "/", "0", "None", "Ｎｏ", "FALSE"])
def test_words_that_say_that_there_is_nothing_are_nothing(text: str) -> None:
    assert words_in(text) == ""


def test_other_words_stay_as_they_are() -> None:
    assert words_in(" 无证执法被通报 ") == "无证执法被通报"
    assert words_in("=1+1") == "=1+1"


def test_a_bare_yes_gives_no_reason() -> None:
    assert is_bare_yes("是")
    assert is_bare_yes("TRUE")
    assert not is_bare_yes("是因为发生责任事故")


def test_marks_compare_by_value() -> None:
    assert Marks(score=Decimal("87.5"), bonus=Decimal("0.00")) == Marks(score=Decimal("87.5000"))
    assert str(Marks(score=Decimal("87.5")).score) == "87.5000"
