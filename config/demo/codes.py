"""The demo's ballot codes, derived from its seed: anybody can know them, which is why real rounds refuse them."""

from __future__ import annotations

from config.demo.plan import OPEN_YEAR
from evaluation.ballot_code import BallotCode, demo_code


def code_of(seed: int, number: int) -> BallotCode:
    """The code of the n-th invitation of the open demo round, in issuing order from 0."""
    return demo_code(str(seed), OPEN_YEAR.year, number)
