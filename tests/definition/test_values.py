"""Numbers that read the same everywhere."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evaluation.definition.values import canonical_json, decimal_or_none, exact_sum, fingerprint, integer_or_none, plain


@pytest.mark.parametrize("text", ["0", "-0.5", "+1", ".5", "5.", " 12.50 ", "0" * 40])
def test_plain_decimals_are_read(text: str) -> None:
    assert decimal_or_none(text) == Decimal(text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "1e2",
        "NaN",
        "Infinity",
        "1_000",
        "1,5",
        "１",
        "٣",
        "--1",
        "1" * 41,
        0.5,
        True,
        None,
        [],
        Decimal("NaN"),
    ],
)
def test_anything_else_is_no_decimal(value: object) -> None:
    assert decimal_or_none(value) is None


def test_huge_exponents_do_not_unfold() -> None:
    assert decimal_or_none(Decimal("1e1000000")) is None
    assert decimal_or_none(Decimal("1e3")) == 1000
    assert decimal_or_none(7) == 7


def test_whole_numbers() -> None:
    assert [integer_or_none(value) for value in (3, "3", " -3 ", "3.0", "３", True, None, "9" * 41)] == [
        3,
        3,
        -3,
        None,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [("25.00", "25"), ("1E+2", "100"), ("-0.0", "0"), ("0.10", "0.1"), ("100", "100"), ("-2.50", "-2.5")],
)
def test_the_shortest_plain_notation(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


def test_sums_are_exact_beyond_the_default_precision() -> None:
    tiny = Decimal("0.0000000000000000000000000000000001")
    assert exact_sum([Decimal(99), Decimal(1), tiny, None]) != 100
    assert exact_sum([]) == 0


def test_canonical_json_and_its_fingerprint() -> None:
    assert canonical_json({"b": [1, "满意"], "a": None}) == '{"a":null,"b":[1,"满意"]}'.encode()
    # SHA-256 of "{}"
    assert fingerprint({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
