"""Encryption at rest and keyed hashes. Keys come from ``settings.FIELD_KEY``, which is never in the database.

Ciphertexts are AES-256-GCM (``cryptography``): one version byte, a 96-bit random nonce, the ciphertext with its tag.
The purpose is both part of the key derivation and bound as associated data, so that a phone number cannot be passed
off as an e-mail address.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION = b"\x01"
_NONCE_BYTES = 12


class DecryptionError(ValueError):
    """The bytes were not made with this key and purpose, or were altered."""


@lru_cache(maxsize=64)
def _derive(master: str, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"wanren-pingyi", info=purpose.encode()).derive(
        master.encode()
    )


def derive_key(secret: bytes, purpose: str) -> bytes:
    """Derive 32 bytes from a secret with enough entropy of its own (a ballot code), HKDF-SHA256."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"wanren-pingyi", info=purpose.encode()).derive(secret)


@lru_cache(maxsize=64)
def _cipher(master: str, purpose: str) -> AESGCM:
    return AESGCM(_derive(master, purpose))


def encrypt(plain: bytes, *, purpose: str) -> bytes:
    """Encrypt under the deployment's key; 29 bytes longer than ``plain``."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + _cipher(settings.FIELD_KEY, purpose).encrypt(nonce, plain, purpose.encode())


def decrypt(sealed: bytes, *, purpose: str) -> bytes:
    """Undo :func:`encrypt`. Raises DecryptionError."""
    return _open(_cipher(settings.FIELD_KEY, purpose), bytes(sealed), purpose)


def encrypt_with(key: bytes, plain: bytes, *, purpose: str) -> bytes:
    """Encrypt under a 32-byte key of one's own (see :func:`derive_key`)."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())


def decrypt_with(key: bytes, sealed: bytes, *, purpose: str) -> bytes:
    """Undo :func:`encrypt_with`. Raises DecryptionError."""
    return _open(AESGCM(key), bytes(sealed), purpose)


def _open(cipher: AESGCM, sealed: bytes, purpose: str) -> bytes:
    if len(sealed) < 1 + _NONCE_BYTES + 16 or sealed[:1] != _VERSION:
        raise DecryptionError("not a ciphertext of this system")
    try:
        return cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], purpose.encode())
    except InvalidTag:
        raise DecryptionError("wrong key, wrong purpose or altered data") from None


def keyed_hash(value: str | bytes, *, purpose: str) -> bytes:
    """HMAC-SHA256 under the deployment's key, 32 bytes: finds a value again without storing it."""
    data = value.encode() if isinstance(value, str) else value
    return hmac.digest(_derive(settings.FIELD_KEY, "hash:" + purpose), data, hashlib.sha256)


def keyed_hasher(*, purpose: str) -> Callable[[str], bytes]:
    """:func:`keyed_hash` of texts for many of them: the key is looked up once."""
    key, digest = _derive(settings.FIELD_KEY, "hash:" + purpose), hmac.digest
    return lambda value: digest(key, value.encode(), "sha256")


def encrypter(*, purpose: str) -> Callable[[bytes], bytes]:
    """:func:`encrypt` for many: the cipher is looked up once."""
    seal, bound, random = _cipher(settings.FIELD_KEY, purpose).encrypt, purpose.encode(), os.urandom

    def one(plain: bytes) -> bytes:
        nonce = random(_NONCE_BYTES)
        return _VERSION + nonce + seal(nonce, plain, bound)

    return one
