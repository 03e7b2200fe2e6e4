"""Words and badges of rounds: ``{% load rounds %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from evaluation.models import Round
from evaluation.selectors import draw_count
from evaluation.states import RoundState
from evaluation.wording import Named, label_of
from foundation.templatetags.ui import status

register = template.Library()

BADGES = {
    RoundState.DRAFT: "neutral",
    RoundState.CONFIGURED: "info",
    RoundState.DRAWN: "info",
    RoundState.OPEN: "progress",
    RoundState.CLOSED: "warning",
    RoundState.COUNTED: "info",
    RoundState.SCORED: "info",
    RoundState.PUBLISHED: "success",
    RoundState.ARCHIVED: "neutral",
}


@register.simple_tag
def round_status(round: Round) -> SafeString:
    """The badge of a round's state."""
    state = RoundState(round.state)
    return status(str(state.label), BADGES[state])


@register.inclusion_tag("evaluation/draws_note.html")
def draws_of(year: int) -> dict[str, int]:
    """How often was drawn for the round of a year: quietly where once, plainly where more than once."""
    return {"draws": draw_count(year), "year": year}


@register.filter
def label(part: Named) -> str:
    """What a stratum, group, choice or class is called in the reader's language."""
    return label_of(part)


@register.filter
def per_cent_of(part: Any, whole: Any) -> float | None:
    """A share in per cent, None of nothing."""
    return 100 * part / whole if whole else None
