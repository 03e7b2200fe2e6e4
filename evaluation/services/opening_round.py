"""Opening the round: from here on ballots can come in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import require
from evaluation.models import Round
from evaluation.services.keys import ensure_key
from evaluation.services.moves import lock, move, refuse_unless_at
from evaluation.states import VERBS
from foundation import audit


@transaction.atomic
def open_round(*, actor: User, round: Round, at: datetime | None = None) -> Round:
    """Open a drawn round (drawn → open). Ballots are taken from ``opens_at`` on, which ``at`` sets anew.

    The key pair that seals the ballots is made now if it is not there. Raises PermissionDenied, Refused (dates,
    codes not produced, key holders' sheets not proved).
    """
    rule = VERBS["open"]
    require(actor, rule.permission)
    locked = lock(round)
    refuse_unless_at(locked, rule)
    if at is not None and at != locked.opens_at:
        before = locked.opens_at
        locked.opens_at = at
        locked.save(update_fields=["opens_at"])
        audit.record(
            actor=actor,
            action="round.reschedule",
            subject=locked,
            year=locked.year,
            before={"opens_at": before},
            after={"opens_at": at},
        )
    ensure_key(locked)
    move(round=locked, verb="open", actor=actor)
    locked.opened_at = timezone.now()
    locked.save(update_fields=["opened_at"])
    round.refresh_from_db()
    return round
