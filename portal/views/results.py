"""The published results: ranking, department, trend."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from accounts.policies import permission_required
from departments.models import Department
from foundation.errors import page_not_found
from portal import charts, selectors
from portal.certainty import department_certainty
from portal.forms import RankingFilter
from portal.fragments import ranking_shown, stamp
from portal.guards import reads_results
from scoring.quality_pages import excluded_sentence
from scoring.shifts import shifts_of


@require_GET
@reads_results
def ranking_latest(request: HttpRequest) -> HttpResponse:
    """The ranking of the newest published year."""
    years = selectors.published_years()
    if not years:
        return render(request, "portal/ranking.html", {"publication": None})
    return redirect("portal:ranking", year=years[-1])


@require_GET
@reads_results
def ranking(request: HttpRequest, year: int) -> HttpResponse:
    """A year's ranking by group: rates, total, change, movement, how sure the ranks are."""
    publication = selectors.publication_of(year)
    if publication is None:
        raise Http404
    form = RankingFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    groups = selectors.ranking(
        publication, request.user, group=chosen.get("group", ""), sector=chosen.get("sector", "")
    )
    sees_all = selectors.visible_to(request.user).everything
    context: dict[str, Any] = {
        "publication": publication,
        "years": selectors.published_years(),
        # Called only where the part is rendered anew.
        "groups": lambda: [(group, charts.group_bars(group)) for group in groups],
        "stamp": stamp(year, publication.run_id, sees_all, ranking_shown(groups)),
        "form": form,
        "sees_all": sees_all,
        "excluded": excluded_sentence(publication.run),
        "count": sum(len(group.rows) for group in groups),
    }
    return render(request, "portal/ranking.html", context)


@require_GET
@reads_results
def department(request: HttpRequest, code: str) -> HttpResponse:
    """A department's years, its strata in one of them, and where its total comes from."""
    row = get_object_or_404(Department, code=code)
    years = selectors.department_years(row)
    if not selectors.may_see(request.user, row, [entry.score.sector_code for entry in years]):
        # The same answer as for a department that does not exist: who may not see it learns nothing.
        return page_not_found(request)
    if not years:
        return render(request, "portal/department.html", {"department": row, "years": []})
    wanted = request.GET.get("year", "")
    chosen = next((entry for entry in years if str(entry.year) == wanted), years[-1])
    publication = selectors.publication_of(chosen.year)
    assert publication is not None  # noqa: S101 -- its years are the published ones
    strata = selectors.stratum_rows(publication, row.code)
    moved = shifts_of(publication.run)
    shown = {
        "strata": strata,
        "shifts": moved.of(row.code),
        "shifts_known": moved.known,
        "certainty": department_certainty(publication, chosen),
        "set_aside": publication.round.baselines_set_aside.get(row.code, ""),
    }
    context = {
        "department": row,
        "years": years,
        "chosen": chosen,
        "publication": publication,
        **shown,
        "stamp": stamp(row.code, chosen.year, years, shown),
        # Called only where the part is rendered anew.
        "rates": partial(charts.department_trend, years),
        "ranks": partial(charts.rank_trend, years),
        "by_stratum": partial(charts.strata_bars, strata),
    }
    return render(request, "portal/department.html", context)


@require_GET
@permission_required("results.view")
def trend(request: HttpRequest) -> HttpResponse:
    """The city over the years: rates, ballots out and back."""
    rows = selectors.trend(selectors.publications())
    return render(request, "portal/trend.html", {"rows": rows, "chart": charts.city_trend(rows) if rows else None})
