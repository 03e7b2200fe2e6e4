"""Reading rounds: their rules, their snapshot and draw, and counts beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from departments.models import DepartmentYear
from evaluation.definition import BallotDefinition, RoundConfiguration, ScoringDefinition
from evaluation.models import Invitation, Round
from evaluation.states import RoundState
from evaluation.wording import label_of
from evaluators.candidates import cell_label
from evaluators.models import Draw, Evaluator, EvaluatorStatus, Snapshot, Unit
from evaluators.selectors import with_survivors
from foundation.models import AuditEntry

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
    return with_survivors(people), frozenset(units)


@dataclass(frozen=True)
class Figures:
    """The sizes of a round: who is judged, who could judge, who was asked, who answered."""

    departments: int
    groups: int
    candidates: int
    invited: int
    returned: int


def figures_of(round: Round) -> Figures:
    """Counts for the round's page; candidates are those of the snapshot once there is one."""
    departments = DepartmentYear.objects.filter(year=round.year).aggregate(
        departments=Count("pk"), groups=Count("group", distinct=True)
    )
    sizes = round.populations if round.populations is not None else register_sizes(configuration_of(round))
    invitations = round.invitations.aggregate(
        invited=Count("pk", filter=Q(replaced_on=None)), returned=Count("pk", filter=Q(returned_on__isnull=False))
    )
    return Figures(**departments, candidates=sum(sizes.values()), **invitations)


@dataclass
class GroupOfYear:
    """The departments of one group in a year. ``is_weighed``: the round has weights for it."""

    code: str
    label: str
    is_weighed: bool
    departments: list[DepartmentYear] = field(default_factory=list)


def departments_by_group(round: Round) -> list[GroupOfYear]:
    """The departments of a round's year: groups of the configuration in its order, then any others."""
    groups = {group.code: GroupOfYear(group.code, label_of(group), True) for group in configuration_of(round).groups}
    rows = DepartmentYear.objects.filter(year=round.year).select_related("department", "group", "sector")
    for row in rows.order_by("department__code"):
        found = groups.setdefault(row.group.code, GroupOfYear(row.group.code, row.group.name, False))
        found.departments.append(row)
    return list(groups.values())


def cell_sizes(configuration: RoundConfiguration) -> dict[str, dict[str, int]]:
    """Active candidates by stratum and cell label, before rotation and recusal: what the seats will be spread over."""
    plans = {plan.code: plan for plan in configuration.strata}
    sizes: dict[str, dict[str, int]] = {code: {} for code in plans}
    people = (
        Evaluator.objects.filter(status=EvaluatorStatus.ACTIVE)
        .values_list("stratum__code", "district", "industry", "unit__district", "unit__industry")
        .annotate(count=Count("pk"))
        .order_by()
    )
    for stratum, district, industry, unit_district, unit_industry, count in people:
        plan = plans.get(stratum)
        if plan is not None and plan.drawn_by == "person":
            place = {"district": district or unit_district or "", "industry": industry or unit_industry or ""}
            label = cell_label(plan.cell_by, place)
            sizes[stratum][label] = sizes[stratum].get(label, 0) + count
    units = Unit.objects.filter(is_active=True).values_list("stratum__code", "district", "industry")
    for stratum, district, industry, count in units.annotate(count=Count("pk")).order_by():
        plan = plans.get(stratum)
        if plan is not None and plan.drawn_by == "unit":
            label = cell_label(plan.cell_by, {"district": district, "industry": industry})
            sizes[stratum][label] = sizes[stratum].get(label, 0) + count
    return sizes


@dataclass(frozen=True)
class RegisterComparison:
    """The last time that the register was compared with a snapshot before its draw: how many, of each kind."""

    at: datetime
    who: str
    vanished: int
    inactive: int
    moved: int

    @property
    def has_changes(self) -> bool:
        """True if somebody frozen is not in the register as then."""
        return bool(self.vanished or self.inactive or self.moved)


def comparison_of(snapshot: Snapshot) -> RegisterComparison | None:
    """The last comparison of the register with a snapshot, or None."""
    entry = (
        AuditEntry.objects.filter(
            action="snapshot.compare", subject_type=Snapshot._meta.label_lower, subject_id=str(snapshot.pk)
        )
        .order_by("-id")
        .first()
    )
    if entry is None or entry.after is None:
        return None
    counts = {key: entry.after[key]["count"] for key in ("vanished", "inactive", "moved")}
    return RegisterComparison(entry.at, entry.actor_name, **counts)


@dataclass(frozen=True)
class Verification:
    """One time that a draw on record was redone."""

    at: datetime
    who: str
    same: bool


def verifications_of(record: Draw) -> list[Verification]:
    """When, by whom and with what outcome a draw was redone, newest first."""
    entries = AuditEntry.objects.filter(
        action="draw.verify", subject_type=Draw._meta.label_lower, subject_id=str(record.pk)
    ).order_by("-id")[:20]
    return [Verification(entry.at, entry.actor_name, bool((entry.after or {}).get("same"))) for entry in entries]
