"""Pages of jobs and downloads of stored files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from foundation import access, files, jobs
from foundation.models import Job, StoredFile


def _context(row: Job) -> dict[str, Any]:
    return {"job": row, "title": jobs.title_of(row)}


def _visible_job(request: HttpRequest, pk: UUID) -> Job:
    row = get_object_or_404(Job, pk=pk)
    if not access.may_see_job(request.user, row):
        raise Http404
    return row


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """One's own jobs, newest first."""
    rows = Job.objects.filter(created_by=request.user)[:100]
    return render(request, "foundation/job_list.html", {"jobs": [_context(row) for row in rows]})


@require_GET
@never_cache
def job_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A job's page: its progress, which survives a reload, then its outcome."""
    return render(request, "foundation/job_detail.html", _context(_visible_job(request, pk)))


@require_GET
@never_cache
def job_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The fragment that the page fetches each second; ends the polling and leads on when the job is done."""
    row = _visible_job(request, pk)
    response = render(request, "components/job_progress.html", _context(row))
    if not row.is_active:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def job_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a job to stop."""
    row = _visible_job(request, pk)
    jobs.cancel(job_row=row)
    return redirect("foundation:job-detail", pk=row.pk)


@require_GET
@never_cache
def file_download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hand out a stored file to those allowed, and write down who took it."""
    file = get_object_or_404(StoredFile, pk=pk)
    if not access.may_fetch(request.user, file):
        raise Http404
    try:
        stream = files.fetch(file, user=request.user)
    except files.FileGone:
        raise Http404 from None
    return FileResponse(stream, as_attachment=True, filename=file.name, content_type=file.content_type)
