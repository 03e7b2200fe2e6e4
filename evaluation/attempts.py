"""Wrong codes are counted, by address and in all, so that nobody can try out codes; right ones never are.

An address that sent `ADDRESS_LIMIT` wrong codes within `WINDOW_MINUTES` is refused until the window has passed. When
all addresses together sent `GLOBAL_LIMIT`, one wrong code is enough: a flood from everywhere must not lock out the
people who make no mistake. Addresses are kept as keyed hashes that change every day, and forgotten within the hour.
"""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluation.models import CodeAttempt
from foundation import crypto
from foundation.errors import TooManyRequests

WINDOW_MINUTES = 10
ADDRESS_LIMIT = 20
GLOBAL_LIMIT = 3_000
KEEP_MINUTES = 60


def _minute() -> int:
    return int(timezone.now().timestamp()) // 60


def client_address(request: HttpRequest) -> str:
    """The address that the outermost trusted proxy saw; without proxies (PROXY_COUNT) that of the connection."""
    proxies = settings.AXES_IPWARE_PROXY_COUNT or 0
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies]
    return request.META.get("REMOTE_ADDR", "")


def address_hash(address: str, purpose: str = "code-attempt") -> bytes:
    """A keyed hash of the address for today, for IPv6 of its /64 network, of which one household has all."""
    try:
        parsed = ipaddress.ip_address(address)
        if parsed.version == 6:
            address = str(ipaddress.ip_network((parsed, 64), strict=False))
    except ValueError:
        pass
    return crypto.keyed_hash(address, purpose=f"{purpose}:{timezone.localdate().isoformat()}")


def refuse_if_too_many(address: str) -> None:
    """Raise TooManyRequests if this address has to wait. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(count), 0), COALESCE(SUM(CASE WHEN address = %s THEN count ELSE 0 END), 0) "
            "FROM evaluation_codeattempt WHERE minute > %s",
            [address_hash(address), _minute() - WINDOW_MINUTES],
        )
        everybody, own = cursor.fetchone()
    if own >= ADDRESS_LIMIT or (everybody >= GLOBAL_LIMIT and own):
        message = _("Too many wrong codes came from your connection. Your ballot and your code are not affected.")
        raise TooManyRequests(message, retry_after=WINDOW_MINUTES * 60)


def note_wrong(address: str) -> None:
    """Count one wrong code."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO evaluation_codeattempt (minute, address, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (minute, address) DO UPDATE SET count = evaluation_codeattempt.count + 1",
            [_minute(), address_hash(address)],
        )


def forget_old() -> int:
    """Delete what is older than an hour; returns how many rows."""
    return CodeAttempt.objects.filter(minute__lt=_minute() - KEEP_MINUTES).delete()[0]
