"""Return counts for staff and stratum organisers: counts of ballots, never answers, never codes."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.policies import may, permission_required
from evaluation.ballot_forms import UnitSearchForm
from evaluation.models import Round
from evaluation.services import returns
from evaluation.states import RoundState
from evaluation.views.shared import crumbs, get_round

_UNITS_A_PAGE = 50


@require_GET
@permission_required("returns.view", somewhere=True)
def return_rounds(request: HttpRequest) -> HttpResponse:
    """The rounds that have been drawn, each with its rate of return."""
    rows = returns.by_round(returns.reach_of(request.user))
    return render(request, "evaluation/returns_rounds.html", {"rows": rows})


@require_GET
@never_cache
@permission_required("returns.view", somewhere=True)
def return_detail(request: HttpRequest, year: int) -> HttpResponse:
    """A round's returns by stratum, district and day; the figures renew themselves while it is open."""
    evaluation = get_round(year)
    reach = returns.reach_of(request.user)
    if reach is not None and reach.is_units_alone:
        return _own_units(request, evaluation, reach)
    context = {
        "round": evaluation,
        "crumbs": _crumbs(request, year),
        "total": returns.total(evaluation, reach),
        "strata": returns.by_stratum(evaluation, reach),
        "districts": returns.by_district(evaluation, reach),
        "days": returns.by_day(evaluation, reach),
        "is_live": evaluation.state == RoundState.OPEN,
        "is_scoped": reach is not None,
    }
    template = "evaluation/returns_live.html" if request.htmx else "evaluation/returns.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@permission_required("returns.view", somewhere=True)
def return_units(request: HttpRequest, year: int) -> HttpResponse:
    """A round's returns by unit."""
    evaluation = get_round(year)
    reach = returns.reach_of(request.user)
    if reach is not None and reach.is_units_alone:
        return redirect("evaluation:return-detail", year=year)
    form = UnitSearchForm(request.GET or None)
    search = form.cleaned_data["q"].strip() if form.is_bound and form.is_valid() else ""
    rows = returns.by_unit(evaluation, reach, search)
    page = Paginator(rows, _UNITS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "round": evaluation,
        "crumbs": [*_crumbs(request, year, linked=True), (_("By unit"), "")],
        "form": form,
        "page": page,
        "rows": [returns.of_unit(row) for row in page.object_list],
    }
    return render(request, "evaluation/returns_units.html", context)


def _own_units(request: HttpRequest, evaluation: Round, reach: returns.Reach) -> HttpResponse:
    """For the contact person of a unit: how many of its ballots are back; no day, district, stratum or name."""
    context = {
        "round": evaluation,
        "crumbs": _crumbs(request, evaluation.year),
        "total": returns.total(evaluation, reach),
        "rows": [returns.of_unit(row) for row in returns.by_unit(evaluation, reach)],
    }
    return render(request, "evaluation/returns_own.html", context)


def _crumbs(request: HttpRequest, year: int, *, linked: bool = False) -> list[tuple[str, str]]:
    """By way of the round for those who may see it, of the list of returns for those who may not."""
    here = reverse("evaluation:return-detail", args=(year,)) if linked else ""
    if may(request.user, "round.view"):
        return [*crumbs(get_round(year), "")[:-1], (_("Returns"), here)]
    return [(_("Returns"), reverse("evaluation:return-rounds")), (str(year), here)]
