"""The states of a round and the verbs that lead from one to the next."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RoundState(models.TextChoices):
    """draft → configured → drawn → open → closed → counted → scored → published → archived."""

    DRAFT = "draft", _("Draft")
    CONFIGURED = "configured", _("Configured")
    DRAWN = "drawn", _("Drawn")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    COUNTED = "counted", _("Counted")
    SCORED = "scored", _("Scored")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


@dataclass(frozen=True)
class Verb:
    """A named edge. ``needs_reason``: one of the few honest ways back."""

    name: str
    label: str | Promise
    source: RoundState
    target: RoundState
    permission: str
    needs_reason: bool = False


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "freeze", _("Freeze configuration and register"), RoundState.DRAFT, RoundState.CONFIGURED,
            "round.configure",
        ),
        Verb("draw", _("Draw the evaluators"), RoundState.CONFIGURED, RoundState.DRAWN, "round.draw"),
        Verb("open", _("Open the round"), RoundState.DRAWN, RoundState.OPEN, "round.run"),
        Verb("close", _("Close the round"), RoundState.OPEN, RoundState.CLOSED, "round.run"),
        Verb("count", _("Open the box"), RoundState.CLOSED, RoundState.COUNTED, "round.run"),
        Verb("score", _("Score"), RoundState.COUNTED, RoundState.SCORED, "scoring.run"),
        Verb("publish", _("Publish"), RoundState.SCORED, RoundState.PUBLISHED, "round.publish"),
        Verb("archive", _("Archive"), RoundState.PUBLISHED, RoundState.ARCHIVED, "round.publish"),
        Verb(
            "unfreeze", _("Back to draft"), RoundState.CONFIGURED, RoundState.DRAFT, "round.configure",
            needs_reason=True,
        ),
        Verb("void_draw", _("Void the draw"), RoundState.DRAWN, RoundState.DRAFT, "round.draw", needs_reason=True),
        Verb(
            "withdraw", _("Withdraw the publication"), RoundState.PUBLISHED, RoundState.SCORED, "round.publish",
            needs_reason=True,
        ),
    )
}  # fmt: skip
