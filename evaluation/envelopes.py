"""The inner envelope: what a sealed ballot holds, byte by byte. Pure: PyNaCl and the standard library only.

Sealed bytes, always exactly 2, 8, 32 or 128 KiB so that their length says next to nothing::

    0x01 ‖ SealedBox(public key, length (4 bytes, big endian) ‖ content ‖ zeros)

``content`` is UTF-8 JSON: ``year``, ``stratum``, ``weight`` (class), ``answers`` (hexadecimal, one byte an answer in
the frozen order of the round's ballot), ``opinions`` ({department code: text}), ``receipt`` (hexadecimal, 16 bytes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

BUCKETS = (2 * 1024, 8 * 1024, 32 * 1024, 128 * 1024)
LENGTH_BYTES = 4
RECEIPT_BYTES = 16
OPINION_CHARACTERS = 2_000

_VERSION = b"\x01"
_SEALING_BYTES = 48  # libsodium's crypto_box_SEALBYTES: the one-time public key and the tag
OVERHEAD = len(_VERSION) + _SEALING_BYTES


class EnvelopeError(ValueError):
    """The bytes are no envelope of this key, or what is inside is no ballot. Never says what is inside."""


class ContentTooLongError(EnvelopeError):
    """The content does not fit into the largest size."""


def capacity(overhead: int) -> int:
    """Bytes of content that fit into the largest size, for a cipher that adds ``overhead`` bytes."""
    return BUCKETS[-1] - overhead - LENGTH_BYTES


def pad(content: bytes, overhead: int) -> bytes:
    """Length, content and zeros, so that with ``overhead`` bytes more it has exactly one of the sizes of `BUCKETS`.

    Raises ContentTooLongError beyond `capacity`.
    """
    for size in BUCKETS:
        room = size - overhead
        if len(content) + LENGTH_BYTES <= room:
            return (len(content).to_bytes(LENGTH_BYTES, "big") + content).ljust(room, b"\0")
    raise ContentTooLongError("the content does not fit into the largest envelope")


def unpad(padded: bytes) -> bytes:
    """Undo `pad`. Raises EnvelopeError."""
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    if len(padded) < LENGTH_BYTES + length:
        raise EnvelopeError("the stated length is longer than the envelope")
    return padded[LENGTH_BYTES : LENGTH_BYTES + length]


@dataclass(frozen=True, slots=True)
class InnerEnvelope:
    """One ballot: what is counted (year, stratum code, weight class, packed answers, opinions by department code) and
    the receipt that proves it is in the box. Its ``repr`` says nothing."""

    year: int = field(repr=False)
    stratum: str = field(repr=False)
    weight_class: str = field(repr=False)
    answers: bytes = field(repr=False)
    opinions: Mapping[str, str] = field(repr=False)
    receipt: bytes = field(repr=False)

    def pack(self) -> bytes:
        """The content as UTF-8 JSON."""
        content = {
            "year": self.year,
            "stratum": self.stratum,
            "weight": self.weight_class,
            "answers": self.answers.hex(),
            "opinions": dict(self.opinions),
            "receipt": self.receipt.hex(),
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, content: bytes) -> InnerEnvelope:
        """Read what `pack` wrote. Raises EnvelopeError for anything else, without naming any of it."""
        try:
            data: dict[str, Any] = json.loads(content)
            inner = cls(
                year=data["year"],
                stratum=data["stratum"],
                weight_class=data["weight"],
                answers=bytes.fromhex(data["answers"]),
                opinions=data["opinions"],
                receipt=bytes.fromhex(data["receipt"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            raise EnvelopeError("the envelope holds no ballot") from None
        if not inner._is_well_formed():
            raise EnvelopeError("the envelope holds no ballot")
        return inner

    def _is_well_formed(self) -> bool:
        return (
            type(self.year) is int
            and isinstance(self.stratum, str)
            and isinstance(self.weight_class, str)
            and isinstance(self.opinions, dict)
            and all(isinstance(text, str) and 0 < len(text) <= OPINION_CHARACTERS for text in self.opinions.values())
            and len(self.receipt) == RECEIPT_BYTES
        )


def seal(inner: InnerEnvelope, public_key: bytes) -> bytes:
    """Seal a ballot for the box: only the private key opens it again. Raises ContentTooLongError.

    ``public_key``: 32 bytes, X25519. About 50 µs; the result has one of the sizes of `BUCKETS`.
    """
    return _VERSION + SealedBox(PublicKey(public_key)).encrypt(pad(inner.pack(), OVERHEAD))


class Opener:
    """Opens envelopes with the private key (32 bytes, X25519), about 40 µs each."""

    def __init__(self, private_key: bytes) -> None:
        self._box = SealedBox(PrivateKey(private_key))

    def __repr__(self) -> str:
        return "Opener(…)"

    def open(self, sealed: bytes) -> InnerEnvelope:
        """The ballot inside. Raises EnvelopeError: another key, altered bytes, or no ballot inside."""
        if sealed[:1] != _VERSION or len(sealed) not in BUCKETS:
            raise EnvelopeError("not an envelope of this system")
        try:
            padded = self._box.decrypt(sealed[1:])
        except CryptoError:
            raise EnvelopeError("sealed for another box, or altered") from None
        return InnerEnvelope.unpack(unpad(padded))
