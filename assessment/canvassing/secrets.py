"""What a reporter gets to look up the case: a number and a secret word, both from the token of the form.

The token is random and signed into the form; sent twice, the form gives the same number and word, so that a second
click neither makes a second case nor loses the word. The word itself is not stored.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

from django.core import signing

from evaluation.crockford import encode, grouped, normalise
from foundation import crypto

LEAST_SECONDS = 3
MOST_SECONDS = 12 * 3600
_SALT = "assessment.canvassing.form"
_NUMBER_BYTES, _SECRET_BYTES = 5, 10


class FormTokenError(ValueError):
    """``code``: forged, too_fast (sent sooner than anybody types) or too_old."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class CaseKey:
    """Number (8 characters) and secret word (16 characters) of a case, without separators."""

    number: str
    secret: str = field(repr=False)

    @property
    def number_grouped(self) -> str:
        return grouped(self.number)

    @property
    def secret_grouped(self) -> str:
        return grouped(self.secret)


def new_form_token(now: float | None = None) -> str:
    """What a fresh form carries."""
    return signing.Signer(salt=_SALT).sign(f"{secrets.token_hex(16)}.{int(now or time.time())}")


def token_of(signed: str, now: float | None = None) -> bytes:
    """The token of a form that was sent. Raises FormTokenError."""
    try:
        text, _dot, moment = signing.Signer(salt=_SALT).unsign(signed).partition(".")
    except signing.BadSignature:
        raise FormTokenError("forged") from None
    age = (now or time.time()) - int(moment)
    if age < LEAST_SECONDS:
        raise FormTokenError("too_fast")
    if age > MOST_SECONDS:
        raise FormTokenError("too_old")
    return bytes.fromhex(text)


def case_key(token: bytes) -> CaseKey:
    """Number and word of the case that a form makes."""
    number = crypto.keyed_hash(token, purpose="canvassing.number")[:_NUMBER_BYTES]
    secret = crypto.keyed_hash(token, purpose="canvassing.secret")[:_SECRET_BYTES]
    return CaseKey(encode(number), encode(secret))


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret word, as typed or as given out."""
    return crypto.keyed_hash(normalise(secret), purpose="canvassing.lookup")
