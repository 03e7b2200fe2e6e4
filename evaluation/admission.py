"""Presenting a code: whose invitation it is (never by name), what its round's rules are, and whether it may go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from django.utils import timezone

from evaluation.ballot_code import BallotCode
from evaluation.definition import BallotDefinition, RoundConfiguration
from evaluation.models import Invitation, RevokedCode, Round
from evaluation.states import RoundState

#: Not needed to fill in a ballot, and long.
_LEFT_OUT = (
    "envelope",
    "round__configuration",
    "round__ballot_definition",
    "round__populations",
    "round__baselines",
    "round__counting_report",
)
_BEFORE_OPENING = (RoundState.DRAFT, RoundState.CONFIGURED, RoundState.DRAWN)
_REMEMBERED = 8


@dataclass(frozen=True)
class BallotRules:
    """The frozen rules of a round, read once by every process."""

    configuration: RoundConfiguration
    definition: BallotDefinition


class Standing(Enum):
    """What a known code can do at a moment."""

    OPEN = "open"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    RETURNED = "returned"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Admission:
    """A code and the invitation it belongs to. ``started_at``: when the form was opened, as the form itself proves."""

    code: BallotCode
    invitation: Invitation
    started_at: datetime | None = None

    @property
    def round(self) -> Round:
        return self.invitation.round

    @property
    def rules(self) -> BallotRules:
        return rules_of(self.invitation.round)

    @property
    def recused(self) -> frozenset[str]:
        """Codes of departments that are not on this ballot for its evaluator's own reasons."""
        return frozenset(self.invitation.recused)

    @property
    def may_replace(self) -> bool:
        """True if a returned ballot can still be replaced by its rules (the dates are `standing`'s business)."""
        return self.rules.configuration.ballot.replace_allowed and self.invitation.returned_by == "online"

    def opened(self, moment: datetime | None) -> Admission:
        """The same with the moment at which its form was opened."""
        return replace(self, started_at=moment)

    def is_in_grace(self, now: datetime) -> bool:
        """True after the closing time, for a form that was opened before it, until the grace is over."""
        closes_at, last = self.round.closes_at, self.round.last_accepted_at
        return (
            self.round.state == RoundState.OPEN
            and closes_at is not None
            and last is not None
            and self.started_at is not None
            and self.started_at < closes_at <= now <= last
        )

    def standing(self, now: datetime | None = None) -> Standing:
        """What this code can do now."""
        now = now or timezone.now()
        if self.invitation.revoked_on is not None:
            return Standing.REVOKED
        if self.round.state in _BEFORE_OPENING:
            return Standing.NOT_YET
        if self.round.state != RoundState.OPEN:
            return Standing.CLOSED
        if self.round.opens_at is not None and now < self.round.opens_at:
            return Standing.NOT_YET
        if not self.round.takes_ballots(now) and not self.is_in_grace(now):
            return Standing.CLOSED
        return Standing.RETURNED if self.invitation.returned_on is not None else Standing.OPEN


def find(code: BallotCode) -> Admission | None:
    """The invitation of a code, without its envelope, in one query; None for a code that there is not."""
    invitation = (
        Invitation.objects.select_related("round", "stratum").defer(*_LEFT_OUT).filter(code_hash=code.hash).first()
    )
    return Admission(code, invitation) if invitation is not None else None


def was_replaced(code: BallotCode) -> bool:
    """True if this code was replaced by another one."""
    return RevokedCode.objects.filter(hash=code.hash).exists()


_rules: dict[tuple[object, ...], BallotRules] = {}


def rules_of(round: Round) -> BallotRules:
    """The frozen rules of a round; one query the first time, none afterwards. Raises ValueError before freezing."""
    key = (round.pk, round.frozen_at, round.configuration_fingerprint, bytes(round.public_key or b""))
    known = _rules.get(key)
    if known is None:
        data, ballot = Round.objects.values_list("configuration", "ballot_definition").get(pk=round.pk)
        if not ballot:
            raise ValueError(f"round {round.year} is not frozen")
        known = BallotRules(RoundConfiguration.from_dict(data), BallotDefinition.from_dict(ballot))
        while len(_rules) >= _REMEMBERED:
            _rules.pop(next(iter(_rules)))
        _rules[key] = known
    return known


def accepted_since(round: Round, now: datetime) -> datetime:
    """The closing time that a form opened in time needs at least, to be taken now: now less the grace."""
    return now - timedelta(minutes=round.grace_minutes)
