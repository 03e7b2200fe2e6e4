"""The staff side: the list of reports, one report, and the steps of its examination."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.policies import may, permission_required
from assessment.canvassing import selectors, services
from assessment.canvassing.forms import AssignForm, CanvassingFilter, ProposeForm, SendBackForm
from assessment.closing import closed, state_of
from assessment.models import CanvassingReport, CanvassingState, CanvassingStepKind
from foundation.form_errors import try_service

_PER_PAGE = 50


@require_GET
@never_cache
@permission_required("canvassing.view")
def report_list(request: HttpRequest) -> HttpResponse:
    """All reports, newest first; what they say is on their own pages."""
    form = CanvassingFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = selectors.find(year=wanted.get("year"), state=wanted.get("state") or "", number=wanted.get("q") or "")
    counts = selectors.counts_by_state()
    context = {
        "form": form,
        "page": Paginator(rows, _PER_PAGE).get_page(request.GET.get("page")),
        "counts": [(state.label, counts.get(state, 0)) for state in CanvassingState],
        "is_filtered": any(wanted.values()),
    }
    return render(request, "assessment/canvassing_list.html", context)


@require_GET
@never_cache
@permission_required("canvassing.view")
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One report; that it was read is written down."""
    report = _get(pk)
    services.record_reading(actor=cast(User, request.user), report=report)
    return _detail(request, report)


def _get(pk: int) -> CanvassingReport:
    return get_object_or_404(CanvassingReport.objects.select_related("department", "evidence"), pk=pk)


def _detail(request: HttpRequest, report: CanvassingReport, status: int = 200, **bound: Form) -> HttpResponse:
    decides = may(request.user, "canvassing.decide")
    allowed = {str(kind): decides and services.may_follow(report, kind) for kind in CanvassingStepKind}
    proposal = selectors.proposal_of(report) if report.state == CanvassingState.PROPOSED else None
    context: dict[str, Any] = {
        "report": report,
        "steps": report.steps.select_related("by", "proposed_by"),
        "allowed": allowed,
        "proposal": proposal,
        "own_proposal": proposal is not None and proposal.by_id == request.user.pk,
        "assign_form": bound.get("assign") or AssignForm(year=report.year, initial={"department": report.department}),
        "propose_form": bound.get("propose") or ProposeForm(),
        "back_form": bound.get("back") or SendBackForm(),
        "closed": closed(report.year, state_of(report.year), request.user) if decides else None,
        "crumbs": [(_("Reports of canvassing"), reverse("canvassing:report-list")), (report.number, "")],
    }
    return render(request, "assessment/canvassing_detail.html", context, status=status)


def _done(request: HttpRequest, pk: int, text: str | Promise) -> HttpResponse:
    messages.success(request, str(text))
    return redirect("canvassing:report-detail", pk=pk)


@require_POST
@permission_required("canvassing.decide")
def report_take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the examination."""
    services.take_up(actor=cast(User, request.user), report=_get(pk))
    return _done(request, pk, _("The examination has begun."))


def _with_form(
    request: HttpRequest, pk: int, name: str, form: Form, work: Callable[[], Any], text: str | Promise
) -> HttpResponse:
    """A step with a form: done and back to the report, or the report again with what is wrong."""
    if form.is_valid() and try_service(form, lambda: work() or True):
        return _done(request, pk, text)
    return _detail(request, _get(pk), status=422, **{name: form})


@require_POST
@never_cache
@permission_required("canvassing.decide")
def report_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Name the department."""
    report, actor = _get(pk), cast(User, request.user)
    form = AssignForm(request.POST, year=report.year)
    return _with_form(
        request, pk, "assign", form,
        lambda: services.assign(actor=actor, report=report, **form.cleaned_data),
        gettext_lazy("The department has been noted."),
    )  # fmt: skip


@require_POST
@never_cache
@permission_required("canvassing.decide")
def report_propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose a decision."""
    report, actor = _get(pk), cast(User, request.user)
    form = ProposeForm(request.POST)
    return _with_form(
        request, pk, "propose", form,
        lambda: services.propose(actor=actor, report=report, decision=services.Decision(**form.cleaned_data)),
        gettext_lazy("The decision has been proposed; another person confirms it."),
    )  # fmt: skip


@require_POST
@never_cache
@permission_required("canvassing.decide")
def report_send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Do not confirm."""
    report, actor = _get(pk), cast(User, request.user)
    form = SendBackForm(request.POST)
    return _with_form(
        request, pk, "back", form,
        lambda: services.send_back(actor=actor, report=report, **form.cleaned_data),
        gettext_lazy("The report has been sent back."),
    )  # fmt: skip


@require_POST
@never_cache
@permission_required("canvassing.decide")
def report_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm what another person proposed."""
    try:
        services.confirm(actor=cast(User, request.user), report=_get(pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("canvassing:report-detail", pk=pk)
    return _done(request, pk, _("The decision stands."))
