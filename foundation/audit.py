"""Writing and proving the audit log. Services call :func:`record` inside the transaction of what they record."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from foundation.database import serialise
from foundation.models import AuditEntry

_GENESIS = "0" * 64


def _plain(value: Any) -> Any:
    """What JSON can hold, decimals and dates as text, so that the hash is the same when read back."""
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False))


def _digest(entry: AuditEntry) -> str:
    body = [
        entry.previous_hash,
        entry.at.astimezone(timezone.get_default_timezone()).isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.actor_name,
        entry.action,
        entry.subject_type,
        entry.subject_id,
        entry.subject_label,
        entry.year,
        entry.before,
        entry.after,
        entry.reason,
    ]
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def record(
    *,
    actor: Any,
    action: str,
    subject: models.Model | None = None,
    label: str = "",
    year: int | None = None,
    before: Any = None,
    after: Any = None,
    reason: str = "",
    at: datetime | None = None,
) -> AuditEntry:
    """Append one entry; must be called inside the transaction of the change it tells of.

    ``before`` and ``after`` hold only what changed and never answers, codes or contact data. ``actor`` is a user; the
    no-login console account is recorded with the operating system's user.
    Raises TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("audit.record belongs inside the change's transaction")
    serialise("audit-log")
    previous = AuditEntry.objects.order_by("-id").values_list("hash", flat=True).first() or _GENESIS
    name = str(actor.get_full_name() or actor.get_username())
    if getattr(actor, "is_console", False):
        name = f"{name} ({_os_user()})"
    entry = AuditEntry(
        at=at or timezone.now(),
        actor=actor,
        actor_name=name[:200],
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        subject_label=(label or (str(subject) if subject is not None else ""))[:200],
        year=year,
        before=_plain(before),
        after=_plain(after),
        reason=reason,
        previous_hash=previous,
    )
    entry.hash = _digest(entry)
    entry.save()
    return entry


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keep of two states only the keys that differ."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return {key: before.get(key) for key in keys}, {key: after.get(key) for key in keys}


def broken_links() -> Iterator[int]:
    """Yield the ids of entries that do not follow from the one before: altered, inserted or after a removed one."""
    previous = _GENESIS
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=2000):
        if entry.previous_hash != previous or entry.hash != _digest(entry):
            yield entry.pk
        previous = entry.hash
