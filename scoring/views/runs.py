"""Staff pages of results: the runs of a round, scoring, publishing, withdrawing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import may, permission_required
from evaluation.forms.rounds import ReasonForm
from evaluation.models import Round
from evaluation.services import moves
from evaluation.services.guards import missing
from evaluation.states import VERBS, RoundState
from evaluation.views.shared import confirm, crumbs, get_round, posted
from foundation.starting import start_job
from scoring import quality_pages, selectors
from scoring.models import ScoreRun
from scoring.services import publish_round, whatif, withdraw_publication
from scoring.services.publishing import changed_input
from scoring.trials import trial_rows

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@permission_required("scoring.view")
def run_list(request: HttpRequest, year: int) -> HttpResponse:
    """Every run of a round, the published one marked."""
    evaluation = get_round(year)
    return render(
        request,
        "scoring/run_list.html",
        {
            "round": evaluation,
            "runs": selectors.runs_of(evaluation),
            "unlock_requests": whatif.requests_to_answer(request.user, evaluation),  # type: ignore[arg-type]
            "published": selectors.published_run_id(evaluation),
            "crumbs": crumbs(evaluation, _("Results")),
            "can_score": evaluation.state in (RoundState.COUNTED, RoundState.SCORED),
            "can_publish": evaluation.state == RoundState.SCORED,
        },
    )


@require_GET
@permission_required("scoring.view")
def run_detail(request: HttpRequest, year: int, pk: UUID) -> HttpResponse:
    """One run's table, with its fingerprints; published or not."""
    evaluation = get_round(year)
    run = selectors.run_of(evaluation, pk)
    if run is None:
        raise Http404
    published = selectors.published_run_id(evaluation)
    return render(
        request,
        "scoring/run_detail.html",
        {
            "round": evaluation,
            "run": run,
            "groups": selectors.table_of(run),
            "trials": trial_rows(evaluation),
            "excluded": quality_pages.excluded_lines(run),
            "is_published": published == run.pk,
            "is_exported": (published or selectors.runs_of(evaluation)[0].pk) == run.pk,
            "may_release": may(request.user, "round.publish"),
            "may_audit": may(request.user, "bundle.audit"),
            "crumbs": crumbs(evaluation, _("Run %(number)s") % {"number": run.number}),
        },
    )


@FORM_METHODS
@permission_required("scoring.run")
def round_score(request: HttpRequest, year: int) -> HttpResponse:
    """Start scoring; a scored round needs a reason."""
    evaluation = get_round(year)
    again = evaluation.state == RoundState.SCORED
    wrong = None if again else moves.wrong_state(evaluation, VERBS["score"])
    form = ReasonForm(posted(request)) if again else None
    if request.method == "POST" and wrong is None and (form is None or form.is_valid()):
        return start_job(
            request,
            "scoring.score",
            params={
                "round_id": evaluation.pk,
                "reason": form.cleaned_data["reason"] if form else "",
            },
            permission="scoring.view",
            exclusive_key=f"scoring.score:{year}",
            done_url=reverse("scoring:run-list", args=(year,)),
            back_url=reverse("scoring:round-score", args=(year,)),
        )
    return confirm(
        request,
        title=_("Score the round of %(year)s") % {"year": year},
        crumbs=crumbs(evaluation, _("Score")),
        problems=[wrong] if wrong else [],
        consequences=[
            _("The ballots are counted and every rate, total and rank is computed by the frozen rules."),
            _("The result is kept as a run of its own; earlier runs stay as they are."),
            _("Nobody but staff and auditors sees it before it is published."),
        ],
        form=form,
        confirm_label=_("Score"),
        danger=False,
        cancel_url=reverse("evaluation:round-detail", args=(year,)),
    )


@FORM_METHODS
@permission_required("round.publish")
def round_publish(request: HttpRequest, year: int) -> HttpResponse:
    """Publish the latest run."""
    evaluation = get_round(year)
    wrong = moves.wrong_state(evaluation, VERBS["publish"])
    if request.method == "POST":
        publish_round(actor=request.user, round=evaluation)  # type: ignore[arg-type]
        messages.success(request, _("The result of %(year)s is published.") % {"year": year})
        return redirect("evaluation:round-detail", year=year)
    runs = selectors.runs_of(evaluation)
    problems = [wrong] if wrong else missing(evaluation, "publish")
    if not problems and runs and (changed := changed_input(evaluation, runs[0])):
        problems = [changed]
    return confirm(
        request,
        title=_("Publish the result of %(year)s") % {"year": year},
        crumbs=crumbs(evaluation, _("Publish")),
        problems=problems,
        consequences=[
            _("Run %(number)s becomes the official result.") % {"number": runs[0].number if runs else "—"},
            *_about_quality(evaluation, runs),
            _("Leaders see all departments, each department's liaison sees the own one."),
            _("The next round compares itself with these rates."),
        ],
        confirm_label=_("Publish"),
        danger=False,
        cancel_url=reverse("scoring:run-list", args=(year,)),
    )


def _about_quality(evaluation: Round, runs: list[ScoreRun]) -> list[str]:
    """What is left out of the newest run, and that nobody has looked at its ballots where that is so."""
    if not runs:
        return []
    left_out = quality_pages.excluded_sentence(runs[0])
    looked_at = selectors.quality_report_of(evaluation, runs[0]) is not None
    missing = "" if looked_at else _("No report on data quality has been made of this run.")
    return [sentence for sentence in (left_out, missing) if sentence]


@FORM_METHODS
@permission_required("round.publish")
def round_withdraw(request: HttpRequest, year: int) -> HttpResponse:
    """Take a publication back, with a reason."""
    evaluation = get_round(year)
    wrong = moves.wrong_state(evaluation, VERBS["withdraw"])
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        withdraw_publication(
            actor=request.user,  # type: ignore[arg-type]
            round=evaluation,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _("The publication of %(year)s has been withdrawn.") % {"year": year})
        return redirect("evaluation:round-detail", year=year)
    return confirm(
        request,
        title=_("Withdraw the publication of %(year)s") % {"year": year},
        crumbs=crumbs(evaluation, _("Withdraw the publication")),
        problems=[wrong] if wrong else [],
        consequences=[
            _("Leaders and departments no longer see the result; whoever has read or fetched it still knows it."),
            _("The run stays as it is; reason and time stay on record."),
            _("A round that was already frozen keeps the rates it compared itself with."),
        ],
        form=form,
        confirm_label=_("Withdraw the publication"),
        cancel_url=reverse("evaluation:round-detail", args=(year,)),
    )
