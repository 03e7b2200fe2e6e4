"""How far each stratum's weight could move before the first or the last of a group changes."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.policies import permission_required
from evaluation.views.shared import get_round
from foundation.starting import start_job
from scoring import selectors, weights
from scoring.models import SensitivityReport
from scoring.views.shared import run_crumbs


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("scoring.view")
def run_sensitivity(request: HttpRequest, year: int, pk: UUID) -> HttpResponse:
    """The report of a run, the tightest weight of each group first; POST starts the job that makes it."""
    evaluation = get_round(year)
    run = selectors.run_of(evaluation, pk)
    if run is None:
        raise Http404
    report = SensitivityReport.objects.filter(run=run).first()
    here = reverse("scoring:run-sensitivity", args=(year, pk))
    if request.method == "POST" and report is None:
        return start_job(
            request,
            "scoring.sensitivity",
            params={"run_id": str(run.pk)},
            permission="scoring.view",
            exclusive_key=f"scoring.sensitivity:{run.pk}",
            back_url=here,
        )
    groups = weights.groups_of(report) if report else []
    context = {
        "round": evaluation,
        "run": run,
        "report": report,
        "groups": groups,
        "is_hidden": any(row.first.is_hidden or row.last.is_hidden for group in groups for row in group.rows),
        "is_searched": any(row.is_searched for group in groups for row in group.rows),
        "crumbs": run_crumbs(evaluation, run, _("How far the weights can move")),
    }
    return render(request, "scoring/sensitivity.html", context)
