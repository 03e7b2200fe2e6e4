"""The one way in which a round changes its state."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.models import Round, RoundMove
from evaluation.refusals import Missing, Refused
from evaluation.services import guards
from evaluation.states import VERBS, RoundState, Verb
from foundation import audit


@transaction.atomic
def move(*, round: Round, verb: str, actor: User, reason: str = "") -> Round:
    """Lead a round along one named edge: lock it, check permission, state, reason and guards, write it all down.

    Services of a verb (freeze, draw, score, …) do their work and call this last, in the same transaction; ``round``
    gets the new state. Raises KeyError for an unknown verb, PermissionDenied, and Refused with what is missing.
    """
    rule = VERBS[verb]
    require(actor, rule.permission)
    locked = lock(round)
    refuse_unless_at(locked, rule)
    if rule.needs_reason and not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why.")))
    problems = guards.missing(locked, verb) + guards.undone(locked, verb)
    if problems:
        raise Refused(problems)
    locked.state = rule.target
    locked.save(update_fields=["state"])
    RoundMove.objects.create(
        round=locked, verb=verb, from_state=rule.source, to_state=rule.target, by=actor, reason=reason.strip()
    )
    audit.record(
        actor=actor,
        action=f"round.{verb}",
        subject=locked,
        year=locked.year,
        before={"state": rule.source.value},
        after={"state": rule.target.value},
        reason=reason.strip(),
    )
    round.refresh_from_db()
    return round


def lock(round: Round) -> Round:
    """The round's row, locked until the transaction ends. Call inside one."""
    return Round.objects.select_for_update().get(pk=round.pk)


def wrong_state(round: Round, rule: Verb) -> Missing | None:
    """What to say where a verb does not lead on from the round's state; None where it does."""
    if round.state == rule.source:
        return None
    message = _("The round of %(year)s is “%(state)s”; “%(verb)s” is only possible while it is “%(source)s”.") % {
        "year": round.year,
        "state": RoundState(round.state).label,
        "verb": rule.label,
        "source": rule.source.label,
    }
    return Missing("wrong_state", message, "", "evaluation:round-detail", (round.year,), _("The round"))


def refuse_unless_at(round: Round, rule: Verb) -> None:
    """Raise Refused if the verb does not lead on from the round's state."""
    problem = wrong_state(round, rule)
    if problem is not None:
        raise Refused(problem)


def next_verb(round: Round) -> Verb | None:
    """The verb that leads forward from where the round is; None at the end."""
    return next((rule for rule in VERBS.values() if rule.source == round.state and not rule.needs_reason), None)


def ways_back(round: Round) -> list[Verb]:
    """The honest ways back from where the round is; each needs a reason."""
    return [rule for rule in VERBS.values() if rule.source == round.state and rule.needs_reason]
