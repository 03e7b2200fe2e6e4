"""The quota page's helpers: figures as they are typed, counting the register, trial draws."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.policies import may, permission_required
from evaluation import selectors
from evaluation.forms.strata import StrataForm
from evaluation.services.planning import TRIALS, refuse_unless_draft
from evaluation.states import RoundState
from evaluation.trial_pages import trial_page
from evaluation.views.shared import crumbs, get_round
from foundation.starting import start_job


@require_POST
@permission_required("round.configure")
def quota_figures(request: HttpRequest, year: int) -> HttpResponse:
    """The figures of what is typed on the page of the strata, to be put in their places; nothing is saved."""
    evaluation = get_round(year)
    refuse_unless_draft(evaluation)
    form = StrataForm(evaluation, selectors.configuration_of(evaluation), request.POST)
    return render(request, "evaluation/sections/strata_fragment.html", {"round": evaluation, **form.context()})


@require_POST
@permission_required("round.configure")
def quota_count(request: HttpRequest, year: int) -> HttpResponse:
    """Count the register, and read last year's round, for this round's quotas."""
    evaluation = get_round(year)
    refuse_unless_draft(evaluation)
    return start_job(
        request,
        "evaluation.count_basis",
        params={"round_id": evaluation.pk},
        permission="round.configure",
        exclusive_key=f"evaluation.count_basis:{year}",
        back_url=reverse("evaluation:section-edit", args=(year, "strata")),
    )


@require_GET
@permission_required("round.view")
def trial_detail(request: HttpRequest, year: int) -> HttpResponse:
    """The newest trial draws of a round (``?number=`` an earlier one), all strata together or one (``?stratum=``)."""
    evaluation = get_round(year)
    number, stratum = request.GET.get("number", ""), request.GET.get("stratum", "")
    page = trial_page(evaluation, number, stratum)
    if page is None and (number or stratum):
        raise Http404
    is_draft = evaluation.state == RoundState.DRAFT
    context = {
        "round": evaluation,
        "trial": page,
        "trials": TRIALS,
        "may_try": is_draft and may(request.user, "round.configure"),
        "may_plan": is_draft,
        "crumbs": crumbs(evaluation, _("Trial draws")),
    }
    return render(request, "evaluation/trial_detail.html", context)


@require_POST
@permission_required("round.configure")
def trial_start(request: HttpRequest, year: int) -> HttpResponse:
    """Draw a thousand times by the saved quotas."""
    evaluation = get_round(year)
    refuse_unless_draft(evaluation)
    return start_job(
        request,
        "evaluation.trial_draws",
        params={"round_id": evaluation.pk, "trials": TRIALS},
        permission="round.view",
        exclusive_key=f"evaluation.trial_draws:{year}",
        back_url=reverse("evaluation:trial-detail", args=(year,)),
    )
