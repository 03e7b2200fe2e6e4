"""Units and strata."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import may, permission_required
from evaluators import selectors
from evaluators.forms import StratumForm, UnitFilter, UnitForm
from evaluators.listing import PER_PAGE
from evaluators.models import Stratum, Unit
from evaluators.services import classes
from evaluators.views.rows import unit_rows
from evaluators.views.shared import FORM_METHODS, actor_of, crumbs
from foundation.form_errors import try_service


@require_GET
@permission_required("registry.view")
def unit_list(request: HttpRequest) -> HttpResponse:
    """Evaluator units with search, filters and pages."""
    form = UnitFilter(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    rows = selectors.units(
        wanted.get("q") or "",
        stratum=wanted.get("stratum"),
        district=wanted.get("district") or "",
        state=wanted.get("state") or "",
    )
    page = Paginator(rows.order_by("code"), PER_PAGE).get_page(request.GET.get("page"))
    people = selectors.people_of([row.pk for row in page])
    context = {
        "page": page,
        "rows": unit_rows((row, *people.get(row.pk, (0, 0))) for row in page),
        "form": form,
        "count": page.paginator.count,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_edit": may(request.user, "registry.edit"),
        "crumbs": crumbs((_("Units"), "")),
    }
    return render(request, "evaluators/unit_list.html", context)


def _unit_crumbs(*way: tuple[str, str]) -> list[tuple[str, str]]:
    return crumbs((_("Units"), reverse("evaluators:unit-list")), *way)


@require_GET
@permission_required("registry.view")
def unit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit and how many people it has."""
    row = get_object_or_404(Unit.objects.select_related("stratum"), pk=pk)
    people, active = selectors.people_of([pk]).get(pk, (0, 0))
    context = {
        "unit": row,
        "people": people,
        "active": active,
        "may_edit": may(request.user, "registry.edit"),
        "may_contact": may(request.user, "registry.contact"),
        "crumbs": _unit_crumbs((row.name, "")),
    }
    return render(request, "evaluators/unit_detail.html", context)


@FORM_METHODS
@permission_required("registry.edit")
def unit_create(request: HttpRequest) -> HttpResponse:
    """A new unit."""
    return _unit_form(request, None)


@FORM_METHODS
@permission_required("registry.edit")
def unit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a unit."""
    return _unit_form(request, get_object_or_404(Unit, pk=pk))


def _unit_form(request: HttpRequest, row: Unit | None) -> HttpResponse:
    name = row.name if row else ""
    with_contact = may(request.user, "registry.contact")
    form: Any = UnitForm(request.POST or None, instance=row, with_contact=with_contact)
    if request.method == "POST" and form.is_valid():
        saved = try_service(form, lambda: classes.save_unit(actor=actor_of(request), unit=row, **form.cleaned_data))
        if saved is not None:
            messages.success(request, _("“%(name)s” has been saved.") % {"name": saved.name})
            return redirect("evaluators:unit-detail", pk=saved.pk)
    address = reverse("evaluators:unit-detail", args=(row.pk,)) if row else reverse("evaluators:unit-list")
    way = [(name, address), (_("Edit"), "")] if row else [(_("New unit"), "")]
    context = {
        "form": form,
        "title": name or _("New unit"),
        "crumbs": _unit_crumbs(*way),
        "back": address,
        "save_label": _("Save the unit") if row else _("Create the unit"),
    }
    return render(request, "evaluators/class_form.html", context)


@require_GET
@permission_required("registry.view")
def stratum_list(request: HttpRequest) -> HttpResponse:
    """The strata in their order, with their sizes."""
    context = {
        "strata": selectors.stratum_sizes(),
        "may_edit": may(request.user, "registry.edit"),
        "crumbs": crumbs((_("Strata"), "")),
    }
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
    name = row.name if row else ""
    initial = None if row else {"order": Stratum.objects.count() + 1}
    form: Any = StratumForm(request.POST or None, instance=row, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = try_service(
            form, lambda: classes.save_stratum(actor=actor_of(request), stratum=row, **form.cleaned_data)
        )
        if saved is not None:
            messages.success(request, _("“%(name)s” has been saved.") % {"name": saved.name})
            return redirect("evaluators:stratum-list")
    title = name or _("New stratum")
    context = {
        "form": form,
        "title": title,
        "crumbs": crumbs((_("Strata"), reverse("evaluators:stratum-list")), (title, "")),
        "back": reverse("evaluators:stratum-list"),
        "save_label": _("Save the stratum") if row else _("Create the stratum"),
    }
    return render(request, "evaluators/class_form.html", context)
