"""Staff pages of packets and letters: ask, release, fetch, confirm as printed; spoiled slips. No page shows a code."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.policies import permission_required
from evaluation.forms.letters import LetterForm, SpoiledForm
from evaluation.models import LetterKind, LetterRun, LetterState
from evaluation.refusals import Refused
from evaluation.services import packets
from evaluation.services.codes import ISSUABLE
from evaluation.services.letters import LETTER_KIND
from evaluation.services.packets import PERMISSION, Part
from evaluation.views.shared import Crumbs, confirm, get_round, posted
from evaluation.views.shared import crumbs as round_crumbs
from foundation.models import ACTIVE_JOB_STATES, Job
from foundation.starting import start_job

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])
_PER_PAGE = 30
_UNPROCESSABLE = 422


def _crumbs(year: int, *way: tuple[str, str]) -> Crumbs:
    return [
        *round_crumbs(get_round(year), "")[:-1],
        (_("Packets and letters"), reverse("evaluation:letter-list", args=(year,)) if way else ""),
        *way,
    ]


def _run(year: int, pk: int) -> LetterRun:
    rows = LetterRun.objects.select_related("round", "stratum", "unit", "asked_by", "released_by", "printed_by")
    return get_object_or_404(rows, pk=pk, round__year=year)


def _detail(run: LetterRun) -> str:
    return reverse("evaluation:letter-detail", args=(run.round.year, run.pk))


def _key(run: LetterRun) -> str:
    return f"{LETTER_KIND}:{run.pk}"


@require_GET
@permission_required(PERMISSION)
def letter_list(request: HttpRequest, year: int) -> HttpResponse:
    """What waits for codes, and the batches of the round."""
    evaluation = get_round(year)
    rows = LetterRun.objects.filter(round=evaluation).select_related("stratum", "unit", "asked_by", "released_by")
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    seats = evaluation.invitations.filter(evaluator=None, replaced_on=None)
    context = {
        "round": evaluation,
        "crumbs": _crumbs(year),
        "page": page,
        "rows": [(row, packets.describe(row)) for row in page],
        "may_issue": evaluation.state in ISSUABLE,
        "units": seats.values("unit").distinct().count(),
        "due_packets": packets.due(evaluation, LetterKind.PACKETS, Part()).count(),
        "due_letters": packets.due(evaluation, LetterKind.LETTERS, Part()).count(),
        "spoiled": seats.filter(spoiled_on__isnull=False).count(),
        "days": packets.LETTER_FILE_DAYS,
    }
    return render(request, "evaluation/letters.html", context)


@FORM_METHODS
@permission_required(PERMISSION)
def letter_ask(request: HttpRequest, year: int) -> HttpResponse:
    """Ask for a batch."""
    evaluation = get_round(year)
    form = LetterForm(posted(request), initial={"kind": LetterKind.PACKETS})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            run = packets.ask(
                actor=request.user,  # type: ignore[arg-type]
                round=evaluation,
                kind=data["kind"],
                part=form.part(),
                again=data["again"],
                reason=data["reason"],
            )
        except Refused as refusal:
            form.add_error(None, refusal.line)
        else:
            messages.success(request, _("The batch has been asked for. A second person releases it."))
            return redirect(_detail(run))
    return _form(request, evaluation.year, form, _("Ask for packets or letters"), _("Ask for the batch"))


@never_cache
@require_GET
@permission_required(PERMISSION)
def letter_detail(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """A batch: who asked, who released, its files, and what comes next."""
    run = _run(year, pk)
    is_open = run.state in (LetterState.ASKED, LetterState.RELEASED) and run.round.state in ISSUABLE
    context = {
        "run": run,
        "round": run.round,
        "part": packets.describe(run),
        "due": packets.due(run.round, run.kind, packets.part_of(run), again=run.is_again).count() if is_open else 0,
        "files": run.files.select_related("file"),
        "job": Job.objects.filter(exclusive_key=_key(run), state__in=ACTIVE_JOB_STATES).first(),
        "is_open": is_open,
        "is_asker": run.asked_by_id == request.user.pk,
        "days": packets.LETTER_FILE_DAYS,
        "crumbs": _crumbs(year, (str(run), "")),
    }
    return render(request, "evaluation/letter_detail.html", context)


@FORM_METHODS
@permission_required(PERMISSION)
def letter_release(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Release a batch as the second person; its production starts."""
    run = _run(year, pk)
    if request.method == "POST":
        return _produce(request, packets.release(actor=request.user, run=run))  # type: ignore[arg-type]
    if run.state != LetterState.ASKED or run.asked_by_id == request.user.pk:
        return redirect(_detail(run))
    count = packets.due(run.round, run.kind, packets.part_of(run), again=run.is_again).count()
    consequences = [
        ngettext("%(count)s code is made and printed.", "%(count)s codes are made and printed.", count)
        % {"count": count},
        _("You and %(name)s answer for it together; both names stand in the audit log.") % {"name": run.asked_by},
        _("The letters are kept encrypted until they are confirmed as printed, at most %(days)s days.")
        % {"days": packets.LETTER_FILE_DAYS},
    ]
    if run.is_again:
        consequences.insert(0, _("Codes that were handed out and not used end at once. Reason: %s") % run.reason)
    return confirm(
        request,
        title=_("Release the batch: %(part)s") % {"part": packets.describe(run)},
        crumbs=_crumbs(year, (str(run), _detail(run)), (_("Release"), "")),
        consequences=consequences,
        irreversible=True,
        confirm_label=_("Release and produce"),
        danger=run.is_again,
        cancel_url=_detail(run),
    )


@require_POST
@permission_required(PERMISSION)
def letter_start(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Start the production of a released batch once more (its job failed or was cancelled)."""
    run = _run(year, pk)
    return _produce(request, run) if run.state == LetterState.RELEASED else redirect(_detail(run))


def _produce(request: HttpRequest, run: LetterRun) -> HttpResponse:
    return start_job(
        request,
        LETTER_KIND,
        params={"run_id": run.pk, "base_url": request.build_absolute_uri("/")},
        permission=PERMISSION,
        exclusive_key=_key(run),
        back_url=_detail(run),
    )


@FORM_METHODS
@permission_required(PERMISSION)
def letter_withdraw(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Take a batch back before it is released."""
    run = _run(year, pk)
    if request.method == "POST":
        packets.withdraw(actor=request.user, run=run)  # type: ignore[arg-type]
        messages.success(request, _("The batch has been withdrawn."))
        return redirect(_detail(run))
    if run.state != LetterState.ASKED:
        return redirect(_detail(run))
    return confirm(
        request,
        title=_("Withdraw the batch: %(part)s") % {"part": packets.describe(run)},
        crumbs=_crumbs(year, (str(run), _detail(run)), (_("Withdraw"), "")),
        consequences=[_("No code is made. The batch stays on record as withdrawn.")],
        confirm_label=_("Withdraw"),
        cancel_url=_detail(run),
    )


@FORM_METHODS
@permission_required(PERMISSION)
def letter_printed(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Confirm that a batch is on paper; its files are erased."""
    run = _run(year, pk)
    if request.method == "POST":
        packets.confirm_printed(actor=request.user, run=run)  # type: ignore[arg-type]
        messages.success(request, _("Confirmed. The files have been erased."))
        return redirect(_detail(run))
    if run.state != LetterState.READY:
        return redirect(_detail(run))
    return confirm(
        request,
        title=_("Everything is printed"),
        crumbs=_crumbs(year, (str(run), _detail(run)), (_("Printed"), "")),
        consequences=[
            _("The files with the codes are erased at once and cannot be fetched again."),
            _("Check first that every page is legible: a code that is lost can only be replaced."),
        ],
        irreversible=True,
        confirm_label=_("Erase the files"),
        cancel_url=_detail(run),
    )


@sensitive_post_parameters("code")
@never_cache
@FORM_METHODS
@permission_required(PERMISSION)
def letter_spoiled(request: HttpRequest, year: int) -> HttpResponse:
    """End the code of a slip that came back spoiled."""
    evaluation = get_round(year)
    form = SpoiledForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            row = packets.spoil(actor=request.user, round=evaluation, typed=form.cleaned_data["code"])  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error("code", refusal.line)
        else:
            messages.success(request, _("The code has ended. %(unit)s now waits for a new slip.") % {"unit": row.unit})
            return redirect("evaluation:letter-spoiled", year=year)
    return _form(
        request,
        year,
        form,
        _("Spoiled slips"),
        _("End this code"),
        lead=_(
            "A spoiled slip is counted by its code: the code ends, and its unit may get a new one with the next batch. "
            "A slip that is lost has no code to type; produce the unit's packet again instead."
        ),
    )


def _form(request: HttpRequest, year: int, form: Any, title: str, save_label: str, lead: str = "") -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "lead": lead,
        "save_label": save_label,
        "cancel_url": reverse("evaluation:letter-list", args=(year,)),
        "crumbs": _crumbs(year, (title, "")),
    }
    status = _UNPROCESSABLE if form.errors else 200
    return render(request, "evaluation/letter_form.html", context, status=status)
