"""How many reports, and how many wrong look-ups, one address and all together may send: a flood must not bury the true
ones. Addresses are kept as keyed hashes that change every day (``evaluation.attempts``), for two hours."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import CanvassingAttempt
from evaluation.attempts import address_hash
from foundation.errors import TooManyRequests

REPORT, LOOKUP = "report", "lookup"
WINDOW_MINUTES = 60
#: A household or an office may send some; all together, a whole city's anger for an hour.
OWN_LIMIT = {REPORT: 5, LOOKUP: 20}
ALL_LIMIT = {REPORT: 300, LOOKUP: 3_000}
KEEP_MINUTES = 120


def _minute() -> int:
    return int(timezone.now().timestamp()) // 60


def _hash(address: str) -> bytes:
    return address_hash(address, "canvassing-attempt")


def refuse_if_too_many(kind: str, address: str) -> None:
    """Raise TooManyRequests if this address, or everybody, has to wait."""
    recent = CanvassingAttempt.objects.filter(kind=kind, minute__gt=_minute() - WINDOW_MINUTES)
    everybody = recent.aggregate(count=Sum("count"))["count"] or 0
    own = recent.filter(address=_hash(address)).aggregate(count=Sum("count"))["count"] or 0
    if own >= OWN_LIMIT[kind] or everybody >= ALL_LIMIT[kind]:
        message = _("Too many came in a short time. Please try again later, or tell the office named in your letter.")
        raise TooManyRequests(message, retry_after=WINDOW_MINUTES * 60)


@transaction.atomic
def note(kind: str, address: str) -> None:
    """Count one, and forget old ones."""
    CanvassingAttempt.objects.filter(minute__lt=_minute() - KEEP_MINUTES).delete()
    row, made = CanvassingAttempt.objects.get_or_create(kind=kind, minute=_minute(), address=_hash(address))
    if not made:
        CanvassingAttempt.objects.filter(pk=row.pk).update(count=F("count") + 1)
