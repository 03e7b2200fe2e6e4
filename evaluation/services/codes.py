"""Ballot codes: made when they are handed out, shown once in an encrypted list, kept as keyed hashes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from accounts.policies import require
from evaluation.ballot_code import BallotCode
from evaluation.code_lists import CodeRow, workbook
from evaluation.models import Invitation, RevokedCode, Round
from evaluation.refusals import Missing, Refused
from evaluation.services.moves import lock
from evaluation.states import RoundState
from foundation import audit, files
from foundation.database import set_by_id
from foundation.jobs import Progress, SilentProgress
from foundation.models import StoredFile

#: Gives the code of the n-th invitation of a demo round, n as `issuing_order` counts from 0.
CodeSource = Callable[[int], BallotCode]

LIST_KIND = "evaluation.codes"
ISSUABLE = (RoundState.DRAWN, RoundState.OPEN)
_REPORT_EVERY = 500


@dataclass(frozen=True)
class IssuedCodes:
    """How many codes were made, and the encrypted list that holds them."""

    count: int
    file: StoredFile


def issuing_order(round: Round) -> list[int]:
    """The ids of all invitations of a round in the order of its list: stratum, order of the draw, id."""
    return list(
        round.invitations.order_by("stratum__order", "stratum__code", "place__order", "pk").values_list("pk", flat=True)
    )


def code_lists(round: Round) -> list[StoredFile]:
    """The lists of codes made for a round, newest first."""
    return list(StoredFile.objects.filter(kind=LIST_KIND, year=round.year).select_related("created_by"))


@sensitive_variables()
def issue_codes(
    *,
    actor: User,
    round: Round,
    base_url: str = "",
    code_source: CodeSource | None = None,
    progress: Progress | None = None,
) -> IssuedCodes:
    """Make codes for all invitations that have none, and put them into an encrypted list.

    ``base_url`` (``https://host``) is put before the links. ``code_source`` replaces chance, in demo rounds only.
    Raises PermissionDenied, Refused (wrong state, everybody has a code), ValueError (a source for a real round).
    """
    require(actor, "round.codes")
    if code_source is not None and not round.is_demo:
        raise ValueError("only a demo round's codes can be derived")
    progress = progress or SilentProgress()
    with transaction.atomic():
        locked = lock(round)
        _refuse_unless_issuable(locked)
        order = {pk: at for at, pk in enumerate(issuing_order(locked))}
        missing = list(
            locked.invitations.filter(code_hash=None, revoked_on=None)
            .select_related("stratum", "unit", "evaluator")
            .defer("envelope", "draft", "evaluator__phone", "evaluator__email")
        )
        if not missing:
            raise Refused(Missing("codes_complete", _("Everybody drawn has a code already.")))
        missing.sort(key=lambda invitation: order[invitation.pk])
        pairs: list[tuple[Invitation, BallotCode]] = []
        for done, invitation in enumerate(missing, start=1):
            code = code_source(order[invitation.pk]) if code_source else BallotCode.new()
            pairs.append((invitation, code))
            if done % _REPORT_EVERY == 0:
                progress.report(done, len(missing), _("Making codes"))
        today = connection.ops.adapt_datefield_value(timezone.localdate())
        rows = [(invitation.pk, code.hash, today) for invitation, code in pairs]
        written = set_by_id(Invitation, ["code_hash", "issued_on"], rows, condition="code_hash IS NULL")
        if written != len(rows):
            raise RuntimeError("an invitation got a code from somewhere else")
        file = _keep_list(actor, locked, pairs, base_url)
        audit.record(
            actor=actor,
            action="codes.issue",
            subject=locked,
            year=locked.year,
            after={"count": len(pairs), "file": str(file.pk)},
        )
        progress.confirm()
    return IssuedCodes(len(pairs), file)


@sensitive_variables()
@transaction.atomic
def reissue_code(*, actor: User, invitation: Invitation, reason: str, base_url: str = "") -> IssuedCodes:
    """Give an invitation a new code; the old one and its draft end, and its page says so.

    Raises PermissionDenied, Refused (wrong state, no reason, returned already).
    """
    require(actor, "round.codes")
    locked_round = lock(invitation.round)
    _refuse_unless_issuable(locked_round)
    row = _lock_unreturned(invitation, reason)
    if row.code_hash is not None:
        RevokedCode.objects.get_or_create(
            hash=bytes(row.code_hash), defaults={"round": locked_round, "revoked_on": timezone.localdate()}
        )
    code = BallotCode.new()
    row.opened_before = row.opened_before or row.opened_on is not None
    row.code_hash, row.issued_on = code.hash, timezone.localdate()
    row.opened_on = row.revoked_on = row.spoiled_on = row.draft = None
    row.save(
        update_fields=["code_hash", "issued_on", "opened_on", "opened_before", "revoked_on", "spoiled_on", "draft"]
    )
    file = _keep_list(actor, locked_round, [(row, code)], base_url)
    _record(actor, "codes.reissue", row, reason, {"file": str(file.pk)})
    return IssuedCodes(1, file)


@transaction.atomic
def revoke_code(*, actor: User, invitation: Invitation, reason: str) -> None:
    """End a code without a new one; its draft goes with it.

    Raises PermissionDenied, Refused (no reason, no code, returned already).
    """
    require(actor, "round.codes")
    _refuse_unless_issuable(lock(invitation.round))
    row = _lock_unreturned(invitation, reason)
    if row.code_hash is None:
        raise Refused(Missing("no_code", _("This invitation has no code.")))
    row.revoked_on, row.draft = timezone.localdate(), None
    row.save(update_fields=["revoked_on", "draft"])
    _record(actor, "codes.revoke", row, reason, None)


def _refuse_unless_issuable(round: Round) -> None:
    if round.state not in ISSUABLE:
        message = _("Codes can only be made after the draw and until the round closes.")
        raise Refused(Missing("wrong_state", message, "", "evaluation:round-detail", (round.year,), _("The round")))


def _lock_unreturned(invitation: Invitation, reason: str) -> Invitation:
    if not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why.")))
    row = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("stratum", "unit", "evaluator", "round")
        .defer("envelope")
        .get(pk=invitation.pk)
    )
    if row.returned_on is not None:
        raise Refused(Missing("returned", _("This ballot has been returned; its code is used up.")))
    if row.replaced_on is not None:
        raise Refused(Missing("replaced", _("Somebody else stands in for this place; it gets no code any more.")))
    return row


def _keep_list(actor: User, round: Round, pairs: list[tuple[Invitation, BallotCode]], base_url: str) -> StoredFile:
    """Store the codes as an encrypted workbook; this is the only place where they are ever written."""
    rows = (
        CodeRow(
            stratum=invitation.stratum.name,
            district=invitation.district,
            unit=invitation.unit.name if invitation.unit else "",
            name=invitation.evaluator.name if invitation.evaluator else "",
            code=code.reveal_grouped(),
            link=base_url.rstrip("/") + reverse("ballot:code-link", args=[code.reveal()]),
        )
        for invitation, code in pairs
    )
    return files.store(
        workbook(rows, _("Ballot codes")),
        kind=LIST_KIND,
        name=_("Ballot codes %(year)s (%(count)s).xlsx") % {"year": round.year, "count": len(pairs)},
        content_type=files.XLSX,
        permission="round.codes",
        user=actor,
        year=round.year,
        encrypted=True,
        meta={"count": len(pairs)},
    )


def _record(actor: User, action: str, row: Invitation, reason: str, after: dict[str, str] | None) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=row,
        label=f"{row.round.year} / {row.stratum.code} / {row.pk}",
        year=row.round.year,
        after=after,
        reason=reason.strip(),
    )
