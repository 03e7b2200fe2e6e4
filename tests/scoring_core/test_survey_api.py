"""Standard errors against figures that R's `survey` publishes for its own `api` data (its example and test output).

Schools stand for ballots, school types for strata. A number of a school is given in binary, one criterion a binary
digit, weighing as much as the digit is worth: then the satisfaction rate is the stratified mean of the number, in per
cent of the largest, and its standard error that of the mean: all criteria of a ballot have to vary together for that.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from scoring.core.ballots import Ballots
from scoring.core.score import score
from tests.scoring_core.builders import THREE_STEP, definition, departments

SCHOOLS = {"E": 4421, "H": 755, "M": 1018}
#: R 4.2, survey 4.1: svymean(~api00, dstrat); svytotal(~enroll, dstrat), with dstrat stratified by stype, fpc given.
PUBLISHED = {"api00": ("mean", "662.29", "9.4089"), "enroll": ("total", "3687178", "114642")}


def shares(parts: Sequence[int]) -> list[Decimal]:
    """100 in proportion to `parts`, far beyond what the comparison needs; the last one takes what is left."""
    with localcontext(prec=30):
        whole = sum(parts)
        given = [(Decimal(100 * part) / whole).quantize(Decimal("1e-20")) for part in parts[:-1]]
        return [*given, Decimal(100) - sum(given)]


@pytest.mark.parametrize("variable", PUBLISHED)
def test_the_error_of_a_stratified_mean_is_the_one_that_r_publishes(variable: str) -> None:
    with (Path(__file__).parent / "data" / "apistrat.csv").open(newline="") as file:
        rows = [(row["stype"], int(row[variable])) for row in csv.DictReader(file)]
    digits = max(number for _kind, number in rows).bit_length()
    largest = 2**digits - 1
    rules = definition(
        {"g": dict(zip(SCHOOLS, map(str, shares(list(SCHOOLS.values()))), strict=True))},
        populations=SCHOOLS,
        items=[(f"b{at}", str(share)) for at, share in enumerate(shares([2**at for at in range(digits)]))],
        decimals=10,
    )
    satisfied, dissatisfied = (
        1 + [choice.counts for choice in THREE_STEP].index(kind) for kind in ("satisfied", "dissatisfied")
    )
    packed = {
        (at, 0): bytes(
            satisfied if number >> digit & 1 else dissatisfied
            for kind, number in rows
            if kind == code
            for digit in range(digits)
        )
        for at, code in enumerate(SCHOOLS)
    }
    ballots = Ballots(packed, (Decimal(1),))
    row = score(rules, departments("g"), ballots.cube(rules, 1)).departments[0]
    assert row.satisfaction is not None
    assert row.se_satisfaction is not None
    kind, mean, error = PUBLISHED[variable]
    scale = Decimal(largest) / 100 * (sum(SCHOOLS.values()) if kind == "total" else 1)
    found = row.satisfaction * scale, row.se_satisfaction * scale
    # Standard errors are rounded to 6 places of a percentage point, which is far less than R prints.
    assert [figure.quantize(Decimal(want)) for figure, want in zip(found, (mean, error), strict=True)] == [
        Decimal(mean),
        Decimal(error),
    ]
