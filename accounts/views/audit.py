"""The audit log: list, one entry, export, proof of its chain. Read by those with ``audit.view``, changed by nobody."""

from __future__ import annotations

import tempfile
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import audit_log, services
from accounts.audit_forms import AuditSearchForm
from accounts.policies import permission_required
from accounts.services.audit_check import CHECK_JOB
from accounts.views.shared import FORM_METHODS, actor_of
from foundation import audit
from foundation.models import AuditEntry, Job, JobState
from foundation.starting import start_job
from foundation.tables import write_csv


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@require_GET
@permission_required("audit.view")
def audit_list(request: HttpRequest) -> HttpResponse:
    """The log, newest first, with search."""
    form = AuditSearchForm(request.GET or None) if request.GET else AuditSearchForm()
    search = form.search() if form.is_bound else audit_log.Search()
    rows = audit_log.find(search).select_related("actor")
    page = audit_log.page_of(rows, before=_number(request, "before"), after=_number(request, "after"))
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "entries": [(entry, audit.action_label(entry.action), audit_log.subject_kind(entry)) for entry in page.entries],
        "exact": page.count <= audit_log.COUNTED,
        "counted": audit_log.COUNTED,
        "is_filtered": search != audit_log.Search(),
    }
    return render(request, "accounts/audit_list.html", context)


@require_GET
@permission_required("audit.view")
def audit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: before and after side by side, and how it hangs on the one before."""
    entry = get_object_or_404(AuditEntry.objects.select_related("actor"), pk=pk)
    older, newer = audit_log.neighbours(entry)
    context = {
        "entry": entry,
        "action_label": audit.action_label(entry.action),
        "subject_kind": audit_log.subject_kind(entry),
        "differences": audit_log.differences(entry),
        "older": older,
        "newer": newer,
    }
    return render(request, "accounts/audit_detail.html", context)


@require_GET
@permission_required("audit.view")
def audit_export(request: HttpRequest) -> HttpResponseBase:
    """What the search finds, as CSV that no spreadsheet runs. Taking it away is logged."""
    form = AuditSearchForm(request.GET)
    if not form.is_valid():
        return redirect(f"{reverse('accounts:audit-list')}?{request.GET.urlencode()}")
    rows = audit_log.find(form.search())
    target = tempfile.TemporaryFile()  # noqa: SIM115 -- FileResponse closes it
    write_csv(target, audit_log.export_headers(), audit_log.export_rows(rows))
    target.seek(0)
    services.record_export(actor=actor_of(request), search={name: request.GET[name] for name in form.changed_data})
    name = f"audit-log-{timezone.localtime():%Y%m%d-%H%M}.csv"
    return FileResponse(target, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


@FORM_METHODS
@permission_required("audit.view")
def audit_check(request: HttpRequest) -> HttpResponse:
    """Prove the chain again, and what the last proof found."""
    here = reverse("accounts:audit-check")
    if request.method == "POST":
        return start_job(
            request,
            CHECK_JOB,
            params={},
            permission="audit.view",
            exclusive_key=CHECK_JOB,
            back_url=here,
        )
    checks = Job.objects.filter(kind=CHECK_JOB)
    running = checks.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).first()
    last = checks.filter(state=JobState.DONE).order_by("-finished_at").first()
    return render(
        request,
        "accounts/audit_check.html",
        {"running": running, "last": last, "result": last.result if last else None},
    )
