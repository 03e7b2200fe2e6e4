"""The code in the letter: 80 random bits that are never stored, printed in a log, or shown by a ``repr``."""

from __future__ import annotations

import hashlib
import secrets

from evaluation import crockford
from foundation import crypto

CHARACTERS = 17
ENTROPY_BYTES = 10


class CodeError(ValueError):
    """What was typed cannot be a code: wrong length, wrong character, or the check character does not fit."""


class BallotCode:
    """A code of 16 characters of Crockford's base 32 and a check character."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if len(text) != CHARACTERS or not crockford.has_valid_check(text):
            raise CodeError("not a ballot code")
        self._text = text

    def __repr__(self) -> str:
        return "BallotCode(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BallotCode) and secrets.compare_digest(self._text, other._text)

    def __hash__(self) -> int:
        return hash(self._text)

    @classmethod
    def read(cls, typed: str) -> BallotCode:
        """The code that somebody typed or that stands in a link, however it was written. Raises CodeError."""
        if len(typed) > 100:
            raise CodeError("not a ballot code")
        return cls(crockford.normalise(typed))

    @classmethod
    def from_bytes(cls, entropy: bytes) -> BallotCode:
        """The code of 80 given bits (10 bytes)."""
        if len(entropy) != ENTROPY_BYTES:
            raise ValueError("a code has 10 bytes")
        word = crockford.encode(entropy)
        return cls(word + crockford.check_character(word))

    @classmethod
    def new(cls) -> BallotCode:
        """A new random code."""
        return cls.from_bytes(secrets.token_bytes(ENTROPY_BYTES))

    def reveal(self) -> str:
        """The 17 characters: for the link, the letter and the evaluator's own cookie only."""
        return self._text

    def reveal_grouped(self) -> str:
        """In groups, as printed: ``ABCD-EFGH-JKMN-PQRS-T``."""
        return crockford.grouped(self._text)

    @property
    def hash(self) -> bytes:
        """The keyed hash under which the invitation is found, 32 bytes; the key is outside the database."""
        return crypto.keyed_hash(self._text, purpose="ballot-code")

    @property
    def draft_key(self) -> bytes:
        """The key of the draft (HKDF of the code, 32 bytes): the server cannot read drafts without the code."""
        return crypto.derive_key(self._text.encode("ascii"), "ballot-draft")


def demo_code(seed: str, year: int, index: int) -> BallotCode:
    """The code of the ``index``-th invitation of a demo round, derived from the demo's seed. Never for a real round."""
    digest = hashlib.sha256(f"demo-code:{seed}:{year}:{index}".encode()).digest()
    return BallotCode.from_bytes(digest[:ENTROPY_BYTES])
