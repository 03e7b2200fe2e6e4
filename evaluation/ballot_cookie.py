"""The code on its way through the pages: in an encrypted cookie of the evaluator's browser, not the session table."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from evaluation.ballot_code import BallotCode, CodeError
from foundation import crypto

NAME = "ballot"
PATH = "/b/"
MAX_AGE_SECONDS = 12 * 3600
_PURPOSE = "ballot-cookie"
_TOKENS_KEPT = 3


@dataclass(frozen=True)
class Ticket:
    """What a browser carries: the code, when Start was pressed, the tokens of its review pages (one becomes the
    receipt), and whether it is replacing a ballot."""

    code: BallotCode = field(repr=False)
    started_at: datetime | None = None
    tokens: tuple[bytes, ...] = field(default=(), repr=False)
    replacing: bool = False

    def started(self, now: datetime, *, replacing: bool = False) -> Ticket:
        """The same with Start pressed now (the first time counts)."""
        started_at = now if replacing or self.started_at is None else self.started_at
        return replace(self, started_at=started_at, replacing=replacing)

    def with_token(self, token: bytes) -> Ticket:
        """The same with one more token; the last few are kept."""
        return replace(self, tokens=(*(known for known in self.tokens if known != token), token)[-_TOKENS_KEPT:])


def read(request: HttpRequest) -> Ticket | None:
    """The ticket of this browser; None without one, or if it is too old or not ours."""
    value = request.COOKIES.get(NAME, "")
    if not value:
        return None
    try:
        data = json.loads(crypto.decrypt(base64.urlsafe_b64decode(value), purpose=_PURPOSE))
        age = timezone.now().timestamp() - data["at"]
        if not 0 <= age + 60 <= MAX_AGE_SECONDS:
            return None
        started = datetime.fromtimestamp(data["started"], UTC) if data["started"] is not None else None
        tokens = tuple(bytes.fromhex(token) for token in data["tokens"])
        return Ticket(BallotCode(data["code"]), started, tokens, data["replacing"])
    except (crypto.DecryptionError, binascii.Error, CodeError, ValueError, KeyError, TypeError):
        return None


def write(response: HttpResponse, request: HttpRequest, ticket: Ticket) -> None:
    """Give the browser its ticket; it ends with the browser's session, and after twelve hours in any case."""
    data = {
        "code": ticket.code.reveal(),
        "at": timezone.now().timestamp(),
        "started": ticket.started_at.timestamp() if ticket.started_at else None,
        "tokens": [token.hex() for token in ticket.tokens],
        "replacing": ticket.replacing,
    }
    value = base64.urlsafe_b64encode(crypto.encrypt(json.dumps(data).encode(), purpose=_PURPOSE)).decode()
    response.set_cookie(NAME, value, path=PATH, httponly=True, samesite="Lax", secure=request.is_secure())


def forget(response: HttpResponse) -> None:
    """Take the ticket away."""
    response.delete_cookie(NAME, path=PATH, samesite="Lax")
