"""Who is left out of a draw is confidential: whoever looks at the list or takes it is written down."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.exclusions import TAKEN, VIEWED, ExclusionSearch, Lines, in_batches
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.services import guards
from evaluation.services.freezing import preview_register
from evaluation.services.moves import refuse_unless_at
from evaluation.states import VERBS
from evaluators.models import Snapshot
from foundation import audit, files
from foundation.files import FileGone
from foundation.jobs import Progress, SilentProgress
from foundation.models import StoredFile
from foundation.tables import Sheet, xlsx_bytes

LIST_KIND = "evaluation.exclusions"


@transaction.atomic
def record_view(*, actor: User, snapshot: Snapshot, search: ExclusionSearch, rows: int, page: int) -> None:
    """Somebody looks at a page of the list; ``rows``: how many fit the search. Raises PermissionDenied."""
    require(actor, "round.draw")
    audit.record(
        actor=actor,
        action=VIEWED,
        subject=snapshot,
        label=_label(snapshot),
        year=snapshot.year,
        after={"rows": rows, "page": page, **search.told()},
    )


def matching(snapshot: Snapshot, search: ExclusionSearch) -> Lines:
    """The lines of the list that fit. Raises Refused where the list is not the one that was published."""
    try:
        return Lines(snapshot, search)
    except FileGone as error:
        message = _("The stored list is missing or is not the one whose fingerprint was published. Restore it.")
        raise Refused(Missing("exclusions_damaged", message)) from error


def export_exclusions(
    *, actor: User, round: Round, snapshot: Snapshot, search: ExclusionSearch, progress: Progress | None = None
) -> StoredFile:
    """Write those left out who fit into an Excel file, kept encrypted for a week; each fetching of it is logged.

    Raises PermissionDenied, Refused (nobody fits, list damaged).
    """
    require(actor, "round.draw")
    progress = progress or SilentProgress()
    lines = matching(snapshot, search)
    if not len(lines):
        raise Refused(Missing("nobody", _("Nobody left out fits this search.")))
    content = xlsx_bytes([_sheet(lines, round, progress)])
    with transaction.atomic():
        progress.confirm()
        stored = files.store(
            content,
            kind=LIST_KIND,
            name=_("Left out of the draw %(year)s (%(count)s).xlsx") % {"year": round.year, "count": len(lines)},
            content_type=files.XLSX,
            permission="round.draw",
            user=actor,
            year=round.year,
            encrypted=True,
            meta={"rows": len(lines), "audited": True},
        )
        audit.record(
            actor=actor,
            action=TAKEN,
            subject=snapshot,
            label=_label(snapshot),
            year=round.year,
            after={"rows": len(lines), "sha256": stored.sha256, **search.told()},
        )
    return stored


def preview_exclusions(*, actor: User, round: Round, progress: Progress | None = None) -> dict[str, Any]:
    """Count who would be left out if the round were frozen now; nothing is stored but the numbers.

    Returns ``counts`` (stratum → reason → number), ``candidates`` by stratum, and the ``version`` that was read.
    Raises PermissionDenied, Refused (not a draft, configuration incomplete).
    """
    require(actor, "round.configure")
    round.refresh_from_db()
    refuse_unless_at(round, VERBS["freeze"])
    problems = list(guards.configuration_complete(round)) + list(guards.departments_complete(round))
    if problems:
        raise Refused(problems)
    collected = preview_register(round, "preview", uuid.uuid4(), progress or SilentProgress()).collected
    return {"counts": collected.exclusion_counts, "candidates": collected.sizes, "version": round.version}


def _label(snapshot: Snapshot) -> str:
    return f"{snapshot.year}-{snapshot.number}"


def _sheet(lines: Lines, round: Round, progress: Progress) -> Sheet:
    return Sheet(
        name=_("Left out of the draw"),
        title=_("Confidential: left out of the draw %(year)s") % {"year": round.year},
        headers=[_("No."), _("Stratum"), _("Name"), _("Code"), _("Unit"), _("Reason")],
        rows=_rows(lines, round, progress),
        frozen_columns=3,
    )


def _rows(lines: Lines, round: Round, progress: Progress) -> Iterator[list[object]]:
    done = 0
    for batch in in_batches(lines, round):
        for row in batch:
            done += 1
            yield [done, row.stratum_label, row.name, row.code, row.unit, row.reason_label]
        progress.report(done, len(lines), _("Writing the list"))
