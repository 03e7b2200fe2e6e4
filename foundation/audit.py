"""Writing and proving the audit log. Services call :func:`record` inside the transaction of what they record."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import Promise

from foundation.database import serialise
from foundation.models import AuditEntry

_GENESIS = "0" * 64

_labels: dict[str, str | Promise] = {}
_field_labels: dict[str, str | Promise] = {}


def register_labels(actions: Mapping[str, str | Promise], fields: Mapping[str, str | Promise] | None = None) -> None:
    """Say what actions, and keys of ``before`` and ``after``, are called on screen.

    Each app does so in its module ``audit_labels.py``, which is imported at the start. A key is looked up as
    ``kind of subject.key`` first, then alone.
    """
    _labels.update(actions)
    _field_labels.update(fields or {})


def action_label(action: str) -> str:
    """What an action is called; its code where nobody has said."""
    return str(_labels.get(action, action))


def action_choices() -> list[tuple[str, str]]:
    """All named actions as (code, label), by code, so that those of one kind stand together."""
    return [(code, str(_labels[code])) for code in sorted(_labels)]


def field_label(subject_type: str, key: str) -> str:
    """What a key of ``before`` and ``after`` is called; the key itself where nobody has said."""
    return str(_field_labels.get(f"{subject_type}.{key}") or _field_labels.get(key) or key)


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
    no-login console account is recorded with the operating system's user; None is for what nobody known did (a
    lock-out).
    Raises TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("audit.record belongs inside the change's transaction")
    serialise("audit-log")
    previous = AuditEntry.objects.order_by("-id").values_list("hash", flat=True).first() or _GENESIS
    name = str(actor.get_full_name() or actor.get_username()) if actor is not None else ""
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


@dataclass
class ChainReport:
    """What a walk along the whole log found; ``broken`` holds the ids of the first hundred broken links."""

    entries: int = 0
    broken_count: int = 0
    broken: list[int] = field(default_factory=list)
    head_id: int | None = None
    head_hash: str = _GENESIS


def check_chain(tell: Callable[[int, int], None] | None = None, *, shown: int = 100) -> ChainReport:
    """Walk along the log from its first entry; ``tell`` hears (entries seen, entries in all) now and then.

    A broken link is an entry that does not follow from the one before: altered, inserted, or after a removed one. What
    was cut off at the end shows only against a head noted earlier.
    """
    report = ChainReport()
    total = AuditEntry.objects.count()
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=2000):
        if entry.previous_hash != report.head_hash or entry.hash != _digest(entry):
            report.broken_count += 1
            if len(report.broken) < shown:
                report.broken.append(entry.pk)
        report.entries += 1
        report.head_id, report.head_hash = entry.pk, entry.hash
        if tell and report.entries % 1000 == 0:
            tell(report.entries, max(total, report.entries))
    return report
