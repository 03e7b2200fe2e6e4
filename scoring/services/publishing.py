"""Publishing a run: from then on leaders and departments see it, and nothing else."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.services import move
from evaluation.services.moves import lock, refuse_unless_at
from evaluation.states import VERBS
from foundation import audit
from scoring.exclusions import last_decision
from scoring.inputs import read_input
from scoring.models import Publication, ScoreRun
from scoring.services.bundles import erase_released


@transaction.atomic
def publish_round(*, actor: User, round: Round, run: ScoreRun | None = None) -> Publication:
    """Publish a run, by default the latest (scored → published). Raises PermissionDenied, Refused."""
    require(actor, "round.publish")
    locked = lock(round)
    refuse_unless_at(locked, VERBS["publish"])
    chosen = run or ScoreRun.objects.filter(round=locked).order_by("-number").first()
    if chosen is None or chosen.round_id != locked.pk:
        raise Refused(Missing("no_run", _("There is no result of this round to publish.")))
    if changed := changed_input(locked, chosen):
        raise Refused(changed)
    publication = Publication.objects.create(round=locked, run=chosen, published_by=actor)
    move(round=locked, verb="publish", actor=actor)
    audit.record(
        actor=actor,
        action="score.publish",
        subject=chosen,
        label=f"{locked.year}-{chosen.number}",
        year=locked.year,
        after={"number": chosen.number, "input_fingerprint": chosen.input_fingerprint},
    )
    round.refresh_from_db()
    return publication


def changed_input(round: Round, run: ScoreRun) -> Missing | None:
    """What keeps a run from publication: a decision on ballots that it does not know of, or another input by now.

    Reads the ballots (0.2 s).
    """
    source = read_input(round)
    if run.summary["last_decision"] != last_decision(source.decisions):
        return Missing(
            "decided_since",
            _("It was decided on leaving ballots out after run %(number)s was computed.") % {"number": run.number},
            _("Score the round again, saying why, and publish the new run."),
            "scoring:round-score",
            (round.year,),
            _("Score"),
        )
    if source.fingerprint() == run.input_fingerprint:
        return None
    return Missing(
        "input_changed",
        _("Something that run %(number)s was computed from has changed since, such as an assessment score.")
        % {"number": run.number},
        _("Score the round again, saying why, and publish the new run."),
        "scoring:round-score",
        (round.year,),
        _("Score"),
    )


@transaction.atomic
def withdraw_publication(*, actor: User, round: Round, reason: str) -> Round:
    """Take a publication back (published → scored); the run stays. Raises PermissionDenied, Refused (no reason)."""
    require(actor, "round.publish")
    locked = lock(round)
    move(round=locked, verb="withdraw", actor=actor, reason=reason)
    for publication in Publication.objects.filter(round=locked).select_related("run"):
        erase_released(publication.run)
        publication.delete()
    round.refresh_from_db()
    return round
