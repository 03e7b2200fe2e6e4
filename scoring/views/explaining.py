"""A department's score in one run, derived step by step, for staff and auditors."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.policies import permission_required
from departments.models import Department
from evaluation.models import Round
from evaluation.views.shared import crumbs, get_round
from scoring import selectors
from scoring.explanation_page import Circle, page_context
from scoring.explanations import Unexplained, explainer_of


@require_GET
@permission_required("scoring.view")
def run_explain(request: HttpRequest, year: int, pk: UUID, code: str) -> HttpResponse:
    """Every step from the answers to the rank, published or not; small cells stay hidden from staff too."""
    evaluation = get_round(year)
    run = selectors.run_of(evaluation, pk)
    if run is None or not selectors.took_part(run, code):
        raise Http404
    names = {row.code: str(row) for row in Department.objects.all()}
    circle = Circle(
        names=names,
        link=lambda other: reverse("scoring:run-explain", args=(year, pk, other)),
        overall=True,
        last_year=_last_year(evaluation, code),
    )
    context = {
        "run": run,
        "is_published": selectors.published_run_id(evaluation) == run.pk,
        "department_name": names.get(code, code),
        "crumbs": [
            *crumbs(evaluation),
            (_("Results"), reverse("scoring:run-list", args=(year,))),
            (_("Run %(number)s") % {"number": run.number}, reverse("scoring:run-detail", args=(year, pk))),
            (names.get(code, code), ""),
        ],
    }
    try:
        context |= page_context(explainer_of(run), code, run, circle)
    except Unexplained:
        context |= {"explanation": None, "round": evaluation}
    return render(request, "scoring/run_explain.html", context)


def _last_year(evaluation: Round, code: str) -> str:
    """The address of the same department's derivation in last year's published run."""
    run = selectors.published_run(evaluation.year - 1)
    if run is None or not selectors.took_part(run, code):
        return ""
    return reverse("scoring:run-explain", args=(evaluation.year - 1, run.pk, code))
