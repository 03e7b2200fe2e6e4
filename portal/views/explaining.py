"""A department's published score, derived step by step, for those who may see the department."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from departments.models import Department
from foundation.errors import page_not_found
from portal import selectors
from portal.guards import reads_results
from scoring.explanation_page import Circle, page_context
from scoring.explanations import Unexplained, explainer_of


@require_GET
@reads_results
def department_explain(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """Every step from the answers to the rank of a published year; others are named as far as the reader may see."""
    row = get_object_or_404(Department, code=code)
    years = selectors.years_of(row)
    if not selectors.may_see(request.user, row, list(years.values())):
        # The same answer as for a department that does not exist: who may not see it learns nothing.
        return page_not_found(request)
    publication = selectors.publication_of(year)
    if publication is None or year not in years:
        raise Http404
    context: dict[str, Any] = {
        "department": row,
        "department_name": str(row),
        "year": year,
        "department_url": f"{reverse('portal:department', args=(code,))}?year={year}",
        "publication": publication,
    }
    circle = Circle(
        names=selectors.names_visible_to(request.user, publication) | {row.code: str(row)},
        link=lambda other: reverse("portal:department-explain", args=(year, other)),
        overall=selectors.visible_to(request.user).everything,
        last_year=reverse("portal:department-explain", args=(year - 1, code)) if year - 1 in years else "",
    )
    try:
        context |= page_context(explainer_of(publication.run), code, publication.run, circle)
    except Unexplained:
        context |= {"explanation": None}
    return render(request, "portal/explain.html", context)
