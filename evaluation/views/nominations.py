"""Who put people on the register: by stratum and body, of a round's draw or of the register of now."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.policies import may, permission_required
from evaluation import selectors
from evaluation.forms.nominations import LimitsForm
from evaluation.nominations import Nominations, limits_of, nominations_now, nominations_of
from evaluation.services import nominating
from evaluation.views.shared import crumbs, get_round, posted
from foundation.form_errors import try_service
from foundation.models import ACTIVE_JOB_STATES, Job, JobState
from foundation.starting import start_job

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@require_http_methods(["GET", "HEAD"])
@permission_required("round.view")
def nominations(request: HttpRequest, year: int) -> HttpResponse:
    """The nominations behind the draw of a round, or of one stratum of it (``?stratum=code``)."""
    evaluation = get_round(year)
    record = selectors.standing_draw(year)
    report = nominations_of(evaluation, record) if record else None
    title = _("Nominations")
    context: dict[str, Any] = {
        "round": evaluation,
        "record": record,
        "crumbs": crumbs(evaluation, title),
        "limits": limits_of(evaluation),
        "may_set_limits": may(request.user, "round.configure"),
        "may_see_register": may(request.user, "registry.view"),
        "with_draw": True,
        **_shown(request, report),
    }
    if context["stratum"]:
        here = reverse("evaluation:nominations", args=(year,))
        context["crumbs"] = [*crumbs(evaluation, title)[:-1], (title, here), (context["stratum"].label, "")]
    return render(request, "evaluation/nominations.html", context)


def _shown(request: HttpRequest, report: Nominations | None) -> dict[str, Any]:
    """The report, and its stratum that is looked at. Raises Http404 for a stratum that is not in it."""
    code = request.GET.get("stratum", "")
    stratum = next((row for row in report.strata if row.code == code), None) if report and code else None
    if code and stratum is None:
        raise Http404
    return {"report": report, "stratum": stratum}


@FORM_METHODS
@permission_required("registry.view")
def register_nominations(request: HttpRequest) -> HttpResponse:
    """The nominations of the register of now, as a job counted them last; by POST it counts anew."""
    here = reverse("evaluation:register-nominations")
    if request.method == "POST":
        return start_job(
            request, nominating.JOB, params={}, permission="registry.view", exclusive_key=nominating.JOB, back_url=here
        )
    job = Job.objects.filter(kind=nominating.JOB, state=JobState.DONE).order_by("-finished_at").first()
    report = nominations_now((job.result or {})["strata"]) if job else None
    title = _("Nominations on the register")
    context: dict[str, Any] = {
        "counted_at": job.finished_at if job else None,
        "job": Job.objects.filter(kind=nominating.JOB, state__in=ACTIVE_JOB_STATES).first(),
        "limits": limits_of(None),
        "with_draw": False,
        **_shown(request, report),
    }
    register = (_("Register of evaluators"), reverse("evaluators:evaluator-list"))
    last = [(title, here), (context["stratum"].label, "")] if context["stratum"] else [(title, "")]
    return render(request, "evaluation/register_nominations.html", {**context, "crumbs": [register, *last]})


@FORM_METHODS
@permission_required("round.configure")
def limits(request: HttpRequest, year: int) -> HttpResponse:
    """From where on a concentration is pointed out."""
    evaluation = get_round(year)
    present = limits_of(evaluation)
    form = LimitsForm(
        posted(request),
        initial={"largest_percent": present.largest_percent, "fewest_bodies": present.fewest_bodies},
    )
    if request.method == "POST" and form.is_valid():
        saved = try_service(
            form,
            lambda: nominating.set_limits(actor=cast(User, request.user), round=evaluation, **form.cleaned_data),
        )
        if saved is not None:
            messages.success(request, _("The limits have been saved."))
            return redirect("evaluation:nominations", year=year)
    here = reverse("evaluation:nominations", args=(year,))
    way = [*crumbs(evaluation, "")[:-1], (_("Nominations"), here), (_("Limits"), "")]
    context = {"round": evaluation, "form": form, "crumbs": way}
    return render(request, "evaluation/nomination_limits.html", context)
