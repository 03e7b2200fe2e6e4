"""Trying other rules beside a run: the trial itself, and its unlock by a second person before publication."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh, reswap, retarget

from accounts.models import User
from accounts.policies import may, permission_required
from accounts.selectors import who_may
from evaluation.forms.rounds import ReasonForm
from evaluation.forms.words import value_words, words
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of
from evaluation.views.shared import confirm, get_round, posted
from scoring import comparing, selectors
from scoring.models import ScoreRun, WhatIfUnlock
from scoring.services import whatif
from scoring.trial_form import TrialForm
from scoring.views.shared import run_crumbs

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])
#: Parts of the configuration and the sections of the form that hold them.
_SECTIONS = {
    "scale": "values",
    "weight_classes": "classes",
    "year_over_year": "comparison",
    "composite": "shares",
}


@FORM_METHODS
@permission_required("scoring.view")
def run_what_if(request: HttpRequest, year: int, pk: UUID) -> HttpResponse:
    """The rules of a run to be changed and tried; each POST is one trial on record (`add_up` only adds up).

    With htmx a trial answers with result and form, a refusal with the form alone.
    """
    evaluation = get_round(year)
    run = selectors.run_of(evaluation, pk)
    if run is None:
        raise Http404
    if not whatif.may_try(_actor(request), evaluation):
        if request.method == "POST" and request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRefresh()  # the unlock ran out: the page itself says so
        if request.method == "POST":
            raise PermissionDenied("what-if is locked before publication")
        return _locked(request, evaluation, run)
    form = TrialForm(evaluation, configuration_of(evaluation), posted(request))
    trial, problems = None, []
    if request.method == "POST" and "add_up" not in request.POST and form.is_valid():
        try:
            trial = whatif.try_rules(actor=_actor(request), run=run, changes=form.changes())
        except Refused as refused:
            problems = [_shown(problem, form) for problem in refused.problems]
    context = _page(evaluation, run) | {"form": form, "sections": form.sections(), "problems": problems}
    if trial:
        context |= _result(form, trial, pgettext("what if", "Official") if context["is_official"] else _run_label(run))
    else:
        context |= {"groups": selectors.table_of(run)}
    if request.htmx:  # type: ignore[attr-defined]
        if trial:
            return render(request, "scoring/whatif_result.html", context)
        return reswap(retarget(render(request, "scoring/whatif_form.html", context), "#whatif-form"), "outerHTML")
    return render(request, "scoring/whatif.html", context, status=409 if problems else 200)


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _page(evaluation: Round, run: ScoreRun) -> dict[str, Any]:
    before, after = whatif.trial_counts(evaluation)
    return {
        "round": evaluation,
        "run": run,
        "crumbs": run_crumbs(evaluation, run, _("Trial of other rules")),
        "trials_before": before,
        "trials_after": after,
        "is_published": whatif.is_published(evaluation),
        "is_official": selectors.published_run_id(evaluation) == run.pk,
    }


def _run_label(run: ScoreRun) -> str:
    return _("Run %(number)s") % {"number": run.number}


def _result(form: TrialForm, trial: whatif.Trial, first_label: str) -> dict[str, Any]:
    """What the partials of a comparison need, and the changed rules in words."""
    return {
        "trial": trial,
        "comparison": trial.comparison,
        "outcomes": comparing.lines(trial.comparison.outcomes),
        "groups": comparing.places(trial.comparison),
        "movers": list(zip((_("Gain places"), _("Lose places")), comparing.movers(trial.comparison), strict=True)),
        "changes": [
            (words(path, form.frozen), value_words(path, old), value_words(path, new))
            for path, (old, new) in trial.changes.items()
        ],
        "first_label": first_label,
        "second_label": pgettext("what if", "Trial"),
    }


def _shown(problem: Missing, form: TrialForm) -> dict[str, str]:
    """A problem with a link to its section of the form."""
    part, _dot, rest = str(problem.params.get("where", "")).partition(".")
    section = _SECTIONS.get(part, "")
    if part == "groups":
        section = f"weights-{form.frozen.groups[int(rest.split('.')[0])].code}"
    shown = {"message": str(problem.message), "remedy": problem.remedy, "url": problem.url}
    return shown | {"url": f"#{section}", "url_label": _("Go there")} if section else shown


def _locked(request: HttpRequest, evaluation: Round, run: ScoreRun) -> HttpResponse:
    """What to do before publication: ask, wait, or unlock for somebody else."""
    actor = _actor(request)
    own = next((row for row in whatif.open_requests(evaluation) if row.requested_by_id == actor.pk), None)
    context = _page(evaluation, run) | {
        "may_ask": may(actor, "scoring.run"),
        "own": own,
        "others": whatif.requests_to_answer(actor, evaluation),
        "may_grant": [user for user in who_may("scoring.run") if user != actor],
        "hours": int(whatif.UNLOCKED_FOR.total_seconds() // 3600),
    }
    return render(request, "scoring/whatif_locked.html", context)


@FORM_METHODS
@permission_required("scoring.run")
def unlock_request(request: HttpRequest, year: int, pk: UUID) -> HttpResponse:
    """Ask for leave to try other rules before publication, with a reason."""
    evaluation, run = _round_and_run(year, pk)
    form = ReasonForm(posted(request))
    back = reverse("scoring:run-what-if", args=(year, pk))
    if request.method == "POST" and form.is_valid():
        whatif.request_unlock(actor=_actor(request), round=evaluation, reason=form.cleaned_data["reason"])
        messages.success(request, _("Asked. A second person has to unlock before you can try."))
        return redirect(back)
    return confirm(
        request,
        title=_("Ask to try other rules on %(year)s") % {"year": year},
        crumbs=run_crumbs(evaluation, run, _("Ask for an unlock")),
        problems=whatif.request_problems(_actor(request), evaluation),
        consequences=[
            _("A second person who may score sees your request and your reason, and can unlock."),
            _("Your request, the unlock and every trial are written down for good."),
            _("The number of trials before publication stands in the report."),
        ],
        form=form,
        confirm_label=_("Ask for the unlock"),
        danger=False,
        cancel_url=back,
    )


@FORM_METHODS
@permission_required("scoring.run")
def unlock_grant(request: HttpRequest, year: int, pk: UUID, unlock: int) -> HttpResponse:
    """Unlock what somebody else asked for."""
    evaluation, run = _round_and_run(year, pk)
    row = WhatIfUnlock.objects.filter(round=evaluation, pk=unlock).select_related("requested_by").first()
    if row is None:
        raise Http404
    back = reverse("scoring:run-what-if", args=(year, pk))
    if request.method == "POST":
        granted = whatif.grant_unlock(actor=_actor(request), unlock=row)
        messages.success(request, _("Unlocked for %(name)s.") % {"name": granted.requested_by})
        return redirect(back)
    return confirm(
        request,
        title=_("Unlock trials for %(name)s") % {"name": row.requested_by},
        crumbs=run_crumbs(evaluation, run, _("Unlock")),
        problems=whatif.grant_problems(_actor(request), row),
        consequences=[
            _("The reason given: %(reason)s") % {"reason": row.reason},
            _("For %(hours)s hours %(name)s can try other rules on the unpublished result of %(year)s.")
            % {
                "hours": int(whatif.UNLOCKED_FOR.total_seconds() // 3600),
                "name": row.requested_by,
                "year": year,
            },
            _("Every trial is written down and counted in the report; none changes the result."),
            _("Your name stands beside the unlock."),
        ],
        confirm_label=_("Unlock trials"),
        danger=False,
        cancel_url=back,
    )


def _round_and_run(year: int, pk: UUID) -> tuple[Round, ScoreRun]:
    evaluation = get_round(year)
    run = selectors.run_of(evaluation, pk)
    if run is None:
        raise Http404
    return evaluation, run
