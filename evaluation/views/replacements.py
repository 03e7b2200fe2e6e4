"""Pages of replacements: how many and why, what waits for the second person, asking, confirming, withdrawing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.policies import may, permission_required
from evaluation import replacements
from evaluation.forms.replacing import PlaceSearchForm, ReplacementForm, WithdrawForm
from evaluation.models import Replacement, ReplacementReason, Round
from evaluation.selectors import configuration_of, standing_draw
from evaluation.services import replacing
from evaluation.services.codes import ISSUABLE
from evaluation.views.shared import confirm, crumbs, get_round, posted
from evaluators.draw import Place
from evaluators.models import DrawnPlace, EvaluatorStatus
from foundation.formats import day

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])
_A_PAGE = 50


@require_GET
@never_cache
@permission_required("round.view")
def replacement_list(request: HttpRequest, year: int) -> HttpResponse:
    """Rates by stratum and reason, and what is left in reserve; who was replaced only for those who may see that."""
    evaluation = get_round(year)
    sees_names = may(request.user, "round.draw")
    rows = replacements.by_stratum(evaluation)
    page = Paginator(replacements.decided(evaluation), _A_PAGE).get_page(request.GET.get("page"))
    waiting = list(replacements.waiting(evaluation))
    if sees_names and (waiting or page.paginator.count):
        replacing.record_list_view(actor=request.user, round=evaluation)  # type: ignore[arg-type]
    context = {
        "round": evaluation,
        "crumbs": crumbs(evaluation, _("Replacements")),
        "rows": rows,
        "total": replacements.together(rows),
        "reasons": ReplacementReason.labels,
        "waiting": waiting,
        "page": page,
        "sees_names": sees_names,
        "may_ask": sees_names and evaluation.state in ISSUABLE,
        "is_drawn": bool(rows),
    }
    return render(request, "evaluation/replacement_list.html", context)


@require_GET
@permission_required("round.view")
def replacement_download(request: HttpRequest, year: int) -> HttpResponse:
    """``replaced.csv``: ids alone, for whoever redoes the draw."""
    record = standing_draw(year)
    if record is None:
        raise Http404
    response = HttpResponse(replacements.replaced_file(record), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="replaced-{year}-{record.snapshot.number}.csv"'
    return response


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def replacement_find(request: HttpRequest, year: int) -> HttpResponse:
    """Find whoever is to be replaced among those who serve."""
    evaluation = get_round(year)
    form = PlaceSearchForm(posted(request))
    found = replacements.find_serving(evaluation, form.cleaned_data["q"]) if form.is_valid() else None
    if found:
        replacing.record_list_view(actor=request.user, round=evaluation)  # type: ignore[arg-type]
    context = {
        "round": evaluation,
        "crumbs": _way(evaluation, _("Ask for a replacement")),
        "form": form,
        "found": found,
        "most": replacements.MOST_FOUND,
    }
    return render(request, "evaluation/replacement_find.html", context)


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def replacement_create(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Ask for the replacement of a place, with a reason."""
    evaluation = get_round(year)
    place = _place(evaluation, pk)
    may_mark = place.evaluator is not None and may(request.user, "registry.edit")
    form = ReplacementForm(posted(request), may_mark=may_mark)
    if request.method == "POST" and form.is_valid():
        replacing.request_replacement(
            actor=request.user,  # type: ignore[arg-type]
            round=evaluation,
            place=place,
            **form.cleaned_data,
        )
        messages.success(request, _("The replacement has been asked for. Somebody else has to confirm it."))
        return redirect("evaluation:replacement-list", year=year)
    problems = list(replacing.in_the_way(evaluation, place))
    found = None if problems else replacements.next_in_reserve(place)
    if not problems and found is None:
        problems.append(replacing.used_up(place))
    return confirm(
        request,
        status=HTTPStatus.UNPROCESSABLE_ENTITY.value if form.errors else HTTPStatus.OK.value,
        title=_("Ask for the replacement of %(name)s") % {"name": _whose(place)},
        crumbs=_way(evaluation, _("Ask for a replacement")),
        problems=problems,
        consequences=[
            _("Nothing changes yet: somebody else has to confirm it, and until then the code stays valid."),
            *([_who_comes(place, found)] if found else []),
            _("Who that is stays hidden until then; what counts is the order of the draw."),
        ],
        form=form,
        confirm_label=_("Ask for the replacement"),
        danger=False,
        cancel_url=reverse("evaluation:replacement-list", args=(year,)),
    )


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def replacement_confirm(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Confirm as the second person what somebody else asked for."""
    evaluation = get_round(year)
    row = _replacement(evaluation, pk)
    if request.method == "POST":
        done = replacing.confirm_replacement(actor=request.user, replacement=row)  # type: ignore[arg-type]
        successor = done.decision.stand_in
        words = {"old": _whose(row.place), "new": _whose(successor) if successor else ""}
        messages.success(request, _("%(new)s stands in for %(old)s. A code still has to be made.") % words)
        if not done.stand_in_is_active:
            message = _("The register does not have %(new)s as active: ask for a replacement again if need be.")
            messages.warning(request, message % words)
        return redirect("evaluation:replacement-list", year=year)
    problems = _not_mine(request, row) + list(replacing.in_the_way(evaluation, row.place))
    found = None if problems else replacements.next_in_reserve(row.place)
    if not problems and found is None:
        problems.append(replacing.used_up(row.place))
    return confirm(
        request,
        title=_("Confirm the replacement of %(name)s") % {"name": _whose(row.place)},
        crumbs=_way(evaluation, _("Confirm a replacement")),
        problems=problems,
        consequences=_consequences(evaluation, row, found) if found else [],
        irreversible=True,
        confirm_label=_("Confirm the replacement"),
        cancel_url=reverse("evaluation:replacement-list", args=(year,)),
    )


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def replacement_withdraw(request: HttpRequest, year: int, pk: int) -> HttpResponse:
    """Drop a replacement that waits, with a reason."""
    evaluation = get_round(year)
    row = _replacement(evaluation, pk)
    form = WithdrawForm(posted(request))
    if request.method == "POST" and form.is_valid():
        replacing.withdraw_replacement(actor=request.user, replacement=row, **form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, _("The replacement has been withdrawn; the seat stays as it was."))
        return redirect("evaluation:replacement-list", year=year)
    return confirm(
        request,
        status=HTTPStatus.UNPROCESSABLE_ENTITY.value if form.errors else HTTPStatus.OK.value,
        title=_("Withdraw the replacement of %(name)s") % {"name": _whose(row.place)},
        crumbs=_way(evaluation, _("Withdraw a replacement")),
        consequences=[
            _("Whoever was drawn keeps the seat and the code."),
            _("The request stays on record with its reason and with yours."),
        ],
        form=form,
        confirm_label=_("Withdraw the replacement"),
        cancel_url=reverse("evaluation:replacement-list", args=(year,)),
    )


def _way(evaluation: Round, last: str) -> list[tuple[str, str]]:
    here = (_("Replacements"), reverse("evaluation:replacement-list", args=(evaluation.year,)))
    return [*crumbs(evaluation, "")[:-1], here, (last, "")]


def _place(evaluation: Round, pk: int) -> DrawnPlace:
    rows = DrawnPlace.objects.select_related("draw__snapshot", "draw__result_file", "stratum", "evaluator", "unit")
    return get_object_or_404(rows, pk=pk, draw__snapshot__year=evaluation.year)


def _replacement(evaluation: Round, pk: int) -> Replacement:
    rows = Replacement.objects.select_related(
        "round",
        "requested_by",
        "place__draw__snapshot",
        "place__draw__result_file",
        "place__stratum",
        "place__evaluator",
        "place__unit",
    )
    return get_object_or_404(rows, pk=pk, round=evaluation, decision=None)


def _whose(place: DrawnPlace) -> str:
    if place.evaluator is not None:
        return place.evaluator.name
    return place.unit.name if place.unit is not None else ""


def _not_mine(request: HttpRequest, row: Replacement) -> list[Any]:
    return [replacing.second_person()] if row.requested_by_id == request.user.pk else []


def _who_comes(place: DrawnPlace, found: Place) -> str:
    """Which reserve takes the seat, by its place in the draw and never by name."""
    words = {"order": found.order, "stratum": place.stratum, "cell": found.cell or _("without district and industry")}
    if not found.cell and not place.cell:
        return _("Next in reserve is no. %(order)s of %(stratum)s.") % words
    if found.cell == place.cell:
        return _("Next in reserve is no. %(order)s of %(stratum)s, of the same cell (%(cell)s).") % words
    return _("Next in reserve is no. %(order)s of %(stratum)s: nobody of the same cell is left (%(cell)s).") % words


def _consequences(evaluation: Round, row: Replacement, found: Place) -> list[str]:
    reason = f"{row.get_reason_display()}: {row.note}" if row.note else row.get_reason_display()
    asked = {"who": row.requested_by, "day": day(row.requested_on), "reason": reason}
    place = row.place
    if place.evaluator_id is None:
        count = configuration_of(evaluation).stratum(place.stratum.code).ballots_per_unit
        comes = ngettext(
            "The stand-in is a unit: it gets %(count)s invitation to hand out.",
            "The stand-in is a unit: it gets %(count)s invitations to hand out.",
            count,
        ) % {"count": count}
        ends = _("All codes of %(name)s end at once; their page says so.") % {"name": _whose(place)}
    else:
        comes = _("The stand-in gets an invitation with the own recusal and weight class, and needs a code.")
        ends = _("The code of %(name)s ends at once; its page says so.") % {"name": _whose(place)}
    sentences = [_("Asked for by %(who)s on %(day)s. %(reason)s") % asked, ends, _who_comes(place, found), comes]
    if row.new_status:
        status = {"name": _whose(place), "status": EvaluatorStatus(row.new_status).label}
        sentences.append(_("The register says of %(name)s from now on: %(status)s.") % status)
    return sentences
