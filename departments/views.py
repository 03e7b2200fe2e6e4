"""Staff pages of departments: the list of a year, one department with its years and lineage, Excel out."""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_tables2 import RequestConfig

from accounts.models import User
from accounts.policies import may, permission_required
from departments import selectors, services
from departments.forms import DepartmentFilter, DepartmentForm, LineageForm, YearForm
from departments.importing import KIND
from departments.models import Department, Lineage
from departments.tables import DepartmentTable
from departments.years import default_year
from foundation import files
from foundation.form_errors import try_service
from foundation.tables import Sheet, xlsx_bytes

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])
_PER_PAGE = 50


def _actor(request: HttpRequest) -> User:
    """The user behind a request that a permission check let pass."""
    return cast(User, request.user)


@require_GET
@permission_required("departments.view")
def department_list(request: HttpRequest) -> HttpResponse:
    """The departments of a year (``?year=``, by default the newest), with search, filters and pages."""
    years = selectors.years_with_departments()
    wanted = request.GET.get("year", "")
    year = int(wanted) if wanted.isdecimal() and len(wanted) == 4 else (years[0] if years else default_year())
    found = DepartmentFilter(request.GET, queryset=selectors.taking_part(year), request=request)
    table = DepartmentTable(found.qs)
    RequestConfig(request, paginate={"per_page": _PER_PAGE}).configure(table)
    context = {
        "year": year,
        "years": years,
        "table": table,
        "filter": found,
        "count": found.qs.count(),
        "others": selectors.without_year(year),
        "may_edit": may(request.user, "departments.edit"),
    }
    return render(request, "departments/department_list.html", context)


@require_GET
@permission_required("departments.view")
def department_export(request: HttpRequest, year: int) -> HttpResponse:
    """The departments of a year as Excel, in the columns of the import."""
    rows = [
        [
            row.department.code,
            row.department.full_name,
            row.department.short_name,
            row.group.name,
            row.sector.name if row.sector else "",
            "有效" if row.department.is_active else "停用",
        ]
        for row in selectors.taking_part(year)
    ]
    headers = [column.chinese for column in KIND.schema().columns]
    content = xlsx_bytes([Sheet(name=str(KIND.title), headers=headers, rows=rows, frozen_columns=2)])
    response = HttpResponse(content, content_type=files.XLSX)
    name = _("Departments %(year)s.xlsx") % {"year": year}
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@FORM_METHODS
@permission_required("departments.edit")
def department_create(request: HttpRequest) -> HttpResponse:
    """A new department; its group is given on its page."""
    form = DepartmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        saved = try_service(
            form, lambda: services.save_department(actor=request.user, department=None, **form.cleaned_data)
        )
        if saved is not None:
            messages.success(request, _("%(name)s has been created. Give it a group.") % {"name": saved})
            return redirect("departments:department-detail", pk=saved.pk)
    return render(request, "departments/department_form.html", {"form": form})


@require_GET
@permission_required("departments.view")
def department_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One department: names, its group and sector in each year, what it carries on."""
    row = get_object_or_404(Department, pk=pk)
    return _detail(request, row, YearForm(initial={"year": default_year()}), LineageForm(row))


def _detail(
    request: HttpRequest, row: Department, year: YearForm, lineage: LineageForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "department": row,
        "years": row.years.select_related("group", "sector").order_by("-year"),
        "predecessors": row.predecessors.select_related("predecessor"),
        "successors": row.successors.select_related("successor"),
        "year_form": year,
        "lineage_form": lineage,
        "may_edit": may(request.user, "departments.edit"),
    }
    return render(request, "departments/department_detail.html", context, status=status)


@FORM_METHODS
@permission_required("departments.edit")
def department_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change names and state."""
    row = get_object_or_404(Department, pk=pk)
    form = DepartmentForm(request.POST or None, instance=get_object_or_404(Department, pk=pk))
    if request.method == "POST" and form.is_valid():
        saved = try_service(
            form, lambda: services.save_department(actor=request.user, department=row, **form.cleaned_data)
        )
        if saved is not None:
            messages.success(request, _("The department has been saved."))
            return redirect("departments:department-detail", pk=pk)
    return render(request, "departments/department_form.html", {"form": form, "department": row})


@require_POST
@permission_required("departments.edit")
def year_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Set group and sector of a year."""
    row = get_object_or_404(Department, pk=pk)
    form = YearForm(request.POST)
    if form.is_valid():
        done = try_service(
            form, lambda: services.set_year(actor=request.user, department=row, **form.cleaned_data) or True
        )
        if done:
            messages.success(request, _("The year %(year)s has been saved.") % {"year": form.cleaned_data["year"]})
            return redirect("departments:department-detail", pk=pk)
    return _detail(request, row, form, LineageForm(row), status=422)


@require_POST
@permission_required("departments.edit")
def lineage_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the department carries on."""
    row = get_object_or_404(Department, pk=pk)
    form = LineageForm(row, request.POST)
    if form.is_valid():
        save = partial(services.add_lineage, actor=_actor(request), successor=row)
        done = try_service(form, lambda: save(**form.cleaned_data))
        if done is not None:
            messages.success(request, _("The lineage has been saved."))
            return redirect("departments:department-detail", pk=pk)
    return _detail(request, row, YearForm(initial={"year": default_year()}), form, status=422)


@require_POST
@permission_required("departments.edit")
def lineage_end_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lineage back."""
    lineage = get_object_or_404(Lineage.objects.select_related("successor", "predecessor"), pk=pk)
    successor = lineage.successor
    try:
        services.remove_lineage(actor=_actor(request), lineage=lineage)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The lineage has been removed."))
    return redirect("departments:department-detail", pk=successor.pk)
