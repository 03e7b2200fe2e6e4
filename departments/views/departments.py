"""The list of a year, Excel out; departments created, renamed, deactivated."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from accounts.policies import may, permission_required
from departments import export, selectors, services
from departments.filters import DepartmentFilter
from departments.forms import DepartmentForm, ReasonForm
from departments.freezes import frozen_reason
from departments.models import Department
from departments.tables import DepartmentTable
from departments.views.shared import FORM_METHODS, actor_of, crumbs, get_department
from departments.years import default_year
from foundation import files
from foundation.form_errors import try_service

_PER_PAGE = 50


def _year(request: HttpRequest, years: list[int]) -> int:
    """The year asked for; by default the one in preparation if it has departments, else the newest that has."""
    wanted = request.GET.get("year", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) == 4:
        return int(wanted)
    return default_year() if not years or default_year() in years else years[0]


@require_GET
@permission_required("departments.view", somewhere=True)
def department_list(request: HttpRequest) -> HttpResponse:
    """The departments of a year (``?year=``), with search, filters, sorting and pages."""
    years = selectors.years_with_departments()
    year = _year(request, years)
    visible = selectors.visible_to(request.user)
    may_edit = may(request.user, "departments.edit")
    rows = selectors.in_year(visible, year).order_by("group_order", "group_pk", "code")
    found = DepartmentFilter(request.GET, queryset=rows, request=request)
    table = DepartmentTable(found.qs, is_empty_year=year not in years, may_import=may_edit)
    RequestConfig(request, paginate={"per_page": _PER_PAGE}).configure(table)
    context = {
        "year": year,
        "years": sorted({*years, year}, reverse=True),
        "frozen": frozen_reason(year),
        "table": table,
        "filter": found,
        "count": len(table.rows),
        "out_count": selectors.not_taking_part_count(visible, year) if year in years else 0,
        "may_edit": may_edit,
    }
    return render(request, "departments/department_list.html", context)


@require_GET
@permission_required("departments.view", somewhere=True)
def department_export(request: HttpRequest, year: int) -> HttpResponse:
    """The departments of a year as Excel, in the columns of the import."""
    content = export.workbook(selectors.taking_part(selectors.visible_to(request.user), year))
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
        saved = try_service(form, lambda: services.create_department(actor=actor_of(request), **form.cleaned_data))
        if saved is not None:
            messages.success(request, _("%(name)s has been created. Give it a group.") % {"name": saved.full_name})
            return redirect("departments:department-detail", pk=saved.pk)
    title = _("New department")
    context = {
        "form": form,
        "title": title,
        "crumbs": crumbs(here=title),
        "back": reverse("departments:department-list"),
    }
    return render(request, "departments/form.html", context | {"save_label": _("Create the department")})


@FORM_METHODS
@permission_required("departments.edit")
def department_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the names."""
    row = get_department(request, pk)
    form = DepartmentForm(request.POST or None, instance=get_department(request, pk))
    if request.method == "POST" and form.is_valid():
        values = {key: value for key, value in form.cleaned_data.items() if key != "code"}
        saved = try_service(form, lambda: services.update_department(actor=actor_of(request), department=row, **values))
        if saved is not None:
            messages.success(request, _("The department has been saved."))
            return redirect("departments:department-detail", pk=pk)
    context = {
        "form": form,
        "title": row.full_name,
        "crumbs": crumbs(row, _("Change the names")),
        "back": reverse("departments:department-detail", args=(pk,)),
        "save_label": _("Save the department"),
    }
    return render(request, "departments/form.html", context)


@FORM_METHODS
@permission_required("departments.edit")
def department_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a department out of this and later years, after saying what that means."""
    row = get_department(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = try_service(
            form,
            lambda: services.deactivate_department(actor=actor_of(request), department=row, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("%(name)s is inactive now.") % {"name": row.full_name})
            return redirect("departments:department-detail", pk=pk)
    context = {
        "title": _("Deactivate %(name)s") % {"name": row.full_name},
        "crumbs": crumbs(row, _("Deactivate")),
        "consequences": _consequences(row),
        "form": form,
        "problems": [] if row.is_active else [{"message": _("This department is inactive already.")}],
        "confirm_label": _("Deactivate the department"),
        "cancel_url": reverse("departments:department-detail", args=(pk,)),
    }
    return render(request, "components/confirm.html", context)


def _consequences(row: Department) -> list[str]:
    leaving, frozen = services.years_given_up(row)
    said = []
    if leaving:
        years = _(", ").join(str(year) for year in leaving)
        said.append(_("It leaves its group and sector in %(years)s and is not judged there.") % {"years": years})
    if frozen:
        years = _(", ").join(str(year) for year in frozen)
        said.append(_("The round of %(years)s is frozen: there it stays and is judged to the end.") % {"years": years})
    if not row.successors.exists():
        said.append(
            _("No successor is known. If another department carries on its work, say so on that department's page.")
        )
    return [
        *said,
        _("Its earlier years, results and lineage stay."),
        _("It can be activated again; its group then has to be given anew."),
    ]


@require_POST
@permission_required("departments.edit")
def activate_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a department take part again."""
    row = get_department(request, pk)
    services.reactivate_department(actor=actor_of(request), department=row)
    messages.success(request, _("%(name)s is active again. Give it a group.") % {"name": row.full_name})
    return redirect("departments:department-detail", pk=pk)
