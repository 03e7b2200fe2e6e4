"""Counting what the quotas of a draft are planned on, and trying them in trial draws."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation import quota_basis
from evaluation.models import PlanningBasis, Round, TrialDraws
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of
from evaluation.services.freezing import preview_register
from evaluation.services.moves import lock
from evaluation.states import RoundState
from evaluators.candidates import PERSON, UNIT, opaque_id
from evaluators.draw import Candidates
from evaluators.draw.labels import normalise_label
from evaluators.models import Evaluator, EvaluatorStatus, Unit
from evaluators.trials import simulate
from foundation import audit
from foundation.jobs import Progress, SilentProgress


def count_basis(*, actor: User, round: Round, progress: Progress | None = None) -> PlanningBasis:
    """Count the register, and read last year's published round, for the quotas of a draft; replaces the last count.

    Raises:
        PermissionDenied, Refused (no longer a draft).
    """
    require(actor, "round.configure")
    refuse_unless_draft(round)
    progress = progress or SilentProgress()
    counted_at = timezone.now()
    register = quota_basis.count_register(round, progress)
    last = quota_basis.last_round_of(round.year)
    with transaction.atomic():
        basis, _new = PlanningBasis.objects.update_or_create(
            round=round,
            defaults={
                "register": register,
                "last_round": last.to_dict() if last else None,
                "counted_at": counted_at,
                "counted_by": actor,
            },
        )
        audit.record(actor=actor, action="quota.count", subject=round, year=round.year)
        progress.confirm()
    return basis


TRIALS = 1_000
MOST_TRIALS = 10_000
_WITHOUT_SEED = "-"


def run_trials(*, actor: User, round: Round, trials: int = TRIALS, progress: Progress | None = None) -> TrialDraws:
    """Draw many times by a draft's saved quotas, from the register as it is now, and keep who was represented.

    The candidates are those that freezing would fix now, under ids made up for this run. The trial seeds cannot be the
    real one (`evaluators.trials`).

    Raises:
        PermissionDenied, Refused (no longer a draft, no stratum, a label that cannot stand in a snapshot),
        ValueError (a number of trials outside 1 to MOST_TRIALS).
    """
    require(actor, "round.configure")
    refuse_unless_draft(round)
    if not 1 <= trials <= MOST_TRIALS:
        raise ValueError(f"between 1 and {MOST_TRIALS} trials")
    progress = progress or SilentProgress()
    configuration = configuration_of(round)
    if not configuration.strata:
        raise Refused(Missing("strata_empty", _("There is no stratum to draw from.")))
    made_up = uuid.uuid4()
    preview = preview_register(round, _WITHOUT_SEED, made_up, progress)
    candidates = preview.collected.registry.candidates()
    number = (round.trial_draws.aggregate(last=Max("number"))["last"] or 0) + 1
    label = f"trial/{round.year}/{number}"
    rows = simulate(
        candidates,
        preview.plan,
        trials,
        label,
        _dimensions(made_up, candidates),
        lambda done, total: progress.report(done, total, _("Trial draws")),
    )
    with transaction.atomic():
        lock(round)
        made = TrialDraws.objects.create(
            round=round,
            number=number,
            trials=trials,
            seed_label=label,
            strata=[plan.to_dict() for plan in configuration.strata],
            sizes=preview.collected.sizes,
            rows=[row.to_dict() for row in rows],
            made_at=timezone.now(),
            made_by=actor,
        )
        after = {"number": number, "trials": trials}
        audit.record(actor=actor, action="quota.try", subject=round, year=round.year, after=after)
        progress.confirm()
    return made


def _dimensions(made_up: uuid.UUID, candidates: Candidates) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """District and industry of every candidate, parallel to the ids; people without have those of their unit."""
    places: dict[str, tuple[str, str]] = {}
    people = Evaluator.objects.filter(status=EvaluatorStatus.ACTIVE).order_by()
    fields = ("pk", "district", "industry", "unit__district", "unit__industry")
    for pk, district, industry, unit_district, unit_industry in people.values_list(*fields).iterator(5_000):
        place = (district or unit_district or "", industry or unit_industry or "")
        places[opaque_id(made_up, PERSON, pk)] = place
    for pk, district, industry in Unit.objects.filter(is_active=True).values_list("pk", "district", "industry"):
        places[opaque_id(made_up, UNIT, pk)] = (district, industry)
    return {
        dimension: {
            code: [normalise_label(places[candidate][at]) for candidate in pool.ids]
            for code, pool in candidates.pools.items()
        }
        for at, dimension in enumerate(("district", "industry"))
    }


def refuse_unless_draft(round: Round) -> None:
    """Raise Refused for a round whose quotas are settled."""
    round.refresh_from_db()
    if round.state != RoundState.DRAFT:
        message = _("The quotas are settled: the configuration is frozen.")
        raise Refused(Missing("frozen", message, "", "evaluation:round-detail", (round.year,), _("The round")))
