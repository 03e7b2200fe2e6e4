"""How long names are kept: the rule, who is announced, holds."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.policies import permission_required
from evaluators.forms import ReasonForm, RetentionForm
from evaluators.listing import PER_PAGE
from evaluators.models import Evaluator, RetentionHold, RetentionNotice
from evaluators.services import retention
from evaluators.services.export import KEPT
from evaluators.views.shared import FORM_METHODS, actor_of, crumbs
from foundation.form_errors import try_service
from foundation.models import StoredFile
from foundation.starting import start_job

_PAGE = "evaluators:retention"


@FORM_METHODS
@never_cache
@permission_required("registry.retention")
def retention_page(request: HttpRequest) -> HttpResponse:
    """The rule and who is to be anonymised when; changing the rule."""
    rule = retention.current()
    initial = {"years": rule.years, "grace_days": rule.grace_days} if rule else {"years": 0}
    form = RetentionForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = try_service(form, lambda: retention.set_policy(actor=actor_of(request), **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The rule has been saved. The list follows it from the next update on."))
            return redirect(_PAGE)
    notices = RetentionNotice.objects.select_related("evaluator__stratum").defer("evaluator__phone", "evaluator__email")
    page = Paginator(notices, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rule": rule,
        "form": form,
        "page": page,
        "count": page.paginator.count,
        "holds": RetentionHold.objects.filter(lifted_at=None).select_related("evaluator", "by")[:PER_PAGE],
        "files": StoredFile.objects.filter(kind=retention.REPORT, erased_at=None).select_related("created_by")[:10],
        "days": KEPT.days,
        "crumbs": crumbs((_("Retention"), "")),
    }
    return render(request, "evaluators/retention.html", context)


def _start(request: HttpRequest, kind: str) -> HttpResponse:
    return start_job(
        request, kind, params={}, exclusive_key=kind, permission="registry.retention", back_url=reverse(_PAGE)
    )


@require_POST
@permission_required("registry.retention")
def announce_start(request: HttpRequest) -> HttpResponse:
    """Bring the list up to date now."""
    return _start(request, retention.ANNOUNCE)


@require_POST
@permission_required("registry.retention")
@permission_required("registry.view")
def report_start(request: HttpRequest) -> HttpResponse:
    """The list as a workbook."""
    return _start(request, retention.REPORT)


@FORM_METHODS
@never_cache
@permission_required("registry.retention")
def hold_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, and keep somebody from being anonymised."""
    row = get_object_or_404(Evaluator.objects.defer("phone", "email"), pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = try_service(form, lambda: retention.hold(actor=actor_of(request), evaluator=row, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("The entry is held."))
            return redirect(_PAGE)
    context = {
        "title": _("Hold %(code)s") % {"code": row.code},
        "consequences": [_("The person keeps name and contact data until the hold is lifted.")],
        "form": form,
        "confirm_label": _("Hold the entry"),
        "danger": False,
        "cancel_url": reverse(_PAGE),
        "crumbs": crumbs((_("Retention"), reverse(_PAGE)), (row.code, "")),
    }
    return render(request, "components/confirm.html", context)


@require_POST
@permission_required("registry.retention")
def release_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift a hold."""
    retention.release(actor=actor_of(request), held=get_object_or_404(RetentionHold, pk=pk))
    messages.success(request, _("The hold has been lifted."))
    return redirect(_PAGE)
