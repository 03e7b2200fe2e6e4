"""Closing: by the clock when closing time and grace have passed, or before that by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from accounts.services import console
from evaluation.models import Round
from evaluation.refusals import Refused
from evaluation.services.moves import lock, move, refuse_unless_at
from evaluation.states import VERBS, RoundState
from foundation import audit


@transaction.atomic
def close_round(*, actor: User, round: Round, reason: str = "", now: datetime | None = None) -> Round:
    """Close an open round (open → closed): from this moment no ballot is taken any more.

    Before its time, closing also brings the closing time forward to now and sets the grace to 0, so that forms already
    open are late too. Waits for ballots that are being stored at this moment. Raises PermissionDenied, Refused.
    """
    rule = VERBS["close"]
    require(actor, rule.permission)
    locked = lock(round)
    refuse_unless_at(locked, rule)
    now = now or timezone.now()
    last = locked.last_accepted_at
    if last is None or now < last:
        before = {"closes_at": locked.closes_at, "grace_minutes": locked.grace_minutes}
        locked.closes_at = min(locked.closes_at, now) if locked.closes_at else now
        locked.grace_minutes = 0
        locked.save(update_fields=["closes_at", "grace_minutes"])
        audit.record(
            actor=actor,
            action="round.close_early",
            subject=locked,
            year=locked.year,
            before=before,
            after={"closes_at": locked.closes_at, "grace_minutes": 0},
            reason=reason.strip(),
        )
    locked.closed_at = now
    locked.save(update_fields=["closed_at"])
    move(round=locked, verb="close", actor=actor, reason=reason)
    round.refresh_from_db()
    return round


def due_rounds(now: datetime | None = None) -> Iterator[Round]:
    """Open rounds whose closing time and grace have passed."""
    now = now or timezone.now()
    for candidate in Round.objects.filter(state=RoundState.OPEN, closes_at__lte=now):
        last = candidate.last_accepted_at
        if last is not None and last <= now:
            yield candidate


def close_due_rounds(now: datetime | None = None) -> list[int]:
    """Close every round whose time has passed, as the console account; returns the years. Safe to run twice."""
    closed = []
    for due in due_rounds(now):
        try:
            close_round(actor=console(), round=due, reason=_("Closed by the clock."), now=now)
        except Refused:
            continue  # somebody was faster
        closed.append(due.year)
    return closed
