"""The first page: a leader's year on one screen, what staff have to do next, a department's own results."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.policies import may, may_somewhere
from evaluation.models import Round
from evaluation.services import returns
from portal import charts, selectors
from portal.fragments import ranking_shown, stamp
from portal.selectors import RankedGroup, RankedRow


@dataclass(frozen=True)
class Extremes:
    """A group's first and last."""

    group: RankedGroup
    first: RankedRow
    last: RankedRow


_MOST = 5


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What each role sees first."""
    context: dict[str, Any] = {"under_way": _under_way(request)}
    published = selectors.publications()
    if may(request.user, "results.view"):
        if published:
            context |= _leading(request, published)
        return render(request, "portal/home.html", context | {"reads_results": True})
    if published and may_somewhere(request.user, "results.own"):
        latest = selectors.publication_of(published[-1].round.year)
        if latest is not None:
            context |= {"latest": latest, "groups": selectors.ranking(latest, request.user)}
    return render(request, "portal/home.html", context)


def _under_way(request: HttpRequest) -> dict[str, Any] | None:
    """The round in the works with its returns, for those who may see either."""
    if not (may(request.user, "round.view") or may_somewhere(request.user, "returns.view")):
        return None
    round: Round | None = selectors.round_under_way()
    if round is None:
        return None
    counts = None
    if may_somewhere(request.user, "returns.view"):
        counts = returns.total(round, returns.reach_of(request.user))
    return {"round": round, "returns": counts, "may_open": may(request.user, "round.view")}


def _leading(request: HttpRequest, published: list[Any]) -> dict[str, Any]:
    """The year on one screen: rates, trend, firsts and lasts, risers and fallers, those to help."""
    years = selectors.trend(published)
    latest = selectors.publication_of(years[-1].year)
    assert latest is not None  # noqa: S101 -- it is the last of the published
    groups = selectors.ranking(latest, request.user)
    rows = [row for group in groups for row in group.rows if row.score.group_rank is not None]
    moved = sorted((row for row in rows if row.score.movement), key=lambda row: row.score.movement or 0)
    return {
        "latest": latest,
        "year": years[-1],
        "stamp": stamp(latest.run_id, years, ranking_shown(groups)),
        "trend": partial(charts.city_trend, years),
        "extremes": [
            Extremes(group, ranked[0], ranked[-1])
            for group in groups
            if len(ranked := [row for row in group.rows if row.score.group_rank is not None]) > 1
        ],
        "risers": [row for row in reversed(moved) if (row.score.movement or 0) > 0][:_MOST],
        "fallers": [row for row in moved if (row.score.movement or 0) < 0][:_MOST],
        "key_help": [row for row in rows if row.outcomes.get("key_help")],
        "unsure_last": {code for group in groups for code in group.certainty.unsure_last},
    }
