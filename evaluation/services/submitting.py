"""Submitting a ballot: one statement that marks the invitation returned and puts the sealed envelope on it, or nothing.

Nothing here is written to a log or to the audit log: who returned is on the invitation (the day only), what is sealed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables

from evaluation.admission import Admission, Standing, accepted_since, find, rules_of
from evaluation.envelopes import OPINION_CHARACTERS, RECEIPT_BYTES, InnerEnvelope, seal
from evaluation.models import Invitation, ReturnedBy, Round
from evaluation.states import RoundState
from foundation import crypto
from foundation.database import set_by_id, share_lock

_MAC_BYTES = 16


class Outcome(Enum):
    """What became of a submit. Only the first three mean that the ballot is in the box."""

    ACCEPTED = "accepted"
    REPLACED = "replaced"
    ACCEPTED_BEFORE = "accepted_before"
    ALREADY_USED = "already_used"
    CLOSED = "closed"
    NOT_YET = "not_yet"
    REVOKED = "revoked"

    @property
    def is_in(self) -> bool:
        """True if the ballot with this token is in the box."""
        return self in (Outcome.ACCEPTED, Outcome.REPLACED, Outcome.ACCEPTED_BEFORE)


@dataclass(frozen=True)
class Content:
    """What is submitted: packed answers in the frozen order, opinions by department code."""

    answers: bytes = field(repr=False)
    opinions: Mapping[str, str] = field(default_factory=dict, repr=False)


def new_token() -> bytes:
    """A new token of 128 random bits; it becomes the receipt."""
    return secrets.token_bytes(RECEIPT_BYTES)


def sign_token(token: bytes, code_hash: bytes) -> str:
    """The token for the form's hidden field, signed for this code, so that nobody can submit with another's receipt."""
    return (token + _mac(token, code_hash)).hex()


def read_token(value: str, code_hash: bytes) -> bytes:
    """The token of a form. Raises ValueError if this server did not make it for this code."""
    data = bytes.fromhex(value)
    token = data[:RECEIPT_BYTES]
    if len(data) != RECEIPT_BYTES + _MAC_BYTES or not constant_time_compare(
        data[RECEIPT_BYTES:], _mac(token, code_hash)
    ):
        raise ValueError("not a token of this form")
    return token


def _mac(token: bytes, code_hash: bytes) -> bytes:
    return crypto.keyed_hash(token + code_hash, purpose="ballot-token-signature")[:_MAC_BYTES]


def token_hash(token: bytes) -> bytes:
    """What the invitation keeps of the token until the box is opened: a keyed hash, unlike the receipt's own."""
    return crypto.keyed_hash(token, purpose="ballot-token")


def is_token_of(token: bytes, invitation: Invitation) -> bool:
    """True if the ballot on this invitation came with this token."""
    return invitation.token_hash is not None and constant_time_compare(bytes(invitation.token_hash), token_hash(token))


@sensitive_variables()
def inner_envelope(invitation: Invitation, content: Content, token: bytes) -> InnerEnvelope:
    """The ballot as it is sealed: answers and opinions this evaluator may not give (recusal, not judged) dropped.

    Raises ValueError for answers of another ballot, unknown choices or an opinion that is too long.
    """
    definition = rules_of(invitation.round).definition
    stratum, recused = invitation.stratum.code, frozenset(invitation.recused)
    judged = {entry.code for entry in definition.departments_for(stratum, recused)}
    if any(len(text) > OPINION_CHARACTERS for text in content.opinions.values()):
        raise ValueError("an opinion is too long")
    return InnerEnvelope(
        year=invitation.round.year,
        stratum=stratum,
        weight_class=invitation.weight_class,
        answers=definition.cleaned(content.answers, stratum, recused),
        opinions={code: text for code, text in content.opinions.items() if text and code in judged},
        receipt=token,
    )


@sensitive_variables()
def submit(
    *,
    admission: Admission,
    content: Content,
    token: bytes,
    replace: bool = False,
    now: datetime | None = None,
) -> Outcome:
    """Put a ballot into the box: sealed before anything is written, then the one statement.

    Args:
        admission: the code presented, with the moment its form was opened (for the grace after closing).
        content: answers and opinions; what the evaluator may not give is dropped.
        token: 16 bytes from the form; sent twice, the ballot is accepted once and both are told so.
        replace: put it in the place of the ballot returned before, where the round allows that.

    Raises ValueError for content that is no ballot of this round, ContentTooLongError.
    """
    now = now or timezone.now()
    if replace and not admission.may_replace:
        return Outcome.ALREADY_USED
    if admission.round.public_key is None:
        return Outcome.NOT_YET
    envelope = seal(inner_envelope(admission.invitation, content, token), bytes(admission.round.public_key))
    if _store(admission, envelope, token_hash(token), now, replace=replace):
        return Outcome.REPLACED if replace else Outcome.ACCEPTED
    return _why_not(admission, token, now)


def _store(admission: Admission, envelope: bytes, hashed: bytes, now: datetime, *, replace: bool) -> bool:
    """The one statement. Its share lock on the round makes closing and opening wait for ballots under way."""
    opened = admission.started_at if admission.started_at is not None and admission.started_at < now else now
    moment = connection.ops.adapt_datetimefield_value
    standing = "i.returned_by = 'online' AND i.token_hash <> %s" if replace else "i.returned_on IS NULL"
    statement = (
        "UPDATE evaluation_invitation AS i SET returned_on = %s, returned_by = 'online', envelope = %s, "  # noqa: S608
        "draft = NULL, token_hash = %s "
        f"WHERE i.code_hash = %s AND i.revoked_on IS NULL AND {standing} "
        "AND i.round_id = (SELECT r.id FROM evaluation_round AS r WHERE r.id = %s AND r.state = 'open' "
        "AND (r.opens_at IS NULL OR r.opens_at <= %s) "
        f"AND (r.closes_at IS NULL OR (r.closes_at > %s AND r.closes_at >= %s)){share_lock()})"
    )
    values = [
        connection.ops.adapt_datefield_value(timezone.localdate(now)),
        envelope,
        hashed,
        admission.code.hash,
        *([hashed] if replace else []),
        admission.round.pk,
        moment(now),
        # A form opened in time is taken until the grace is over, any other only until closing.
        moment(opened),
        moment(accepted_since(admission.round, now) if opened < now else now),
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount == 1


def _why_not(admission: Admission, token: bytes, now: datetime) -> Outcome:
    """Nothing was written: what the row says now."""
    present = find(admission.code)
    if present is None:
        return Outcome.REVOKED
    if is_token_of(token, present.invitation):
        return Outcome.ACCEPTED_BEFORE
    standing = present.opened(admission.started_at).standing(now)
    return {
        Standing.REVOKED: Outcome.REVOKED,
        Standing.NOT_YET: Outcome.NOT_YET,
        Standing.RETURNED: Outcome.ALREADY_USED,
    }.get(standing, Outcome.ALREADY_USED if present.invitation.returned_on else Outcome.CLOSED)


@dataclass(frozen=True)
class DemoReturn:
    """A generated ballot for an invitation of a demo round, with the day on which it came back."""

    invitation: Invitation
    content: Content = field(repr=False)
    returned_on: date


@transaction.atomic
def submit_generated(*, round: Round, returns: Iterable[DemoReturn]) -> int:
    """Put generated ballots into the box of an open demo round, sealed like any other; returns how many.

    The invitations need ``stratum`` at hand (select_related). Raises ValueError for a round that is not a demo's or not
    open, and for content that is no ballot.
    """
    if not round.is_demo or round.state != RoundState.OPEN or round.public_key is None:
        raise ValueError("only an open demo round takes generated ballots")
    public_key = bytes(round.public_key)
    rows = []
    for entry in returns:
        entry.invitation.round = round
        token = new_token()
        envelope = seal(inner_envelope(entry.invitation, entry.content, token), public_key)
        day = connection.ops.adapt_datefield_value(entry.returned_on)
        rows.append((entry.invitation.pk, envelope, token_hash(token), day, day, ReturnedBy.ONLINE.value))
    columns = ["envelope", "token_hash", "opened_on", "returned_on", "returned_by"]
    return set_by_id(Invitation, columns, rows, condition="returned_on IS NULL AND revoked_on IS NULL")
