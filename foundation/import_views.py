"""Pages of an import: upload, preview, problem rows to mend, apply, result. The same for every kind of list."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from foundation import access, files, imports, jobs
from foundation.errors import Conflict
from foundation.import_forms import ApplyForm, UploadForm
from foundation.import_jobs import UPLOAD_KIND, result_of
from foundation.models import Job, JobState, StoredFile
from foundation.tables import xlsx_bytes
from foundation.tables.problemrows import problem_sheet

_PAGE = 50


def _kind_for(request: HttpRequest, name: str) -> imports.ImportKind:
    kind = imports.kind_named(name)
    if kind is None:
        raise Http404
    if not access.holds(request.user, kind.permission):
        raise PermissionDenied(kind.permission)
    return kind


def _job_for(request: HttpRequest, kind: imports.ImportKind, pk: UUID, job_kind: str) -> Job:
    row = get_object_or_404(Job, pk=pk, kind=job_kind, params__kind=kind.name)
    if not access.may_see_job(request.user, row):
        raise Http404
    return row


def _record(row: Job) -> dict[str, Any]:
    """What a finished job of ours kept."""
    return cast("dict[str, Any]", row.result)


def _workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=files.XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, kind: str) -> HttpResponse:
    """Choose a file; it is kept encrypted and compared in the background."""
    what = _kind_for(request, kind)
    is_post = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_post else UploadForm()
    options = what.options_form(request.POST if is_post else None) if what.options_form else None
    if is_post and form.is_valid() and (options is None or options.is_valid()):
        sent = form.cleaned_data["file"]
        stored = files.store(
            sent.read(),
            kind=UPLOAD_KIND,
            name=sent.name,
            content_type=sent.content_type or "application/octet-stream",
            permission=what.permission,
            user=request.user,
            encrypted=True,
        )
        row = jobs.enqueue(
            "foundation.import_preview",
            params={
                "kind": what.name,
                "file": str(stored.pk),
                "options": options.cleaned_data if options else {},
                "user_id": request.user.pk,
            },
            user=request.user,
            permission=what.permission,
            back_url=reverse("foundation:import-upload", args=[what.name]),
        )
        Job.objects.filter(pk=row.pk).update(done_url=reverse("foundation:import-preview", args=[what.name, row.pk]))
        return redirect("foundation:import-preview", kind=what.name, pk=row.pk)
    context = {"kind": what, "form": form, "options": options, "list_url": reverse(what.list_url_name)}
    return render(request, "foundation/import_upload.html", context)


@require_GET
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """The empty list to fill in."""
    what = _kind_for(request, kind)
    return _workbook(imports.template_workbook(what), _("%(list)s template.xlsx") % {"list": what.title})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """What would be created, changed and left alone, and every problem; storing it."""
    what = _kind_for(request, kind)
    row = _job_for(request, what, pk, "foundation.import_preview")
    if row.state != JobState.DONE:
        return redirect("foundation:job-detail", pk=row.pk)
    result = result_of(_record(row))
    form = ApplyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        skip = form.cleaned_data["skip_problem_rows"]
        if result.unreadable or (result.problems and not skip):
            raise Conflict(
                _("The list has problems. Mend them and upload it again, or say that those rows are left out."),
                url=request.path,
                url_label=_("Back to the problems"),
            )
        params = {**row.params, "user_id": request.user.pk, "skip_problem_rows": skip}
        started = jobs.enqueue(
            "foundation.import_apply",
            params=params,
            user=request.user,
            permission=what.permission,
            exclusive_key=f"import:{what.name}",
            back_url=request.path,
        )
        Job.objects.filter(pk=started.pk, done_url="").update(
            done_url=reverse("foundation:import-result", args=[what.name, started.pk])
        )
        return redirect("foundation:job-detail", pk=started.pk)
    # What concerns the whole file and lets nothing of it through: said first, and that nothing was stored.
    blocking = [] if result.create or result.change else [one for one in result.problems if one.row is None]
    context = _context(request, what, row) | {"form": form, "blocking": blocking}
    return render(request, "foundation/import_preview.html", context)


def _context(request: HttpRequest, kind: imports.ImportKind, row: Job) -> dict[str, Any]:
    result = result_of(_record(row))
    file = StoredFile.objects.get(pk=UUID(row.params["file"]))
    problems = [finding.to_dict(_) for finding in result.problems]
    return {
        "kind": kind,
        "job": row,
        "file": file,
        "result": result,
        "counts": _record(row)["counts"],
        "problems": Paginator(problems, _PAGE).get_page(request.GET.get("page")),
        "warnings": [finding.to_dict(_) for finding in result.warnings],
        "list_url": reverse(kind.list_url_name),
    }


@require_GET
def problem_rows(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """The rows with problems as a workbook, the reasons in the last column; mended there it can be uploaded again."""
    what = _kind_for(request, kind)
    row = _job_for(request, what, pk, "foundation.import_preview")
    file = StoredFile.objects.get(pk=UUID(row.params["file"]))
    try:
        content = files.read(file)
    except files.FileGone:
        raise Conflict(
            _("The uploaded file has been erased. Upload it again."),
            url=reverse("foundation:import-upload", args=[what.name]),
            url_label=_("Upload"),
        ) from None
    found = imports.preview(what, content, row.params["options"])
    if found.table is None or not found.result.problems:
        raise Http404
    sheet = problem_sheet(found.table, found.result.problems, translate=_)
    return _workbook(
        xlsx_bytes([sheet]), _("Problem rows of %(file)s") % {"file": file.name.rsplit(".", 1)[0] + ".xlsx"}
    )


@never_cache
@require_GET
def result(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """What was stored."""
    what = _kind_for(request, kind)
    row = _job_for(request, what, pk, "foundation.import_apply")
    if row.state != JobState.DONE:
        return redirect("foundation:job-detail", pk=row.pk)
    return render(request, "foundation/import_result.html", _context(request, what, row))
