"""Staff pages of the assessment: a year's table, one department, Excel out."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import may, may_somewhere, permission_required
from assessment import selectors
from assessment.closing import closed, state_of
from assessment.forms import AssessmentFilter, AssessmentForm
from assessment.importing import export_sheet
from assessment.services import set_assessment
from departments.models import DepartmentGroup
from evaluation.states import RoundState
from foundation import files
from foundation.form_errors import try_service
from foundation.tables import xlsx_bytes

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@permission_required("assessment.view", somewhere=True)
def assessment_latest(request: HttpRequest) -> HttpResponse:
    """The newest year that has departments; without one, what to do first."""
    years = selectors.years()
    if years:
        return redirect("assessment:assessment-list", year=years[0])
    context = {"may_import_departments": may(request.user, "departments.edit")}
    return render(request, "assessment/assessment_none.html", context)


@require_GET
@permission_required("assessment.view", somewhere=True)
def assessment_list(request: HttpRequest, year: int) -> HttpResponse:
    """A year's departments by group with what they were given."""
    groups = [(group.code, selectors.group_label(group)) for group in DepartmentGroup.objects.all()]
    form = AssessmentFilter(request.GET, groups=groups)
    table = selectors.year_table(request.user, year, form.cleaned_data if form.is_valid() else {})
    state = state_of(year)
    may_edit = may_somewhere(request.user, "assessment.edit")
    problem = closed(year, state, request.user) if may_edit else None
    context = {
        "year": year,
        "years": selectors.years(),
        "form": form,
        "table": table,
        "closed": problem,
        "is_scored": state == RoundState.SCORED,
        "may_edit": may_edit and problem is None,
        "may_import": may(request.user, "assessment.edit") and problem is None,
    }
    return render(request, "assessment/assessment_list.html", context)


@require_GET
@permission_required("assessment.view", somewhere=True)
def assessment_export(request: HttpRequest, year: int) -> HttpResponse:
    """The year's table as Excel, in the columns of the import; scores still missing can be filled in there."""
    table = selectors.year_table(request.user, year)
    if not table.total:
        raise Http404
    rows = [row for group in table.groups for row in group.rows]
    response = HttpResponse(xlsx_bytes([export_sheet(year, rows)]), content_type=files.XLSX)
    name = _("Assessment %(year)s.xlsx") % {"year": year}
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@FORM_METHODS
@permission_required("assessment.edit", somewhere=True)
def assessment_edit(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Score, bonus, deduction, veto and problem of one department (``pk``) in a year."""
    place = selectors.place_of(year, pk)
    if place is None:
        raise Http404
    if not selectors.allows(request.user, "assessment.edit", place):
        raise PermissionDenied("assessment.edit")
    marks = selectors.marks_by_department(year).get(pk, selectors.Marks())
    form = AssessmentForm(request.POST if request.method == "POST" else None, marks=marks)
    if request.method == "POST" and form.is_valid():
        saved = try_service(
            form,
            lambda: set_assessment(
                actor=request.user,  # type: ignore[arg-type]
                department=place.department,
                year=year,
                **form.cleaned_data,
            ),
        )
        if saved is not None:
            messages.success(request, _("The assessment of %(name)s has been saved.") % {"name": place.department})
            following = selectors.place_after(request.user, place) if "next" in request.POST else None
            if following is not None:
                return redirect("assessment:assessment-edit", year=year, pk=following.department_id)
            return redirect("assessment:assessment-list", year=year)
    context = {
        "year": year,
        "place": place,
        "group": selectors.group_label(place.group),
        "marks": marks,
        "form": form,
        "closed": closed(year, state_of(year), request.user),
    }
    return render(request, "assessment/assessment_form.html", context)
