"""Deciding that ballots of a stratum which show a sign are left out of the score, or that they count again.

Nothing is deleted: scoring applies what holds. A decision is refused where a result with and one without would give
the answers of a few away, and where the number itself would be an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of
from evaluation.services.moves import lock
from evaluation.states import RoundState
from evaluators.models import Stratum
from foundation import audit
from scoring.core.exclusions import FlaggedBallots
from scoring.core.quality import hidden_findings, stratum_quality
from scoring.exclusions import decisions_of, in_force, states_seen
from scoring.inputs import RoundInput, read_input
from scoring.models import ExclusionDecision, Finding

DECIDED_IN = (RoundState.COUNTED, RoundState.SCORED)


@dataclass(frozen=True)
class Proposal:
    """What a decision would do: `count` ballots of a stratum go out or come in again, or why it cannot be."""

    count: int
    problems: list[Missing] = field(default_factory=list)


def exclude_ballots(*, actor: User, round: Round, stratum: str, finding: str, reason: str) -> ExclusionDecision:
    """Leave the ballots of a stratum (its code) that show a sign out of the score, for a reason that readers will see.

    Takes effect when the round is scored again. Raises PermissionDenied, Refused (no reason, published, nothing found,
    too few), KeyError for a stratum that the round does not have or an unknown sign.
    """
    return _decide(actor, round, stratum, finding, reason, excludes=True)


def readmit_ballots(*, actor: User, round: Round, stratum: str, finding: str, reason: str) -> ExclusionDecision:
    """Let excluded ballots count again. Raises as `exclude_ballots` does."""
    return _decide(actor, round, stratum, finding, reason, excludes=False)


@transaction.atomic
def _decide(actor: User, round: Round, stratum: str, finding: str, reason: str, *, excludes: bool) -> ExclusionDecision:
    require(actor, "scoring.run")
    locked = lock(round)
    proposal = propose(locked, stratum, finding, excludes=excludes)
    if proposal.problems:
        raise Refused(proposal.problems)
    if not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why.")))
    decision = ExclusionDecision.objects.create(
        round=locked,
        stratum=Stratum.objects.get(code=stratum),
        finding=finding,
        excludes=excludes,
        count=proposal.count,
        reason=reason.strip(),
        decided_by=actor,
    )
    audit.record(
        actor=actor,
        action="ballots.exclude" if excludes else "ballots.readmit",
        subject=decision,
        label=f"{locked.year} {stratum} {finding}",
        year=locked.year,
        after={"stratum": stratum, "finding": finding, "ballots": proposal.count},
        reason=decision.reason,
    )
    return decision


def propose(round: Round, stratum: str, finding: str, *, excludes: bool) -> Proposal:
    """What the decision would change, and what stands against it; reads the ballots (0.2 s).

    Raises KeyError for a stratum that the round does not have or an unknown sign.
    """
    if finding not in Finding.values or stratum not in {plan.code for plan in configuration_of(round).strata}:
        raise KeyError(finding)
    if round.state not in DECIDED_IN:
        message = _(
            "Ballots are left out or taken in again after the box is opened and before the result is published."
        )
        remedy = _("A published result must be withdrawn first.") if round.state == RoundState.PUBLISHED else ""
        return Proposal(0, [Missing("wrong_state", message, remedy)])
    held = finding in in_force(decisions_of(round)).get(stratum, {})
    if held == excludes:
        message = _("These ballots are left out already.") if held else _("These ballots are not left out.")
        return Proposal(0, [Missing("decided_already", message)])
    return _proposal(round, read_input(round), stratum, finding, excludes=excludes)


def _proposal(round: Round, source: RoundInput, stratum: str, finding: str, *, excludes: bool) -> Proposal:
    """The number concerned, and whether it may be told and a result with and without may be seen."""
    departments, min_cell = len(source.departments), configuration_of(round).min_cell
    found = next(row for row in stratum_quality(source.definition, departments, source.returned) if row.code == stratum)
    if finding in hidden_findings(found, min_cell=min_cell):
        message = _(
            "Too few ballots came back from this stratum, or all of them are alike: a decision would tell what "
            "somebody answered."
        )
        return Proposal(0, [Missing("too_few", message, _("They count like any other."))])
    flagged = FlaggedBallots.of(source.definition, departments, source.returned, {stratum})
    states = states_seen(source.decisions, stratum)
    then = states[-1] | {finding} if excludes else states[-1] - {finding}
    changed = flagged.left_out(stratum, then) ^ flagged.left_out(stratum, states[-1])
    count = int(changed.sum())
    if not flagged.left_out(stratum, {finding}).any():
        return Proposal(0, [Missing("nothing_found", _("No ballot of this stratum shows this sign."))])
    if flagged.tells(stratum, then, states, min_cell=min_cell):
        message = _(
            "Fewer than %(least)s ballots would make the difference to an earlier result; comparing the two would give "
            "their answers away."
        ) % {"least": min_cell}
        remedy = (
            _("They count like any other.")
            if excludes
            else _("Take in first what was decided last in this stratum.")
        )  # fmt: skip
        return Proposal(count, [Missing("too_few", message, remedy)])
    return Proposal(count)
