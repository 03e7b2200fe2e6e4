"""Drafts: answers as they are given, kept under a key that only the evaluator's code gives.

The server stores ``AES-256-GCM(HKDF(code), length ‖ JSON ‖ zeros)``, padded to 2, 8, 32 or 128 KiB; it knows the code's
keyed hash alone and cannot read a draft until the code is presented again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from evaluation.admission import Admission
from evaluation.ballot_code import BallotCode
from evaluation.envelopes import EnvelopeError, capacity, pad, unpad
from evaluation.models import Invitation
from evaluation.refusals import Missing, Refused
from foundation import crypto

#: A draft as the database gives it.
Stored = bytes | memoryview | None

_PURPOSE = "ballot-draft"
OVERHEAD = 29  # foundation.crypto: version, nonce, tag
_TRIES = 6


@dataclass(frozen=True)
class Draft:
    """What somebody has answered so far: packed answers in the frozen order, opinions by department code."""

    answers: bytes = field(repr=False)
    opinions: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_empty(self) -> bool:
        return not any(self.answers) and not self.opinions


def seal_draft(code: BallotCode, draft: Draft) -> bytes:
    """Encrypt and pad. Raises evaluation.envelopes.ContentTooLongError."""
    content = json.dumps({"answers": draft.answers.hex(), "opinions": dict(draft.opinions)}, ensure_ascii=False)
    return crypto.encrypt_with(code.draft_key, pad(content.encode(), OVERHEAD), purpose=_PURPOSE)


def open_draft(code: BallotCode, sealed: Stored, size: int) -> Draft:
    """Decrypt; an empty draft of ``size`` answers where there is none, or one of another ballot."""
    if sealed:
        try:
            content = json.loads(unpad(crypto.decrypt_with(code.draft_key, bytes(sealed), purpose=_PURPOSE)))
            draft = Draft(bytes.fromhex(content["answers"]), dict(content["opinions"]))
        except (crypto.DecryptionError, EnvelopeError, ValueError, KeyError, TypeError):
            return Draft(bytes(size))
        if len(draft.answers) == size:
            return draft
    return Draft(bytes(size))


def fits(opinions: Mapping[str, str], size: int) -> bool:
    """True if these opinions still fit into the largest envelope together with ``size`` answers."""
    content = json.dumps({"answers": "00" * size, "opinions": dict(opinions)}, ensure_ascii=False)
    return len(content.encode()) <= capacity(OVERHEAD) - 1024


def version_of(sealed: Stored) -> str:
    """Names one stored state of a draft: what was reviewed is what is submitted, or the page says otherwise."""
    return hashlib.sha256(bytes(sealed)).hexdigest()[:32] if sealed else ""


def save_draft(*, admission: Admission, answers: Mapping[int, int], opinions: Mapping[str, str]) -> tuple[Draft, str]:
    """Put answers (position → number of the choice, 0 = blank) and opinions (code → text, "" = none) into the draft.

    Two windows at once lose nothing of each other: the stored bytes are exchanged only if they are still the ones that
    were read, else read again. Returns the draft and its version. Raises Refused if the ballot has been returned
    meanwhile, or no longer fits. The caller has checked that the round takes ballots.
    """
    size = admission.rules.definition.size
    stored: Stored = admission.invitation.draft
    for _try in range(_TRIES):
        before = open_draft(admission.code, stored, size)
        after = _changed(before, answers, opinions)
        if stored is not None and after == before:
            return before, version_of(stored)
        if not fits(after.opinions, size):
            raise Refused(Missing("too_long", _("Your opinions are too long together. Please shorten some of them.")))
        sealed = seal_draft(admission.code, after)
        if _exchange(admission, stored, sealed):
            return after, version_of(sealed)
        stored = _read_again(admission)
    raise Refused(Missing("busy", _("Your answers are being changed in another window. Please try again.")))


def start_draft(*, admission: Admission) -> None:
    """Begin a replacement: an empty draft beside the envelope, which stays until the new ballot is submitted."""
    sealed = seal_draft(admission.code, Draft(bytes(admission.rules.definition.size)))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluation_invitation SET draft = %s "
            "WHERE id = %s AND code_hash = %s AND returned_by = 'online' AND draft IS NULL",
            [sealed, admission.invitation.pk, admission.code.hash],
        )


def _changed(draft: Draft, answers: Mapping[int, int], opinions: Mapping[str, str]) -> Draft:
    packed = bytearray(draft.answers)
    for position, choice in answers.items():
        packed[position] = choice
    texts = {**draft.opinions, **opinions}
    return Draft(bytes(packed), {code: text for code, text in texts.items() if text})


def _exchange(admission: Admission, stored: Stored, sealed: bytes) -> bool:
    """Store a draft if the row still holds ``stored``. Beside a returned ballot only a replacement begun has one."""
    condition = "draft = %s" if stored is not None else "draft IS NULL AND returned_on IS NULL"
    values: list[bytes | int] = [sealed, admission.invitation.pk, admission.code.hash]
    if stored is not None:
        values.append(bytes(stored))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluation_invitation SET draft = %s "  # noqa: S608 -- the condition is one of two constants
            f"WHERE id = %s AND code_hash = %s AND revoked_on IS NULL AND {condition}",
            values,
        )
        return bool(cursor.rowcount)


def _read_again(admission: Admission) -> bytes | None:
    row = (
        Invitation.objects.filter(pk=admission.invitation.pk, code_hash=admission.code.hash)
        .values_list("draft", "returned_on")
        .first()
    )
    if row is None or (row[0] is None and row[1] is not None):
        raise Refused(Missing("returned", _("Your ballot has been submitted in another window.")))
    return bytes(row[0]) if row[0] is not None else None
