"""Pages of jobs and downloads of stored files."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from foundation import access, files, jobs
from foundation.job_forms import JobFilterForm
from foundation.models import Job, StoredFile

logger = logging.getLogger(__name__)

_PER_PAGE = 25
_GONE = 410


def _context(request: HttpRequest, row: Job) -> dict[str, Any]:
    may_steer = access.may_steer_job(request.user, row)
    return {
        "job": row,
        "title": jobs.title_of(row),
        "may_steer": may_steer,
        "may_retry": may_steer and jobs.can_retry(row),
        "is_own": row.created_by_id == request.user.pk,
    }


def _visible_job(request: HttpRequest, pk: UUID) -> Job:
    row = get_object_or_404(Job.objects.select_related("created_by"), pk=pk)
    if not access.may_see_job(request.user, row):
        raise Http404
    return row


def _steered_job(request: HttpRequest, pk: UUID) -> Job:
    row = _visible_job(request, pk)
    if not access.may_steer_job(request.user, row):
        raise PermissionDenied
    return row


@require_GET
@never_cache
def job_list(request: HttpRequest) -> HttpResponse:
    """One's own jobs, newest first."""
    form = JobFilterForm(request.GET or None)
    rows = Job.objects.filter(created_by_id=request.user.pk)
    if form.is_valid() and form.cleaned_data["state"]:
        rows = rows.filter(state=form.cleaned_data["state"])
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "jobs": [{"job": row, "title": jobs.title_of(row)} for row in page],
        "page": page,
        "form": form,
        "is_filtered": bool(request.GET.get("state")),
    }
    return render(request, "foundation/job_list.html", context)


@require_GET
@never_cache
def job_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A job's page: its progress, which survives a reload, then its outcome."""
    return render(request, "foundation/job_detail.html", _context(request, _visible_job(request, pk)))


@require_GET
@never_cache
def job_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The fragment that the page fetches each second; ends the polling and leads on when the job is done."""
    row = _visible_job(request, pk)
    response = render(request, "components/job_progress.html", _context(request, row))
    if not row.is_active:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def job_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a job to stop."""
    row = _steered_job(request, pk)
    jobs.cancel(job_row=row)
    return redirect("foundation:job-detail", pk=row.pk)


@require_POST
def job_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a failed or cancelled job again."""
    row = jobs.retry(job_row=_steered_job(request, pk))
    return redirect("foundation:job-detail", pk=row.pk)


def _fetchable_file(request: HttpRequest, pk: UUID) -> StoredFile:
    file = get_object_or_404(StoredFile.objects.select_related("created_by"), pk=pk)
    if not access.may_fetch(request.user, file):
        raise Http404
    return file


@require_GET
@never_cache
def file_download(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Hand out a stored file to those allowed, and write down who took it; 410 for one that is gone."""
    file = _fetchable_file(request, pk)
    try:
        stream = files.fetch(file, user=request.user)
    except files.FileGone:
        if file.erased_at is None:
            logger.error("stored file %s is missing or does not match its fingerprint", file.pk)
        return render(request, "foundation/file_gone.html", {"file": file}, status=_GONE)
    return FileResponse(stream, as_attachment=True, filename=file.name, content_type=file.content_type)


@require_GET
@never_cache
def file_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a stored file is, its fingerprint, and who fetched it when."""
    file = _fetchable_file(request, pk)
    fetches = Paginator(file.fetches.select_related("user"), _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "foundation/file_detail.html", {"file": file, "page": fetches})
