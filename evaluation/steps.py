"""The track of a round's steps, and the page on which each step is taken."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from accounts.policies import may
from evaluation.models import Round
from evaluation.states import RoundState, Verb

# Pages by name, so that parts above this app (scoring) are linked without being imported.
_PAGES = {
    "freeze": "evaluation:round-freeze",
    "draw": "evaluation:draw-detail",
    "open": "evaluation:round-open",
    "close": "evaluation:round-close",
    "count": "evaluation:round-count",
    "score": "scoring:round-score",
    "publish": "scoring:round-publish",
    "archive": "evaluation:round-archive",
}
_WAYS_BACK = {"withdraw": "scoring:round-withdraw"}


def steps_of(round: Round) -> list[dict[str, Any]]:
    """All states in order for the ``steps`` component: done, current or to come."""
    states = list(RoundState)
    at = states.index(RoundState(round.state))
    words = ["done"] * at + ["current"] + ["todo"] * (len(states) - at - 1)
    return [{"label": state.label, "state": word} for state, word in zip(states, words, strict=True)]


def page_of_verb(round: Round, verb: Verb) -> str:
    """Where a step forward is taken; "" while that page does not exist."""
    return _address(_PAGES.get(verb.name, ""), round.year)


def way_back_page(round: Round, verb: Verb) -> str:
    """Where a step back is taken."""
    if verb.name in _WAYS_BACK:
        return _address(_WAYS_BACK[verb.name], round.year)
    return reverse("evaluation:round-back", args=(round.year, verb.name))


def vote_pages(round: Round, user: Any) -> list[tuple[str, str, str]]:
    """Codes, returns, box, scoring, once somebody has been drawn: (icon, label, address) of what the user may see."""
    if round.state in (RoundState.DRAFT, RoundState.CONFIGURED):
        return []
    pages = [
        ("round.draw", "people", _("List of the drawn"), "evaluation:drawn-list"),
        ("round.view", "bar-chart", _("Representativeness"), "evaluation:representation"),
        ("round.view", "diagram-3", _("Nominations"), "evaluation:nominations"),
        ("round.draw", "person-badge", _("Left out of the draw"), "evaluation:exclusion-list"),
        ("round.codes", "key", _("Ballot codes"), "evaluation:code-list"),
        ("round.codes", "printer", _("Packets and letters"), "evaluation:letter-list"),
        ("round.view", "arrow-repeat", _("Replacements"), "evaluation:replacement-list"),
        ("returns.view", "envelope-check", _("Returns"), "evaluation:return-detail"),
        ("round.view", "safe", _("Opening the box"), "evaluation:round-count"),
    ]
    if round.state not in (RoundState.DRAWN, RoundState.OPEN, RoundState.CLOSED):
        pages.append(("scoring.view", "calculator", _("Scoring"), "scoring:run-list"))
    addressed = [
        (icon, label, _address(name, round.year)) for permission, icon, label, name in pages if may(user, permission)
    ]
    return [page for page in addressed if page[2]]


def _address(name: str, year: int) -> str:
    try:
        return reverse(name, args=(year,)) if name else ""
    except NoReverseMatch:
        return ""
