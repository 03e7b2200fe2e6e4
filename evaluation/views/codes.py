"""Staff pages of ballot codes: produce them, fetch their lists, end or replace a single one."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import may, permission_required
from evaluation.ballot_forms import CodeReasonForm, InvitationSearchForm
from evaluation.models import Invitation, Round
from evaluation.selectors import without_code
from evaluation.services.codes import ISSUABLE, LIST_KIND, code_lists, reissue_code, revoke_code
from evaluation.services.returns import total
from evaluation.views.shared import confirm, crumbs, get_round
from foundation.models import ACTIVE_JOB_STATES, Job
from foundation.starting import start_job

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])
_SHOWN = 20


def _key(year: int) -> str:
    return f"{LIST_KIND}:{year}"


@require_GET
@permission_required("round.codes")
def code_list(request: HttpRequest, year: int) -> HttpResponse:
    """Who has a code, the lists made so far, and one invitation by name or code of its evaluator or unit."""
    evaluation = get_round(year)
    form = InvitationSearchForm(request.GET or None)
    search = form.cleaned_data["q"].strip() if form.is_bound and form.is_valid() else ""
    context = {
        "round": evaluation,
        "crumbs": crumbs(evaluation, _("Ballot codes")),
        "counts": total(evaluation),
        "missing": without_code(evaluation),
        "revoked": evaluation.invitations.exclude(revoked_on=None).filter(replaced_on=None).count(),
        "lists": code_lists(evaluation),
        "job": Job.objects.filter(exclusive_key=_key(year), state__in=ACTIVE_JOB_STATES).first(),
        "may_issue": evaluation.state in ISSUABLE,
        "may_replace": may(request.user, "round.draw"),
        "form": form,
        "search": search,
        "found": _search(evaluation, search) if search else [],
        "most": _SHOWN,
    }
    return render(request, "evaluation/codes.html", context)


def _search(evaluation: Round, text: str) -> list[Invitation]:
    return list(
        evaluation.invitations.select_related("stratum", "unit", "evaluator")
        .defer("envelope", "draft")
        .filter(
            Q(evaluator__name__icontains=text)
            | Q(evaluator__code__iexact=text)
            | Q(unit__name__icontains=text)
            | Q(unit__code__iexact=text)
        )
        .order_by("stratum__order", "pk")[: _SHOWN + 1]
    )


@FORM_METHODS
@permission_required("round.codes")
def code_issue(request: HttpRequest, year: int) -> HttpResponse:
    """Produce the missing codes."""
    evaluation = get_round(year)
    back = reverse("evaluation:code-list", args=(year,))
    missing = without_code(evaluation)
    if request.method == "POST" and missing and evaluation.state in ISSUABLE:
        return start_job(
            request,
            "evaluation.issue_codes",
            params={
                "round_id": evaluation.pk,
                "base_url": request.build_absolute_uri("/"),
            },
            permission="round.codes",
            exclusive_key=_key(year),
            back_url=back,
        )
    if not missing or evaluation.state not in ISSUABLE:
        messages.info(request, _("There are no codes to produce."))
        return redirect(back)
    return confirm(
        request,
        title=_("Produce ballot codes"),
        crumbs=crumbs(evaluation, _("Produce ballot codes")),
        consequences=[
            ngettext(
                "%(count)s code is made, for the invitation that has none.",
                "%(count)s codes are made, one for each invitation that has none.",
                missing,
            )
            % {"count": missing},
            _("They are put into an encrypted list, which can be downloaded; each download is written down."),
            _("The system keeps only keyed hashes: a code that is lost cannot be shown again, only replaced."),
            _("From now on the draw is final."),
        ],
        confirm_label=_("Produce the codes"),
        danger=False,
        cancel_url=back,
    )


def _invitation(year: int, pk: int) -> Invitation:
    rows = Invitation.objects.select_related("round", "stratum", "unit", "evaluator").defer("envelope", "draft")
    return get_object_or_404(rows, pk=pk, round__year=year)


def _whose(invitation: Invitation) -> str:
    if invitation.evaluator is not None:
        return invitation.evaluator.name
    return invitation.unit.name if invitation.unit is not None else ""


@FORM_METHODS
@permission_required("round.codes")
def code_reissue(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Replace a code by a new one, with a reason."""
    invitation = _invitation(year, pk)
    form = CodeReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reissue_code(
            actor=request.user,  # type: ignore[arg-type]
            invitation=invitation,
            reason=form.cleaned_data["reason"],
            base_url=request.build_absolute_uri("/"),
        )
        messages.success(request, _("There is a new code. It is in the newest list."))
        return redirect("evaluation:code-list", year=year)
    return confirm(
        request,
        status=_status(form),
        title=_("Replace the code of %(name)s") % {"name": _whose(invitation)},
        crumbs=crumbs(invitation.round, _("Replace a code")),
        consequences=[
            _("The old code ends at once; its page says so."),
            _("What was filled in with it and not submitted is deleted."),
            _("The new code is in a list of its own, which can be downloaded."),
        ],
        irreversible=True,
        form=form,
        confirm_label=_("Make a new code"),
        cancel_url=reverse("evaluation:code-list", args=(year,)),
    )


@FORM_METHODS
@permission_required("round.codes")
def code_revoke(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """End a code without a new one, with a reason."""
    invitation = _invitation(year, pk)
    form = CodeReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        revoke_code(actor=request.user, invitation=invitation, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
        messages.success(request, _("The code has been ended."))
        return redirect("evaluation:code-list", year=year)
    return confirm(
        request,
        status=_status(form),
        title=_("End the code of %(name)s") % {"name": _whose(invitation)},
        crumbs=crumbs(invitation.round, _("End a code")),
        consequences=[
            _("Nobody can vote with this code any more; its page says so."),
            _("What was filled in with it and not submitted is deleted."),
            _("The invitation no longer counts as sent. A new code can still be made for it."),
        ],
        form=form,
        confirm_label=_("End the code"),
        cancel_url=reverse("evaluation:code-list", args=(year,)),
    )


def _status(form: CodeReasonForm) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY.value if form.errors else HTTPStatus.OK.value
