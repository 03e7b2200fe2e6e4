"""Phone numbers and e-mail addresses: the keyed hashes that find them again without storing them readably."""

from __future__ import annotations

from foundation.crypto import keyed_hash, keyed_hasher

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


class ContactHasher:
    """The three hashes for many people: keys are looked up once, tails (ten thousand of them) hashed once each."""

    def __init__(self) -> None:
        self._phone = keyed_hasher(purpose="evaluator.phone")
        self._tail = keyed_hasher(purpose="evaluator.phone_tail")
        self._email = keyed_hasher(purpose="evaluator.email")
        self._tails: dict[str, bytes] = {}

    def phone(self, phone: str) -> bytes:
        """As :func:`phone_hash`."""
        return self._phone(phone) if phone else b""

    def phone_tail(self, phone: str) -> bytes:
        """As :func:`phone_tail_hash`."""
        if not phone:
            return b""
        tail = phone[-TAIL_DIGITS:]
        known = self._tails.get(tail)
        if known is None:
            known = self._tails[tail] = self._tail(tail)
        return known

    def email(self, email: str) -> bytes:
        """As :func:`email_hash`."""
        return self._email(email.lower()) if email else b""
