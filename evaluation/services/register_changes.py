"""What a register became after it was frozen: its file, which must not change, and its people, who do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.policies import require
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.selectors import standing_snapshot
from evaluation.services.moves import refuse_unless_at
from evaluation.states import VERBS
from evaluators.candidates import identify
from evaluators.draw import BadInput
from evaluators.models import Snapshot
from evaluators.services.altered import Alteration, alteration_of
from evaluators.services.snapshots import candidates_of
from foundation import audit
from foundation.files import FileGone
from foundation.jobs import Progress, SilentProgress

#: So many are named in a refusal's line, and so many in the audit log.
_NAMED, _KEPT = 5, 200


@dataclass(frozen=True)
class Comparison:
    """Frozen candidates whom the register of now no longer bears out, as sorted opaque ids."""

    vanished: Sequence[str]
    inactive: Sequence[str]
    moved: Sequence[str]


def compare_register(*, actor: User, round: Round, progress: Progress | None = None) -> Comparison:
    """Before the draw: which of the frozen candidates have left the register, are inactive or in another stratum now.

    Nothing is changed by it, and the draw is from the frozen register whatever it says; the outcome is put on record,
    so that those present know it before the seed is drawn.

    Raises:
        PermissionDenied, Refused (no frozen register waits for its draw, stored register altered).
    """
    require(actor, "round.draw")
    progress = progress or SilentProgress()
    round.refresh_from_db()
    refuse_unless_at(round, VERBS["draw"])
    snapshot = standing_snapshot(round.year)
    if snapshot is None:
        raise Refused(Missing("no_snapshot", _("There is no frozen register to draw from.")))
    try:
        frozen = {code: pool.ids for code, pool in candidates_of(snapshot).pools.items()}
    except (BadInput, FileGone) as error:
        raise Refused(altered(actor, snapshot, error)) from error
    now = identify(snapshot.pk, frozen, frozenset(), progress)
    found = Comparison(now.vanished, now.inactive, now.moved)
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="snapshot.compare",
            subject=snapshot,
            label=f"{snapshot.year}-{snapshot.number}",
            year=snapshot.year,
            after={
                key: {"count": len(ids), "ids": list(ids[:_KEPT])}
                for key, ids in (("vanished", now.vanished), ("inactive", now.inactive), ("moved", now.moved))
            },
        )
        progress.confirm()
    return found


def altered(actor: User, snapshot: Snapshot, error: BadInput | FileGone) -> Missing:
    """The refusal to use a stored register that is not the published one: what changed, in words and in the log.

    Nobody's name is in it: a register holds opaque ids only.
    """
    found = alteration_of(snapshot)
    audit.record(
        actor=actor,
        action="snapshot.altered",
        subject=snapshot,
        label=f"{snapshot.year}-{snapshot.number}",
        year=snapshot.year,
        before={"snapshot_hash": snapshot.snapshot_hash},
        after={
            "file": "missing" if found.is_missing else found.fault or "altered",
            "added": found.added[:_KEPT],
            "removed": found.removed[:_KEPT],
            "changed": [change._asdict() for change in found.changed[:_KEPT]],
            "cells": [change._asdict() for change in found.cells[:_KEPT]],
        },
    )
    message = _(
        "The stored register of %(year)s is not the one that was frozen (published fingerprint %(hash)s). Nothing was "
        "drawn."
    ) % {"year": snapshot.year, "hash": snapshot.snapshot_hash}
    remedy = _("Restore the file, or go back to draft and freeze again.")
    code = error.code if isinstance(error, BadInput) else "snapshot_changed"
    return Missing(code, f"{message} {_told(found)} {remedy}", params={"alteration": found})


def _told(found: Alteration) -> str:
    """What changed, in one line."""
    if found.is_missing:
        return _("The file is missing or cannot be read.")
    if found.fault:
        return _("The file is no register any more: %(fault)s.") % {"fault": found.fault}
    parts = []
    if found.added:
        message = ngettext(
            "%(count)s candidate added (%(ids)s).", "%(count)s candidates added (%(ids)s).", len(found.added)
        )
        parts.append(message % {"count": len(found.added), "ids": _some(found.added)})
    if found.removed:
        message = ngettext(
            "%(count)s candidate removed (%(ids)s).", "%(count)s candidates removed (%(ids)s).", len(found.removed)
        )
        parts.append(message % {"count": len(found.removed), "ids": _some(found.removed)})
    if found.changed:
        values = [f"{one.id} {one.column}: {one.before or '—'} → {one.after or '—'}" for one in found.changed]
        message = ngettext(
            "%(count)s value changed (%(values)s).", "%(count)s values changed (%(values)s).", len(values)
        )
        parts.append(message % {"count": len(values), "values": _some(values)})
    if not found.has_rows:
        parts.append(_("There is no sealed copy to compare row by row."))
        values = [f"{one.stratum} {one.cell or '—'}: {one.before} → {one.after}" for one in found.cells]
        if values:
            parts.append(_("Candidates by cell changed: %(values)s.") % {"values": _some(values)})
    elif not parts:
        parts.append(_("All rows are as they were frozen; only the way they are written differs."))
    return " ".join(parts)


def _some(texts: Sequence[str]) -> str:
    return _(", ").join(texts[:_NAMED]) + ("…" if len(texts) > _NAMED else "")
