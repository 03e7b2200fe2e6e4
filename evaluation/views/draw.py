"""Pages of the draw: freeze, publish, enter the seed, draw, verify; the printable sheets and the folder to redo it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import may, permission_required, require
from evaluation import selectors
from evaluation.drawing_pages import chance_rows, draw_report, qr_code, unequal_cells
from evaluation.forms.rounds import FreezeForm, SeedForm
from evaluation.models import Round
from evaluation.replacements import confirmed, replaced_file
from evaluation.services import guards, moves
from evaluation.states import VERBS, RoundState
from evaluation.views.shared import crumbs, get_round, posted
from evaluators.draw.standins import REPLACED_FILE
from evaluators.models import Snapshot
from evaluators.services.snapshots import folder
from foundation.starting import start_job

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


@FORM_METHODS
@permission_required("round.configure")
def round_freeze(request: HttpRequest, year: int) -> HttpResponse:
    """What freezing would fix, what is missing, and the form that starts it."""
    evaluation = get_round(year)
    wrong = moves.wrong_state(evaluation, VERBS["freeze"])
    problems = [wrong] if wrong else guards.missing(evaluation, "freeze")
    form = FreezeForm(posted(request))
    if request.method == "POST" and form.is_valid() and not problems:
        return start_job(
            request,
            "evaluation.freeze",
            params={"round_id": evaluation.pk, **form.cleaned_data},
            permission="round.configure",
            exclusive_key=f"evaluation.draw:{year}",
            done_url=reverse("evaluation:draw-detail", args=(year,)),
            back_url=reverse("evaluation:round-freeze", args=(year,)),
        )
    context = {
        "round": evaluation,
        "form": form,
        "problems": problems,
        "warnings": [] if problems else guards.warnings(evaluation),
        "unequal": [] if problems else unequal_cells(evaluation),
        "strata": selectors.configuration_of(evaluation).strata,
        "sizes": selectors.register_sizes(selectors.configuration_of(evaluation)),
        "crumbs": crumbs(evaluation, _("Freeze")),
    }
    status = 409 if problems and request.method == "POST" else 200
    return render(request, "evaluation/round_freeze.html", context, status=status)


@FORM_METHODS
@permission_required("round.view")
def draw_detail(request: HttpRequest, year: int) -> HttpResponse:
    """The draw of a round from what was published before it to what came of it; the seed is entered here."""
    evaluation = get_round(year)
    snapshot = selectors.standing_snapshot(year)
    form = SeedForm(posted(request))
    if request.method == "POST":
        require(request.user, "round.draw")
        moves.refuse_unless_at(evaluation, VERBS["draw"])
        if form.is_valid():
            return start_job(
                request,
                "evaluation.draw",
                params={
                    "round_id": evaluation.pk,
                    "public_seed": form.cleaned_data["public_seed"],
                    "witnesses": form.cleaned_data["witnesses"],
                },
                permission="round.draw",
                exclusive_key=f"evaluation.draw:{year}",
                back_url=reverse("evaluation:draw-detail", args=(year,)),
            )
    context = {
        "round": evaluation,
        "crumbs": crumbs(evaluation, _("Draw")),
        "form": form,
        "may_see_exclusions": may(request.user, "round.draw"),
        "may_draw": may(request.user, "round.draw") and evaluation.state == RoundState.CONFIGURED,
        "may_void": may(request.user, "round.draw") and evaluation.state == RoundState.DRAWN,
        "may_unfreeze": may(request.user, "round.configure") and evaluation.state == RoundState.CONFIGURED,
        **_published(evaluation, snapshot),
    }
    return render(request, "evaluation/draw_detail.html", context)


@require_GET
@permission_required("round.view")
def draw_sheet(request: HttpRequest, year: int) -> HttpResponse:
    """The same as a sheet to print: before the draw to be published, after it to be signed."""
    evaluation = get_round(year)
    snapshot = selectors.standing_snapshot(year)
    if snapshot is None:
        raise Http404
    context = {"round": evaluation, "crumbs": crumbs(evaluation, _("Sheet")), **_published(evaluation, snapshot)}
    return render(request, "evaluation/draw_sheet.html", context)


@require_GET
@permission_required("round.view")
def draw_download(request: HttpRequest, year: int, number: int | None = None) -> HttpResponse:
    """The folder with which anybody redoes the draw, as a zip; with ``number`` that of a snapshot on record."""
    if number is None:
        snapshot = selectors.standing_snapshot(year)
    else:
        snapshot = selectors.snapshots_of(year).filter(number=number).first()
    if snapshot is None:
        raise Http404
    record = getattr(snapshot, "draw", None)
    replaced = {REPLACED_FILE: replaced_file(record)} if record and confirmed(record).exists() else {}
    packed = folder(actor=request.user, snapshot=snapshot, more=replaced)  # type: ignore[arg-type]
    response = HttpResponse(packed, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="draw-{year}-{snapshot.number}.zip"'
    return response


@require_POST
@permission_required("round.draw")
def draw_compare(request: HttpRequest, year: int) -> HttpResponse:
    """Before the draw: who of the frozen register is no longer in the register as then."""
    evaluation = get_round(year)
    moves.refuse_unless_at(evaluation, VERBS["draw"])
    return start_job(
        request,
        "evaluation.compare_register",
        params={"round_id": evaluation.pk},
        permission="round.draw",
        exclusive_key=f"evaluation.compare:{year}",
        back_url=reverse("evaluation:draw-detail", args=(year,)),
    )


@require_POST
@permission_required("round.view")
def draw_verify(request: HttpRequest, year: int) -> HttpResponse:
    """Draw once more and compare."""
    record = selectors.standing_draw(year)
    if record is None:
        messages.error(request, _("Nobody has been drawn yet."))
        return redirect("evaluation:draw-detail", year=year)
    return start_job(
        request,
        "evaluation.verify_draw",
        params={"draw_id": record.pk},
        permission="round.view",
        exclusive_key=f"evaluation.verify:{record.pk}",
        back_url=reverse("evaluation:draw-detail", args=(year,)),
    )


def _published(evaluation: Round, snapshot: Snapshot | None) -> dict[str, Any]:
    """What is shown of a snapshot and its draw, on the screen and on paper."""
    record = getattr(snapshot, "draw", None) if snapshot else None
    return {
        "snapshot": snapshot,
        "record": record,
        "chances": chance_rows(evaluation, snapshot) if snapshot else [],
        "report": draw_report(evaluation, record) if record else None,
        "compared": selectors.comparison_of(snapshot) if snapshot and not record else None,
        "signers": [name for name in record.witnesses.splitlines() if name.strip()] if record else [],
        "checks": selectors.verifications_of(record) if record else [],
        "earlier": [entry for entry in selectors.snapshots_of(evaluation.year) if entry.voided_at],
        "draws": selectors.draw_count(evaluation.year),
        "qr": qr_code(evaluation, snapshot) if snapshot else "",
    }
