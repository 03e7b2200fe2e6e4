"""Scoring a round: an immutable run beside every earlier one."""

from __future__ import annotations

import hashlib
import zlib
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.models import DepartmentYear
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.services import move
from evaluation.services.moves import lock, refuse_unless_at
from evaluation.states import VERBS, RoundState
from foundation import audit
from foundation.jobs import Progress, SilentProgress
from scoring.breakdown import breakdown
from scoring.core.bootstrap import RankUncertainty, rank_uncertainty
from scoring.core.certainty import orders_json
from scoring.core.cube import CountCube
from scoring.core.model import ScoringError
from scoring.core.result import Result
from scoring.core.result_json import results_json
from scoring.core.score import score
from scoring.exclusions import last_decision
from scoring.inputs import RoundInput, read_input
from scoring.models import DepartmentScore, ScoreRun
from scoring.version import code_version

_STEPS = 100


def score_round(*, actor: User, round: Round, reason: str = "", progress: Progress | None = None) -> ScoreRun:
    """Score a counted round (counted → scored), or score a scored one again with a reason; earlier runs stay.

    The ballots are read and the result computed first; what is written is written in one transaction.
    Raises PermissionDenied, Refused (wrong state, no reason for another run, an assessment missing).
    """
    require(actor, "scoring.run")
    progress = progress or SilentProgress()
    round.refresh_from_db()
    again = round.state == RoundState.SCORED
    if not again:
        refuse_unless_at(round, VERBS["score"])
    elif not reason.strip():
        raise Refused(Missing("reason_missing", _("The round has been scored. Say why it is scored again.")))
    progress.report(0, _STEPS, _("Reading the ballots"))
    source = read_input(round)
    progress.report(20, _STEPS, _("Counting"))
    cube = source.ballots.cube(source.definition, len(source.departments))
    try:
        result = score(source.definition, source.departments, cube, **source.about)
    except ScoringError as error:
        raise Refused(_refusal(error, round)) from error
    fingerprint = source.fingerprint()
    progress.report(40, _STEPS, _("Estimating how sure the ranks are"))
    ranks = rank_uncertainty(
        source.definition,
        source.departments,
        source.ballots,
        result,
        seed=hashlib.sha256(fingerprint.encode()).hexdigest(),
        progress=lambda share: progress.report(40 + int(50 * share), _STEPS, _("Estimating how sure the ranks are")),
        **source.about,
    )
    with transaction.atomic():
        locked = lock(round)
        if locked.state != round.state:
            raise Refused(Missing("changed_meanwhile", _("The round moved on while it was scored. Start again.")))
        run = _store(actor, locked, source, cube, result, ranks, fingerprint)
        if not again:
            move(round=locked, verb="score", actor=actor)
        audit.record(
            actor=actor,
            action="score.run",
            subject=run,
            label=f"{round.year}-{run.number}",
            year=round.year,
            after={
                "number": run.number,
                "input_fingerprint": fingerprint,
                "code_version": run.code_version,
                "excluded": run.summary["excluded"],
            },
            reason=reason.strip(),
        )
        progress.confirm()
    round.refresh_from_db()
    return run


def _refusal(error: ScoringError, round: Round) -> Missing:
    if error.code == "assessment_missing":
        message = _("%(code)s has no assessment score, and the round counts assessment.") % {"code": error.department}
        remedy = _("Enter or import the assessment scores of %(year)s.") % {"year": round.year}
        return Missing(error.code, message, remedy, "assessment:assessment-list", (round.year,), _("Assessment"))
    return Missing(error.code, str(error))


def _store(
    actor: User,
    round: Round,
    source: RoundInput,
    cube: CountCube,
    result: Result,
    ranks: RankUncertainty,
    fingerprint: str,
) -> ScoreRun:
    number = (ScoreRun.objects.filter(round=round).aggregate(last=Max("number"))["last"] or 0) + 1
    run = ScoreRun.objects.create(
        round=round,
        number=number,
        input_fingerprint=fingerprint,
        configuration_fingerprint=round.configuration_fingerprint,
        code_version=code_version(),
        cube=zlib.compress(cube.to_bytes(), 6),
        axes={
            "departments": [department.code for department in source.departments],
            "items": [item.code for item in source.definition.items],
            "strata": [stratum.code for stratum in source.definition.strata],
            "weight_classes": list(source.class_codes),
            "choices": [choice.code for choice in source.definition.scale],
        },
        basis=source.basis.to_json(),
        result=results_json(result, ranks.intervals()),
        breakdown=breakdown(source.definition, result, cube, round),
        summary=_summary(round, source, result, ranks),
        created_by=actor,
    )
    DepartmentScore.objects.bulk_create(_rows(run, round, source, result))
    return run


def _summary(round: Round, source: RoundInput, result: Result, ranks: RankUncertainty) -> dict[str, Any]:
    """City and group means, returns, how each stratum was sampled, and the chances that the bootstrap gave.

    `returned` counts what came back, `excluded` how many of these were left out by decision; scored is the difference.
    """
    returned = [source.returned.returned(at, source.width) for at in range(len(result.sampling))]

    def text(value: Decimal | None) -> str | None:
        return None if value is None else str(value)

    return {
        "city": {
            "ranked": result.city.ranked,
            "satisfaction": text(result.city.satisfaction),
            "dissatisfaction": text(result.city.dissatisfaction),
        },
        "groups": {
            group.code: {
                "ranked": group.ranked,
                "satisfaction": text(group.satisfaction),
                "dissatisfaction": text(group.dissatisfaction),
            }
            for group in result.groups
        },
        "issued": round.invitations.filter(replaced_on=None).count(),
        "returned": sum(returned),
        "excluded": sum(row.count for row in source.left_out),
        "strata": [
            {
                "code": row.code,
                "returned": came_back,
                "excluded": came_back - row.returned,
                "population": row.population,
                "flag": row.flag,
            }
            for row, came_back in zip(result.sampling, returned, strict=True)
        ],
        "exclusions": source.exclusions,
        "last_decision": last_decision(source.decisions),
        "rank_seed": ranks.seed,
        "rank_replicates": ranks.replicates,
        "chance_last": {code: _short(row.chance_last) for code, row in ranks.departments.items()},
        "orders": orders_json(ranks.orders),
    }


def _short(chance: float) -> float:
    return float(f"{chance:.6f}")


def _rows(run: ScoreRun, round: Round, source: RoundInput, result: Result) -> list[DepartmentScore]:
    years = {
        row.department.code: row
        for row in DepartmentYear.objects.filter(year=round.year).select_related("department", "sector")
    }
    rows = []
    for row in result.departments:
        year = years[row.code]
        valid = [sum(cell.valid for cell in cells) for cells in row.rates.cells]
        rows.append(
            DepartmentScore(
                run=run,
                department=year.department,
                group_code=row.group,
                sector_code=year.sector.code if year.sector else "",
                status=row.status,
                satisfaction=row.satisfaction,
                dissatisfaction=row.dissatisfaction,
                base=row.base,
                adjustment=row.adjustment,
                public=row.public,
                assessment=row.assessment,
                bonus=row.bonus,
                deduction=row.deduction,
                total=row.total,
                group_rank=row.group_rank,
                overall_rank=row.overall_rank,
                movement=row.movement,
                baseline=row.baseline or "",
                valid_ballots=min(valid, default=0),
                se_satisfaction=row.se_satisfaction,
                se_dissatisfaction=row.se_dissatisfaction,
            )
        )
    return rows
