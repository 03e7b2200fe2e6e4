"""Reports as stored files: from the published run for readers, from the latest run for those who may see it before."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import may, require
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from foundation import audit, files
from foundation.jobs import Progress, SilentProgress
from foundation.models import StoredFile
from portal.reports.workbook import result_workbook
from scoring.models import Publication, ScoreRun

WORKBOOK_KIND = "report.workbook"


def runs_to_report(user: Any, round: Round) -> tuple[ScoreRun, bool] | None:
    """The run that a user's report is made from, and whether it is published; None if there is none to see."""
    publication = Publication.objects.filter(round=round).select_related("run", "run__round").first()
    if publication is not None:
        return publication.run, True
    if may(user, "scoring.view"):
        run = ScoreRun.objects.filter(round=round).select_related("round").order_by("-number").first()
        return (run, False) if run is not None else None
    return None


def make_workbook(*, actor: User, round: Round, progress: Progress | None = None) -> StoredFile:
    """Write the result workbook of a round and keep it. Raises PermissionDenied, Refused (no result to see)."""
    require(actor, "reports.make")
    progress = progress or SilentProgress()
    found = runs_to_report(actor, round)
    if found is None:
        message = _("There is no result of %(year)s yet that you may see.") % {"year": round.year}
        raise Refused(Missing("no_result", message, _("It appears once the round has been scored and published.")))
    run, published = found
    progress.report(0, 1, _("Writing the workbook"))
    content = result_workbook(run, published=published)
    with transaction.atomic():
        progress.confirm()
        file = files.store(
            content,
            kind=WORKBOOK_KIND,
            name=_("Result workbook %(year)s run %(number)s.xlsx") % {"year": round.year, "number": run.number},
            content_type=files.XLSX,
            permission="results.view" if published else "scoring.view",
            user=actor,
            year=round.year,
            meta={"run": str(run.pk), "published": published},
        )
        audit.record(
            actor=actor,
            action="report.make",
            subject=file,
            label=file.name,
            year=round.year,
            after={"kind": WORKBOOK_KIND, "run": run.number, "sha256": file.sha256},
        )
    return file
