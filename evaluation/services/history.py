"""Rounds of the past for the demo city: generated ballots go in through the opening's own writer, never sealed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require
from evaluation import receipts
from evaluation.envelopes import RECEIPT_BYTES
from evaluation.models import Invitation, ReturnedBy, Round, RoundMove
from evaluation.services.counting import record_counted
from evaluation.services.moves import lock, refuse_unless_at
from evaluation.services.opened import OpenedRow, OpinionRow, write_opened
from evaluation.states import VERBS, RoundState
from foundation import audit
from foundation.database import set_by_id

_SKIPPED = ("open", "close", "count")


@transaction.atomic
def write_past_round(
    *,
    actor: User,
    round: Round,
    returned: Mapping[int, date],
    ballots: Iterable[OpenedRow],
    opinions: Iterable[OpinionRow],
) -> Round:
    """Bring a drawn demo round to counted with generated ballots.

    ``returned``: the day on which each returned invitation came back, by invitation id; as many as ``ballots``, in
    every stratum. Raises PermissionDenied, ValueError (not a demo's), Refused (not drawn, numbers that do not agree).
    """
    require(actor, "round.run")
    locked = lock(round)
    if not locked.is_demo:
        raise ValueError("only a demo round can be generated")
    refuse_unless_at(locked, VERBS["open"])
    written = write_opened(
        round=locked,
        ballots=ballots,
        opinions=opinions,
        receipts=[receipts.hash_of(receipts.text_of(secrets.token_bytes(RECEIPT_BYTES))) for _one in returned],
    )
    issued = timezone.localdate(locked.opens_at) if locked.opens_at else min(returned.values())
    Invitation.objects.filter(round=locked).update(issued_on=issued)
    day = connection.ops.adapt_datefield_value
    rows = [(pk, day(when), day(when), ReturnedBy.ONLINE.value) for pk, when in returned.items()]
    set_by_id(Invitation, ["opened_on", "returned_on", "returned_by"], rows)
    record_counted(round=locked, written=written, at=timezone.now())
    locked.counting_report = {**(locked.counting_report or {}), "cleared_at": timezone.now().isoformat()}
    locked.opened_at, locked.closed_at, locked.state = locked.opens_at, locked.closes_at, RoundState.COUNTED
    locked.save(update_fields=["counting_report", "opened_at", "closed_at", "state"])
    for name in _SKIPPED:
        rule = VERBS[name]
        RoundMove.objects.create(
            round=locked, verb=name, from_state=rule.source, to_state=rule.target, by=actor, reason="generated"
        )
    audit.record(
        actor=actor,
        action="round.generate",
        subject=locked,
        year=locked.year,
        before={"state": RoundState.DRAWN},
        after={"state": RoundState.COUNTED, "ballots": sum(written.opened.values()), "opinions": written.opinions},
        reason="demo",
    )
    round.refresh_from_db()
    return round
