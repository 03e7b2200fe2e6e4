"""A counted round of hand-made ballots for the tests of data quality; every number is in a comment."""

from __future__ import annotations

from evaluation.models import Round
from scoring.core.bundle import Bundle
from tests.scoring.golden import stored_round
from tests.scoring_core.builders import ballots, definition, departments, times

Row = tuple[str, str, str]
BULK = "ABCABCABCABC"

#: s3 weighs 10 but returns too little to report, so s1 and s2 count 40 : 60.
RULES = definition({"g": {"s1": 36, "s2": 54, "s3": 10}}, populations={"s1": 100, "s2": 200, "s3": 5}, min_valid=5)


def ordinary(count: int) -> list[str]:
    """Different ballots over 12 departments, none straight-lined; on the first department, of ten, 3 A, 4 B and 3 C."""
    return ["".join("ABC"[at // 3 ** (column % 3) % 3] for column in range(12)) for at in range(1, count + 1)]


# s1: 14 ballots, of which 1 blank, 2 "don't know", 1 straight-lined.
S1: list[Row] = [
    *(("s1", "1", row) for row in ordinary(10)),
    ("s1", "1", "." * 12),
    *times(2, "s1", "1", "D" * 12),  # type: ignore[list-item]
    ("s1", "1", "C" * 12),
]
# s2: 21 ballots, of which 6 identical (2 of them of the double weight) and 5 straight-lined, no 5 of these equal.
S2: list[Row] = [
    *(("s2", "1", row) for row in ordinary(10)),
    *times(4, "s2", "1", BULK),  # type: ignore[list-item]
    *times(2, "s2", "2", BULK),  # type: ignore[list-item]
    *times(2, "s2", "1", "A" * 12),  # type: ignore[list-item]
    *times(3, "s2", "1", "A" * 11 + "."),  # type: ignore[list-item]
]
# s3: 3 ballots, fewer than are ever shown.
S3: list[Row] = [("s3", "1", "." * 12), ("s3", "1", "A" * 12), ("s3", "1", BULK)]
ROWS = [*S1, *S2, *S3]


def bundle_of(rows: list[Row]) -> Bundle:
    """These ballots under the rules of the round."""
    return Bundle(RULES, tuple(departments("g" * 12)), ballots=ballots(RULES, rows))


def counted(rows: list[Row] | None = None) -> Round:
    """The round, its box opened."""
    return stored_round(bundle_of(ROWS if rows is None else rows))
