"""Commitments: who stands behind an opaque id, fixed at freezing and checkable later with the person's own salt.

The person (or a witness) checks it with nothing but the salt from the letter::

    printf '%s' "SALTNAMEPHONE" | sha256sum
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from .labels import normalise_label

_SALT_FORM = re.compile(r"[0-9a-f]{64}")


def derive_salt(key: bytes, snapshot: str, candidate: str) -> str:
    """The salt of one candidate in one snapshot: HMAC-SHA-256 of ``snapshot:candidate`` in hex.

    Args:
        key: secret of the installation, at least 16 bytes; whoever has it can test guesses of names and phones.
        snapshot: identifier of the snapshot, without a colon.
        candidate: id of the candidate.

    Raises:
        ValueError: a short key or a colon in ``snapshot``.
    """
    if len(key) < 16:
        raise ValueError("the key must have at least 16 bytes")
    if ":" in snapshot:
        raise ValueError("the identifier of a snapshot holds no colon")
    return hmac.new(key, f"{snapshot}:{candidate}".encode(), hashlib.sha256).hexdigest()


def normalise_name(name: str) -> str:
    """The name as it is hashed: NFC, white space single and trimmed, nothing invisible; ``·`` and rare characters stay.

    >>> normalise_name(" 阿依古丽·\\u200b买买提 ")
    '阿依古丽·买买提'
    """
    return normalise_label(name)


def normalise_phone(phone: str) -> str:
    """The phone as it is hashed: ASCII digits only, without the country code of mainland China.

    >>> normalise_phone("+86 138-0013-8000")
    '13800138000'
    """
    digits = "".join(c for c in unicodedata.normalize("NFKC", phone) if c in "0123456789")
    match = re.fullmatch(r"(?:00)?86(1\d{10})", digits)
    return match[1] if match else digits


def commitment(salt: str, name: str, phone: str) -> str:
    """SHA-256 hex of salt + name + phone, name and phone normalised, UTF-8.

    Args:
        salt: 64 lower-case hex digits; the fixed length keeps the three parts apart.
        name: of the person, or of the unit in a stratum drawn by unit.
        phone: of the person or the unit's contact; may be empty.

    Raises:
        ValueError: a salt of another form, or a name that is empty once normalised.
    """
    if _SALT_FORM.fullmatch(salt) is None:
        raise ValueError("a salt is 64 lower-case hex digits")
    normalised = normalise_name(name)
    if not normalised:
        raise ValueError("a commitment needs a name")
    return hashlib.sha256(f"{salt}{normalised}{normalise_phone(phone)}".encode()).hexdigest()


def verify_commitment(expected: str, salt: str, name: str, phone: str) -> bool:
    """Whether ``expected`` from the snapshot is the commitment to this name and phone."""
    return hmac.compare_digest(expected.encode(), commitment(salt, name, phone).encode())
