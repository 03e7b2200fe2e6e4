"""Walking along the audit log: is every entry still the one that was written?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.policies import require
from foundation import audit
from foundation.jobs import Progress
from foundation.models import AuditEntry, Job, JobState

CHECK_JOB = "accounts.check_audit_log"
_HEADS_COMPARED = 200


def check_audit_log(*, actor: User, progress: Progress) -> dict[str, Any]:
    """Prove the chain of the audit log, and that the newest entries of earlier checks are still there.

    Returns the fields of ``foundation.audit.ChainReport`` and ``lost_heads``: the (id, fingerprint) of newest entries
    that earlier checks saw and that are gone. The check itself is logged. Raises PermissionDenied.
    """
    require(actor, "audit.view")
    report = audit.check_chain(lambda done, total: progress.report(done, total, _("Checking the entries")))
    progress.report(report.entries, report.entries, _("Checking the entries"))
    lost = lost_heads()
    result = {**asdict(report), "lost_heads": lost}
    with transaction.atomic():
        progress.confirm()
        audit.record(
            actor=actor,
            action="audit.check",
            after={
                "entries": report.entries,
                "broken": report.broken_count,
                "lost": len(lost),
                "newest": report.head_hash,
            },
        )
    return result


def lost_heads() -> list[tuple[int, str]]:
    """Newest entries seen by earlier checks that are no longer in the log: somebody cut off its end."""
    results = Job.objects.filter(kind=CHECK_JOB, state=JobState.DONE).order_by("-created_at")
    lost: list[tuple[int, str]] = []
    for result in results.values_list("result", flat=True)[:_HEADS_COMPARED]:
        if not result or result["head_id"] is None:
            continue
        head = (result["head_id"], result["head_hash"])
        if not AuditEntry.objects.filter(pk=head[0], hash=head[1]).exists():
            lost.append(head)
    return lost


@transaction.atomic
def record_export(*, actor: User, search: dict[str, Any]) -> None:
    """Somebody took the log, or what a search found of it, away as a file. Raises PermissionDenied."""
    require(actor, "audit.view")
    audit.record(actor=actor, action="audit.export", after={"search": search} if search else None)
