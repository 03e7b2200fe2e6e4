"""What is typed into the search of the registry may be a number or an address, which no URL or log may show.

So it is sent by POST, and comes back in the address of the result encrypted.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from foundation import crypto

_PURPOSE = "evaluators.search"
LONGEST = 100


def seal(text: str) -> str:
    """The words as they may stand in an address; "" for none."""
    text = text.strip()[:LONGEST]
    return urlsafe_b64encode(crypto.encrypt(text.encode(), purpose=_PURPOSE)).decode().rstrip("=") if text else ""


def unseal(token: str) -> str:
    """The words again; "" for a token that is none of ours."""
    if not token or len(token) > 1_000:
        return ""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        return crypto.decrypt(sealed, purpose=_PURPOSE).decode()
    except (Error, ValueError):
        return ""
