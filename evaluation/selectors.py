"""Reading rounds: their rules, their snapshot and draw, and counts beside them."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from evaluation.definition import BallotDefinition, RoundConfiguration, ScoringDefinition
from evaluation.models import Invitation, Round
from evaluation.states import RoundState
from evaluators.models import Draw, Evaluator, EvaluatorStatus, Snapshot, Unit

_NOT_DRAWN_YET = (RoundState.DRAFT, RoundState.CONFIGURED)


def round_of(year: int) -> Round | None:
    """The round of a year, or None."""
    return Round.objects.filter(year=year).first()


def configuration_of(round: Round) -> RoundConfiguration:
    """The round's rules, complete or still a draft."""
    return RoundConfiguration.from_dict(round.configuration)


def ballot_definition_of(round: Round) -> BallotDefinition:
    """The frozen ballot. Raises ValueError before the round is frozen."""
    if not round.ballot_definition:
        raise ValueError(f"round {round.year} is not frozen")
    return BallotDefinition.from_dict(round.ballot_definition)


def scoring_definition_of(round: Round) -> ScoringDefinition:
    """The rules of scoring with the frozen populations. Raises ValueError before freezing."""
    if round.populations is None:
        raise ValueError(f"round {round.year} is not frozen")
    return configuration_of(round).scoring_definition(round.year, round.populations)


def register_sizes(configuration: RoundConfiguration) -> dict[str, int]:
    """Active people, or units where a stratum is drawn by unit, by stratum code (before rotation and recusal)."""
    people = dict(
        Evaluator.objects.filter(status=EvaluatorStatus.ACTIVE)
        .values_list("stratum__code")
        .annotate(count=Count("pk"))
        .order_by()
    )
    units = dict(
        Unit.objects.filter(is_active=True).values_list("stratum__code").annotate(count=Count("pk")).order_by()
    )
    return {
        plan.code: (units if plan.drawn_by == "unit" else people).get(plan.code, 0) for plan in configuration.strata
    }


def standing_snapshot(year: int) -> Snapshot | None:
    """The snapshot in force, with its draw if there is one."""
    return Snapshot.objects.select_related("draw", "registry_file").filter(year=year, voided_at=None).first()


def standing_draw(year: int) -> Draw | None:
    """The draw in force, or None."""
    return Draw.objects.select_related("snapshot").filter(snapshot__year=year, snapshot__voided_at=None).first()


def snapshots_of(year: int) -> QuerySet[Snapshot]:
    """All snapshots of a year, voided ones too, newest first."""
    return Snapshot.objects.filter(year=year).select_related("draw", "frozen_by", "draw__drawn_by")


def draw_count(year: int) -> int:
    """How often was drawn for the round of a year, voided draws included."""
    return Draw.objects.filter(snapshot__year=year).count()


def without_code(round: Round) -> int:
    """Invitations, not revoked, that have no ballot code yet."""
    return round.invitations.filter(code_hash=None, revoked_on=None).count()


def resting(year: int, rounds: int) -> tuple[frozenset[int], frozenset[int]]:
    """Keys of people and of units invited in the last ``rounds`` rounds before ``year``."""
    if rounds < 1:
        return frozenset(), frozenset()
    last = list(
        Round.objects.filter(year__lt=year)
        .exclude(state__in=_NOT_DRAWN_YET)
        .order_by("-year")
        .values_list("pk", flat=True)[:rounds]
    )
    invited = Invitation.objects.filter(round__in=last).order_by()
    people = invited.exclude(evaluator=None).values_list("evaluator_id", flat=True)
    units = invited.filter(evaluator=None).exclude(unit=None).values_list("unit_id", flat=True).distinct()
    return frozenset(people), frozenset(units)
