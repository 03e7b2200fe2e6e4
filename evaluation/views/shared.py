"""What the staff pages of rounds share."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from evaluation.models import Round
from evaluation.selectors import draw_count, round_of

Crumbs = list[tuple[str, str]]


def get_round(year: int) -> Round:
    """The round of a year. Raises Http404."""
    found = round_of(year)
    if found is None:
        raise Http404
    return found


def address(name: str, *args: Any) -> str:
    """The address of a page, or "" where that page does not exist."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def posted(request: HttpRequest) -> Any:
    """What a form binds to: the posted data, be it empty; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def crumbs(round: Round, *last: str) -> Crumbs:
    """Rounds › the round › …"""
    way: Crumbs = [(_("Rounds"), reverse("evaluation:round-list"))]
    draws = draw_count(round.year)
    # A second draw is seen on every page of its round.
    name = _("%(year)s (%(draws)s draws)") % {"year": round.year, "draws": draws} if draws > 1 else str(round.year)
    if not last:
        return [*way, (name, "")]
    return [
        *way,
        (name, reverse("evaluation:round-detail", args=(round.year,))),
        *((text, "") for text in last),
    ]


def confirm(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    """The confirmation page of a step."""
    return render(request, "components/confirm.html", context, status=status)
