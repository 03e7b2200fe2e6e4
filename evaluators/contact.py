"""Phone numbers and e-mail addresses: the keyed hashes that find them again without storing them readably."""

from __future__ import annotations

from foundation.crypto import keyed_hash

TAIL_DIGITS = 4


def phone_hash(phone: str) -> bytes:
    """The hash of a normalised number (eleven digits); no bytes for none."""
    return keyed_hash(phone, purpose="evaluator.phone") if phone else b""


def phone_tail_hash(phone: str) -> bytes:
    """The hash of the last four digits, for search; no bytes for no number."""
    return keyed_hash(phone[-TAIL_DIGITS:], purpose="evaluator.phone_tail") if phone else b""


def email_hash(email: str) -> bytes:
    """The hash of an address, capitals ignored; no bytes for none."""
    return keyed_hash(email.lower(), purpose="evaluator.email") if email else b""
