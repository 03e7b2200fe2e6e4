"""One department: its group and sector in each year, what it carries on and who carries it on."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import may, permission_required
from departments import selectors, services
from departments.forms import LineageForm, YearForm
from departments.models import Department, Lineage
from departments.views.shared import actor_of, crumbs, get_department
from departments.years import default_year
from foundation.form_errors import try_service


@require_GET
@permission_required("departments.view", somewhere=True)
def department_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One department. ``?year=`` puts that year into the form."""
    row = get_department(request, pk)
    wanted = request.GET.get("year", "")
    year = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) == 4 else default_year()
    # What it was then, else what it was last.
    known = row.years.filter(year=year).first() or row.years.order_by("-year").first()
    initial = {"year": year, "group": known and known.group_id, "sector": known and known.sector_id}
    return _detail(request, row, YearForm(initial=initial), LineageForm(row, initial={"year": default_year()}))


def _detail(
    request: HttpRequest, row: Department, year: YearForm, lineage: LineageForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "department": row,
        "years": selectors.years_of(row),
        "predecessors": row.predecessors.select_related("predecessor").order_by("-year"),
        "successors": row.successors.select_related("successor").order_by("-year"),
        "year_form": year,
        "lineage_form": lineage,
        "may_edit": may(request.user, "departments.edit"),
        "crumbs": crumbs(row),
    }
    return render(request, "departments/department_detail.html", context, status=status)


@require_POST
@permission_required("departments.edit")
def year_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Set group and sector of a year."""
    row = get_department(request, pk)
    form = YearForm(request.POST)
    if form.is_valid():
        save = partial(services.set_year, actor=actor_of(request), department=row)

        def work() -> bool:
            save(**form.cleaned_data)
            return True

        if try_service(form, work):
            messages.success(request, _("The year %(year)s has been saved.") % {"year": form.cleaned_data["year"]})
            return redirect("departments:department-detail", pk=pk)
    return _detail(request, row, form, LineageForm(row, initial={"year": default_year()}), status=422)


@require_POST
@permission_required("departments.edit")
def lineage_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the department carries on."""
    row = get_department(request, pk)
    form = LineageForm(row, request.POST)
    if form.is_valid():
        save = partial(services.add_lineage, actor=actor_of(request), successor=row)
        if try_service(form, lambda: save(**form.cleaned_data)) is not None:
            messages.success(request, _("The lineage has been saved."))
            return redirect("departments:department-detail", pk=pk)
    return _detail(request, row, YearForm(initial={"year": default_year()}), form, status=422)


@require_POST
@permission_required("departments.edit")
def lineage_end_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lineage back."""
    lineage = get_object_or_404(Lineage.objects.select_related("successor", "predecessor"), pk=pk)
    try:
        services.remove_lineage(actor=actor_of(request), lineage=lineage)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The lineage has been removed."))
    return redirect("departments:department-detail", pk=lineage.successor_id)
