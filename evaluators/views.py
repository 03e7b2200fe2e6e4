"""Staff pages of the registry: people, units, strata."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import may, permission_required
from evaluators import registry_selectors as selectors
from evaluators.forms import EvaluatorForm, RegistryFilter, StatusForm, StratumForm
from evaluators.models import Evaluator, Stratum
from evaluators.services import registry
from foundation.form_errors import try_service

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])
_PER_PAGE = 50


@require_GET
@permission_required("registry.view")
def evaluator_list(request: HttpRequest) -> HttpResponse:
    """The registry with search and filters; contact data is not on it."""
    form = RegistryFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = selectors.search(selectors.people(), wanted.get("q", ""))
    for name in ("stratum", "status", "district"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    page = selectors.CappedPaginator(rows.order_by("code"), _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "count": page.paginator.count,
        "counted": selectors.COUNTED,
        "may_edit": may(request.user, "registry.edit"),
    }
    return render(request, "evaluators/evaluator_list.html", context)


@require_GET
@never_cache
@permission_required("registry.view")
def evaluator_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One person; contact data is masked, and shown on its own page to those who may see it."""
    row = get_object_or_404(Evaluator.objects.select_related("stratum", "unit", "employer"), pk=pk)
    return _detail(request, row, StatusForm(initial={"status": row.status}))


def _detail(
    request: HttpRequest, row: Evaluator, form: StatusForm, *, with_contact: bool = False, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "evaluator": row,
        "phone": str(row.phone) if with_contact else selectors.masked(str(row.phone)),
        "email": row.email if with_contact else "",
        "with_contact": with_contact,
        "status_form": form,
        "may_edit": may(request.user, "registry.edit"),
        "may_see_contact": may(request.user, "registry.contact"),
    }
    return render(request, "evaluators/evaluator_detail.html", context, status=status)


@require_POST
@never_cache
@permission_required("registry.contact")
def contact_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the contact data; each look is in the audit log."""
    row = get_object_or_404(Evaluator.objects.select_related("stratum", "unit", "employer"), pk=pk)
    registry.record_contact_view(actor=request.user, evaluator=row)  # type: ignore[arg-type]
    return _detail(request, row, StatusForm(initial={"status": row.status}), with_contact=True)


@FORM_METHODS
@permission_required("registry.edit")
def evaluator_create(request: HttpRequest) -> HttpResponse:
    """A new person."""
    return _form(request, None)


@FORM_METHODS
@never_cache
@permission_required("registry.edit")
def evaluator_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a person; whoever may see contact data has looked at it by opening this page."""
    row = get_object_or_404(Evaluator.objects.select_related("stratum", "unit", "employer"), pk=pk)
    if request.method == "GET" and may(request.user, "registry.contact"):
        registry.record_contact_view(actor=request.user, evaluator=row)  # type: ignore[arg-type]
    return _form(request, row)


def _form(request: HttpRequest, row: Evaluator | None) -> HttpResponse:
    with_contact = may(request.user, "registry.contact")
    form = EvaluatorForm(request.POST or None, evaluator=row, with_contact=with_contact)
    if request.method == "POST" and form.is_valid():
        saved = try_service(
            form,
            lambda: registry.save_evaluator(
                actor=request.user,  # type: ignore[arg-type]
                evaluator=row,
                **form.cleaned_data,
            ),
        )
        if saved is not None:
            messages.success(request, _("The person has been saved."))
            return redirect("evaluators:evaluator-detail", pk=saved.pk)
    return render(request, "evaluators/evaluator_form.html", {"form": form, "evaluator": row})


@require_POST
@permission_required("registry.edit")
def status_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Change whether a person can be drawn."""
    row = get_object_or_404(Evaluator.objects.select_related("stratum", "unit", "employer"), pk=pk)
    form = StatusForm(request.POST)
    if form.is_valid():
        done = try_service(
            form,
            lambda: registry.set_status(
                actor=request.user,  # type: ignore[arg-type]
                evaluator=row,
                **form.cleaned_data,
            ),
        )
        if done is not None:
            messages.success(request, _("The status has been saved."))
            return redirect("evaluators:evaluator-detail", pk=pk)
    return _detail(request, row, form, status=422)


@require_GET
@permission_required("registry.view")
def unit_list(request: HttpRequest) -> HttpResponse:
    """Evaluator units with search."""
    text = request.GET.get("q", "")[:100]
    page = Paginator(selectors.units(text).order_by("code"), _PER_PAGE).get_page(request.GET.get("page"))
    form = RegistryFilter(request.GET)
    for name in ("stratum", "status", "district"):
        del form.fields[name]
    form.fields["q"].label = _("Name or code")
    return render(request, "evaluators/unit_list.html", {"page": page, "form": form, "count": page.paginator.count})


@require_GET
@permission_required("registry.view")
def stratum_list(request: HttpRequest) -> HttpResponse:
    """The strata with their sizes."""
    context = {"strata": selectors.stratum_sizes(), "may_edit": may(request.user, "registry.edit")}
    return render(request, "evaluators/stratum_list.html", context)


@FORM_METHODS
@permission_required("registry.edit")
def stratum_create(request: HttpRequest) -> HttpResponse:
    """A new stratum."""
    return _stratum_form(request, None)


@FORM_METHODS
@permission_required("registry.edit")
def stratum_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a stratum."""
    return _stratum_form(request, get_object_or_404(Stratum, pk=pk))


def _stratum_form(request: HttpRequest, row: Stratum | None) -> HttpResponse:
    instance = Stratum.objects.get(pk=row.pk) if row else None
    form = StratumForm(request.POST or None, instance=instance)
    if request.method == "POST" and form.is_valid():
        saved = try_service(
            form,
            lambda: registry.save_stratum(
                actor=request.user,  # type: ignore[arg-type]
                stratum=row,
                **form.cleaned_data,
            ),
        )
        if saved is not None:
            messages.success(request, _("The stratum has been saved."))
            return redirect("evaluators:stratum-list")
    return render(request, "evaluators/stratum_form.html", {"form": form, "stratum": row})
