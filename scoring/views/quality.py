"""Data quality: the report on the ballots, and decisions on leaving some of them out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import may, permission_required
from evaluation.forms.rounds import ReasonForm
from evaluation.models import Round
from evaluation.views.shared import confirm, crumbs, get_round, posted
from foundation.starting import start_job
from scoring import quality_pages, selectors
from scoring.exclusions import decisions_of, last_decision
from scoring.models import Finding, QualityReport
from scoring.services import exclude_ballots, readmit_ballots
from scoring.services.excluding import DECIDED_IN, propose
from scoring.services.quality import REPORTED_IN

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@permission_required("scoring.view")
def quality_latest(request: HttpRequest, year: int) -> HttpResponse:
    """The newest report on a round's ballots, and the decisions on them."""
    evaluation = get_round(year)
    return _page(request, evaluation, selectors.quality_report_of(evaluation))


@require_GET
@permission_required("scoring.view")
def run_quality(request: HttpRequest, year: int, pk: UUID) -> HttpResponse:
    """The newest report that compares with one run."""
    evaluation = get_round(year)
    run = selectors.run_of(evaluation, pk)
    if run is None:
        raise Http404
    return _page(request, evaluation, selectors.quality_report_of(evaluation, run))


def _page(request: HttpRequest, evaluation: Round, report: QualityReport | None) -> HttpResponse:
    decisions = decisions_of(evaluation)
    newest = next(iter(selectors.runs_of(evaluation)), None)
    decides = may(request.user, "scoring.run")
    context = {
        "round": evaluation,
        "report": report,
        "decisions": quality_pages.decision_lines(decisions, evaluation),
        "outdated": newest is not None and newest.summary["last_decision"] != last_decision(decisions),
        "may_decide": decides and evaluation.state in DECIDED_IN,
        "may_make": decides and evaluation.state in REPORTED_IN,
        "may_score": decides and evaluation.state in DECIDED_IN,
        "crumbs": [
            *crumbs(evaluation),
            (_("Results"), reverse("scoring:run-list", args=(evaluation.year,))),
            (_("Data quality"), ""),
        ],
    }
    if report is not None:
        columns, tables = quality_pages.place_tables(report)
        context |= {
            "strata": quality_pages.strata_lines(report),
            "meanings": quality_pages.meanings(),
            "comparisons": quality_pages.comparison_lines(report),
            "columns": columns,
            "tables": tables,
            "is_newest_run": newest is not None and report.run_id == newest.pk,
        }
    return render(request, "scoring/quality.html", context)


@require_POST
@permission_required("scoring.run")
def quality_start(request: HttpRequest, year: int) -> HttpResponse:
    """Make a report, as a job."""
    evaluation = get_round(year)
    here = reverse("scoring:quality-latest", args=(year,))
    return start_job(
        request,
        "scoring.quality",
        params={"round_id": evaluation.pk},
        permission="scoring.view",
        exclusive_key=f"scoring.quality:{year}",
        back_url=here,
    )


@FORM_METHODS
@permission_required("scoring.run")
def ballots_exclude(request: HttpRequest, year: int, stratum: str, finding: str) -> HttpResponse:
    """Leave the ballots of a stratum that show a sign out of the score."""
    return _decide(request, get_round(year), stratum, finding, excludes=True)


@FORM_METHODS
@permission_required("scoring.run")
def ballots_readmit(request: HttpRequest, year: int, stratum: str, finding: str) -> HttpResponse:
    """Let excluded ballots count again."""
    return _decide(request, get_round(year), stratum, finding, excludes=False)


def _decide(request: HttpRequest, evaluation: Round, stratum: str, finding: str, *, excludes: bool) -> HttpResponse:
    try:
        proposal = propose(evaluation, stratum, finding, excludes=excludes)
    except KeyError as error:
        raise Http404 from error
    form = ReasonForm(posted(request))
    if request.method == "POST" and not proposal.problems and form.is_valid():
        decide = exclude_ballots if excludes else readmit_ballots
        decision = decide(
            actor=request.user,  # type: ignore[arg-type]
            round=evaluation,
            stratum=stratum,
            finding=finding,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _decided(decision.count, excludes))
        return redirect("scoring:quality-latest", year=evaluation.year)
    name = quality_pages.stratum_names(evaluation)[stratum]
    sign = Finding(finding).label
    label = _("Leave ballots out of the score") if excludes else _("Take ballots in again")
    title = pgettext("confirmation", "%(step)s: %(stratum)s, %(sign)s") % {
        "step": label,
        "stratum": name,
        "sign": sign,
    }
    return confirm(
        request,
        status=409 if request.method == "POST" and proposal.problems else 200,
        title=title,
        crumbs=[
            *crumbs(evaluation),
            (_("Data quality"), reverse("scoring:quality-latest", args=(evaluation.year,))),
            (label, ""),
        ],
        problems=proposal.problems,
        consequences=_consequences(evaluation, proposal.count, name, str(sign), excludes=excludes),
        form=form,
        confirm_label=label,
        danger=excludes,
        cancel_url=reverse("scoring:quality-latest", args=(evaluation.year,)),
    )


def _decided(count: int, excludes: bool) -> str:
    if excludes:
        text = ngettext("%(count)s ballot is left out.", "%(count)s ballots are left out.", count)
    else:
        text = ngettext("%(count)s ballot counts again.", "%(count)s ballots count again.", count)
    return " ".join([text % {"count": count}, _("Score the round again: only a run that knows this can be published.")])


def _consequences(evaluation: Round, count: int, stratum: str, sign: str, *, excludes: bool) -> list[str]:
    facts = {"count": count, "stratum": stratum, "sign": sign}
    if excludes:
        first = _("%(count)s ballots of stratum “%(stratum)s” no longer count; their sign: %(sign)s.") % facts
    else:
        first = _("%(count)s ballots of stratum “%(stratum)s” count again; their sign: %(sign)s.") % facts
    sentences = [
        first,
        _("No other stratum is touched. Nothing is deleted; until publication this can be taken back."),
        _("The round must be scored again; only a run that knows this decision can be published."),
        _(
            "Number, sign and reason are shown to all readers of the result and stand in the log and in the bundle. "
            "Name no person in the reason."
        ),
    ]
    if selectors.was_published(evaluation):
        sentences.append(_("The result was published before: who has read it can compare it with the new one."))
    return sentences
