"""Who is left out of a draw, and why: confidential, every look written down; and a count before freezing."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.policies import may, permission_required
from evaluation import exclusions, selectors
from evaluation.forms.exclusions import ExclusionFilter, ExclusionSearchForm
from evaluation.models import Round
from evaluation.services import excluding
from evaluation.states import RoundState
from evaluation.views.shared import crumbs, get_round
from evaluators.models import Snapshot
from evaluators.search_words import seal
from foundation.models import StoredFile
from foundation.starting import start_job

FORM_METHODS = require_http_methods(["GET", "HEAD", "POST"])


def _snapshot(year: int) -> Snapshot:
    found = selectors.standing_snapshot(year)
    if found is None:
        raise Http404
    return found


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def exclusion_list(request: HttpRequest, year: int) -> HttpResponse:
    """Everybody left out or recused in part, with the reason; the search leads to an address without its words."""
    evaluation = get_round(year)
    snapshot = selectors.standing_snapshot(year)
    if snapshot is None:
        return redirect("evaluation:exclusion-preview", year=year)
    if request.method == "POST":
        return _searched(request, year)
    search = ExclusionFilter(request.GET).search(request.GET.get("words", ""))
    page = Paginator(excluding.matching(snapshot, search), exclusions.PER_PAGE).get_page(request.GET.get("page"))
    excluding.record_view(
        actor=cast(User, request.user),
        snapshot=snapshot,
        search=search,
        rows=page.paginator.count,
        page=page.number,
    )
    rows = exclusions.counts_by_stratum(snapshot.exclusion_counts, evaluation.populations)
    context = {
        "round": evaluation,
        "snapshot": snapshot,
        "crumbs": crumbs(evaluation, _("Left out of the draw")),
        "form": ExclusionSearchForm(initial={"q": search.text, "stratum": search.stratum, "reason": search.reason}),
        "search": search,
        "is_filtered": search != exclusions.ExclusionSearch(),
        "page": page,
        "people": exclusions.with_names(page.object_list, evaluation),
        "may_see_person": may(request.user, "registry.view"),
        **_table(rows),
    }
    return render(request, "evaluation/exclusion_list.html", context)


def _searched(request: HttpRequest, year: int) -> HttpResponse:
    """From what was typed to its address."""
    form = ExclusionSearchForm(request.POST)
    search = form.search()
    wanted = {
        "words": seal(form.cleaned_data.get("q") or ""),
        "stratum": search.stratum.pk if search.stratum else "",
        "reason": search.reason,
    }
    query = urlencode({name: value for name, value in wanted.items() if value})
    return redirect(reverse("evaluation:exclusion-list", args=(year,)) + (f"?{query}" if query else ""))


@FORM_METHODS
@never_cache
@permission_required("round.draw")
def exclusion_take(request: HttpRequest, year: int) -> HttpResponse:
    """Take the list, or what a search left of it, as an Excel file; files that are still there can be fetched."""
    evaluation = get_round(year)
    snapshot = _snapshot(year)
    words = request.GET.get("words", "")
    search = ExclusionFilter(request.GET).search(words)
    here = reverse("evaluation:exclusion-take", args=(year,))
    if request.method == "POST":
        return start_job(
            request,
            excluding.LIST_KIND,
            params={
                "round_id": evaluation.pk,
                "words": words if search.text else "",
                "stratum": search.stratum.pk if search.stratum else None,
                "reason": search.reason,
            },
            permission="round.draw",
            exclusive_key=f"{excluding.LIST_KIND}:{request.user.pk}",
            back_url=here,
        )
    context = {
        "round": evaluation,
        "crumbs": _way(evaluation, _("As a file")),
        "search": search,
        "reason": exclusions.REASONS.get(search.reason, ""),
        "count": len(excluding.matching(snapshot, search)),
        "files": StoredFile.objects.filter(kind=excluding.LIST_KIND, year=year, erased_at=None).select_related(
            "created_by"
        ),
    }
    return render(request, "evaluation/exclusion_take.html", context)


@FORM_METHODS
@permission_required("round.configure")
def exclusion_preview(request: HttpRequest, year: int) -> HttpResponse:
    """Numbers only, before freezing: who would be left out of the draw by the rules as they stand."""
    evaluation = get_round(year)
    is_draft = evaluation.state == RoundState.DRAFT
    if request.method == "POST" and is_draft:
        return start_job(
            request,
            exclusions.PREVIEW_JOB,
            params={"round_id": evaluation.pk},
            permission="round.configure",
            exclusive_key=f"{exclusions.PREVIEW_JOB}:{year}",
            back_url=reverse("evaluation:exclusion-preview", args=(year,)),
        )
    job = exclusions.last_preview(evaluation)
    result = (job.result if job else None) or {}
    context = {
        "round": evaluation,
        "crumbs": crumbs(evaluation, _("Who would be left out")),
        "is_draft": is_draft,
        "job": job,
        "is_stale": bool(result) and result["version"] != evaluation.version,
        **_table(exclusions.counts_by_stratum(result.get("counts", {}), result.get("candidates"))),
    }
    return render(request, "evaluation/exclusion_preview.html", context)


def _table(rows: list[exclusions.StratumExclusions]) -> dict[str, object]:
    """The counts with the columns of those reasons that somebody has."""
    out, partly = exclusions.used_reasons(rows)
    shown = [row.only(out, partly) for row in rows]
    return {
        "rows": shown,
        "total": exclusions.totals(shown),
        "out_labels": [exclusions.LEFT_OUT[reason] for reason in out],
        "partly_labels": [exclusions.PARTLY[reason] for reason in partly],
    }


def _way(evaluation: Round, last: str) -> list[tuple[str, str]]:
    here = (_("Left out of the draw"), reverse("evaluation:exclusion-list", args=(evaluation.year,)))
    return [*crumbs(evaluation, "")[:-1], here, (last, "")]
