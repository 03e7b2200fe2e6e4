"""Closing a round and opening its box: what is missing, what will happen, and what was counted."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import may, permission_required
from evaluation.ballot_forms import CloseForm
from evaluation.models import Round
from evaluation.services import guards, moves
from evaluation.services.closing import close_round
from evaluation.services.counting import is_cleared
from evaluation.services.returns import by_stratum, stratum_label, total
from evaluation.states import VERBS, RoundState
from evaluation.views.shared import confirm, crumbs, get_round
from evaluators.models import Stratum
from foundation.formats import moment
from foundation.models import ACTIVE_JOB_STATES, Job
from foundation.starting import start_job

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


def _key(year: int) -> str:
    return f"evaluation.count:{year}"


@FORM_METHODS
@permission_required("round.run")
def round_close(request: HttpRequest, year: int) -> HttpResponse:
    """Close a round by hand; before its time that cuts off whoever is still filling in."""
    evaluation = get_round(year)
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        close_round(actor=request.user, round=evaluation, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
        messages.success(request, _("The round of %(year)s is closed.") % {"year": year})
        return redirect("evaluation:round-count", year=year)
    wrong = moves.wrong_state(evaluation, VERBS["close"])
    return confirm(
        request,
        title=_("Close the round of %(year)s") % {"year": year},
        crumbs=crumbs(evaluation, _("Close")),
        problems=[wrong] if wrong else guards.missing(evaluation, "close"),
        consequences=_closing_consequences(evaluation),
        irreversible=True,
        form=form,
        confirm_label=_("Close the round"),
        cancel_url=reverse("evaluation:round-detail", args=(year,)),
    )


def _closing_consequences(evaluation: Round) -> list[str]:
    counts = total(evaluation)
    last = evaluation.last_accepted_at
    sentences = [
        ngettext(
            "No ballot is taken any more. %(count)s person who was sent a code has not returned it.",
            "No ballot is taken any more. %(count)s people who were sent a code have not returned it.",
            counts.outstanding,
        )
        % {"count": counts.outstanding}
    ]
    if last is not None and timezone.now() < last:
        sentences.append(
            _("The announced time (%(time)s) is cut short, and so is the grace for forms already open.")
            % {"time": moment(evaluation.closes_at)}
        )
    return [*sentences, _("Then the box can be opened. Nothing opens by itself.")]


@require_GET
@permission_required("round.view")
def round_count(request: HttpRequest, year: int) -> HttpResponse:
    """Where the box stands: what is missing before it can be opened, the opening under way, or its report."""
    evaluation = get_round(year)
    job = Job.objects.filter(exclusive_key=_key(year), state__in=ACTIVE_JOB_STATES).first()
    is_closed = evaluation.state == RoundState.CLOSED
    context = {
        "round": evaluation,
        "crumbs": crumbs(evaluation, _("Opening the box")),
        "job": job,
        "is_closed": is_closed,
        "problems": guards.missing(evaluation, "count") if is_closed else [],
        "counts": total(evaluation),
        "strata": by_stratum(evaluation),
        "report": evaluation.counting_report,
        "report_rows": _report_rows(evaluation),
        "reasons": _reasons(evaluation),
        "is_cleared": is_cleared(evaluation),
        "may_run": may(request.user, VERBS["count"].permission),
    }
    return render(request, "evaluation/counting.html", context)


def _report_rows(evaluation: Round) -> list[dict[str, object]]:
    rows = (evaluation.counting_report or {}).get("strata", [])
    strata = Stratum.objects.filter(code__in=[row["stratum"] for row in rows])
    names = {
        code: stratum_label(name, english) for code, name, english in strata.values_list("code", "name", "name_en")
    }
    return [{**row, "name": names.get(row["stratum"], row["stratum"])} for row in rows]


def _reasons(evaluation: Round) -> list[tuple[str, int]]:
    """Why envelopes could not be opened, in words."""
    words = {
        "damaged": _("altered, or sealed for another box"),
        "foreign": _("not a ballot that this invitation could send"),
        "receipt_twice": _("a copy of another envelope"),
    }
    found = (evaluation.counting_report or {}).get("reasons", {})
    return [(words.get(code, code), count) for code, count in found.items()]


@FORM_METHODS
@permission_required("round.run")
def count_start(request: HttpRequest, year: int) -> HttpResponse:
    """Open the box, after saying what will happen; also clears up after an opening that was interrupted."""
    evaluation = get_round(year)
    here = reverse("evaluation:round-count", args=(year,))
    unfinished = evaluation.counted_at is not None and not is_cleared(evaluation)
    wrong = None if unfinished else moves.wrong_state(evaluation, VERBS["count"])
    problems = [wrong] if wrong else ([] if unfinished else guards.missing(evaluation, "count"))
    if request.method == "POST" and not problems:
        return start_job(
            request,
            "evaluation.count",
            params={"round_id": evaluation.pk},
            permission="round.view",
            exclusive_key=_key(year),
            back_url=here,
        )
    counts = total(evaluation)
    return confirm(
        request,
        status=409 if problems and request.method == "POST" else 200,
        title=_("Open the box of %(year)s") % {"year": year},
        crumbs=[*crumbs(evaluation, "")[:-1], (_("Opening the box"), here), (_("Open"), "")],
        problems=problems,
        consequences=[
            ngettext(
                "%(count)s sealed envelope is opened, checked and mixed; the ballot is stored without any person.",
                "%(count)s sealed envelopes are opened, checked and mixed; the ballots are stored without any person.",
                counts.returned,
            )
            % {"count": counts.returned},
            _("All envelopes and unfinished drafts of the round are emptied, and the key file is deleted."),
            _("The list of receipts and its root are published."),
            _("Returned = opened + those that cannot be opened, in every stratum; else nothing is written."),
        ],
        irreversible=True,
        confirm_label=_("Open the box"),
        cancel_url=here,
    )
