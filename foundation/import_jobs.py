"""The two jobs of an import on screen: preview and apply. What they found is on the job; the upload is encrypted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import access, files, imports
from foundation.jobs import JobRefused, Progress, job
from foundation.models import StoredFile
from foundation.tables import ImportResult

UPLOAD_KIND = "import.upload"
#: Findings kept with a job; the workbook of problem rows always has all of them.
KEPT_FINDINGS = 1_000
KEEP_UPLOADS = timedelta(days=7)


def record_of(result: ImportResult) -> dict[str, Any]:
    """The result as a job keeps it: all counts, the first findings, and how many there are."""
    record = result.to_record()
    record["counts"] = {key: len(record[key]) for key in ("problems", "warnings")}
    for key in ("problems", "warnings"):
        record[key] = record[key][:KEPT_FINDINGS]
    return record


def result_of(record: dict[str, Any]) -> ImportResult:
    """The result that a job kept."""
    return ImportResult.from_record({key: value for key, value in record.items() if key != "counts"})


def _kind(name: str, user_id: int) -> tuple[imports.ImportKind, Any]:
    kind = imports.kind_named(name)
    user = get_user_model().objects.get(pk=user_id)
    if kind is None or not access.holds(user, kind.permission):
        raise JobRefused(_("You may not import this list."), "not_allowed")
    return kind, user


def _content(file_id: str) -> tuple[StoredFile, bytes]:
    file = StoredFile.objects.get(pk=UUID(file_id))
    try:
        return file, files.read(file)
    except files.FileGone:
        raise JobRefused(_("The uploaded file has been erased. Upload it again."), "erased") from None


@job("foundation.import_preview", title=gettext_lazy("Check the list"))
def import_preview(progress: Progress, *, kind: str, file: str, options: dict[str, Any], user_id: int) -> dict:
    """Compare an uploaded list with the database."""
    what, _user = _kind(kind, user_id)
    _file, content = _content(file)
    progress.report(0, 1, _("Reading and comparing"))
    return record_of(imports.preview(what, content, options).result)


@job("foundation.import_apply", title=gettext_lazy("Store the list"))
def import_apply(
    progress: Progress, *, kind: str, file: str, options: dict[str, Any], user_id: int, skip_problem_rows: bool
) -> dict:
    """Store an uploaded list; the upload is erased once it is stored."""
    what, user = _kind(kind, user_id)
    stored, content = _content(file)
    progress.report(0, 1, _("Storing"))
    done = imports.apply(
        what,
        content,
        options,
        actor=user,
        fingerprint=stored.sha256,
        skip_problem_rows=skip_problem_rows,
        progress=progress,
    )
    if done.result.unreadable or (done.result.problems and not skip_problem_rows):
        raise JobRefused(
            _("The list has problems that were not there when it was checked. Nothing was stored; check it again."),
            "changed_meanwhile",
        )
    if not done.result.problems:
        files.erase(stored)
    return record_of(done.result)


def erase_old_uploads() -> int:
    """Erase uploads that nobody stored within a week; returns how many."""
    return files.erase_made_before(timezone.now() - KEEP_UPLOADS, UPLOAD_KIND)
