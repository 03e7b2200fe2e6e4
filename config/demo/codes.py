"""The demo's ballot codes, derived from its seed: anybody can know them, which is why real rounds refuse them."""

from __future__ import annotations

import hashlib

from evaluation.ballot_code import ENTROPY_BYTES, BallotCode


def code_of(seed: int, number: int) -> BallotCode:
    """The code of the n-th invitation of the open demo round, in issuing order from 0."""
    return BallotCode.from_bytes(hashlib.sha256(f"demo:{seed}:{number}".encode()).digest()[:ENTROPY_BYTES])
