"""Receipts: they prove *that* a ballot is in the box, never *how* it was cast. Pure; described in docs/receipts.md.

A receipt is 128 random bits, written as 26 characters of Crockford's base 32 and a check character. Its hash is the
SHA-256 of these 27 characters in ASCII, without dashes. The root over the sorted hashes is the tree of RFC 6962:
leaf = SHA-256(0x00 ‖ hash), node = SHA-256(0x01 ‖ left ‖ right), split at the largest power of two below the number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from evaluation import crockford
from evaluation.envelopes import RECEIPT_BYTES

CHARACTERS = 27
GROUP = 3


class ReceiptError(ValueError):
    """What was typed cannot be a receipt: wrong length, wrong character, or the check character does not fit."""


def text_of(receipt: bytes) -> str:
    """The 27 characters of a receipt of 16 bytes. Raises ValueError for another length."""
    if len(receipt) != RECEIPT_BYTES:
        raise ValueError("a receipt has 16 bytes")
    word = crockford.encode(receipt)
    return word + crockford.check_character(word)


def grouped(text: str) -> str:
    """A receipt's characters in nine groups of three."""
    return crockford.grouped(text, GROUP)


def read(typed: str) -> str:
    """The 27 characters of a receipt as typed. Raises ReceiptError."""
    text = crockford.normalise(typed)
    if len(text) != CHARACTERS or not crockford.has_valid_check(text):
        raise ReceiptError("not a receipt")
    return text


def hash_of(text: str) -> bytes:
    """SHA-256 of a receipt's 27 characters, 32 bytes: what the published list shows."""
    return hashlib.sha256(text.encode("ascii")).digest()


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of 32 bytes in the order given (the published list is sorted); SHA-256("") of none.

    Pairing neighbours level by level and moving an odd last one up unchanged gives RFC 6962's tree.
    """
    if not hashes:
        return hashlib.sha256(b"").digest()
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in hashes]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def published_list(hashes: Iterable[bytes]) -> bytes:
    """The list as a file: one hash in hexadecimal a line, sorted, each line ended by LF."""
    return b"".join(value.hex().encode() + b"\n" for value in sorted(hashes))
