"""Freezing: rules and register are fixed and fingerprinted before anybody can know who will be drawn."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.freezes import hold
from evaluation import baselines
from evaluation.definition import RoundConfiguration
from evaluation.models import Round
from evaluation.recusal import ballot_of, recusal_rules
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of, resting, standing_snapshot
from evaluation.services import guards
from evaluation.services.moves import lock, move, refuse_unless_at
from evaluation.states import VERBS
from evaluation.wording import label_of
from evaluators.candidates import (
    PARTLY_DEPARTMENT,
    PARTLY_GROUP,
    PARTLY_LIST,
    Collected,
    StratumRule,
    collect,
)
from evaluators.draw import BadInput, Plan, StratumPlan
from evaluators.draw.chances import CellChance, chances, unfair
from evaluators.models import Snapshot
from evaluators.services.snapshots import record_snapshot, void_snapshot
from foundation.jobs import Progress, SilentProgress

#: So many cells are named in a refusal; the page shows all of them.
_NAMED_CELLS = 5
#: What a stratum's rule of recusal leaves out of the ballots of those who are drawn all the same.
_PARTLY_BY_RULE = {"group": PARTLY_GROUP, "department": PARTLY_DEPARTMENT}


@dataclass(frozen=True)
class Preview:
    """What freezing would fix: candidates, seats and chances; nothing of it is stored."""

    collected: Collected
    plan: Plan
    chances: list[CellChance]

    @property
    def unfair(self) -> list[CellChance]:
        """Cells that need a reason."""
        return unfair(self.chances)


def freeze_register(
    *,
    actor: User,
    round: Round,
    seed_source: str,
    chances_reason: str = "",
    progress: Progress | None = None,
) -> Snapshot:
    """Freeze a draft's configuration and the eligible part of the register (draft → configured).

    The register is read and hashed first, without holding anything; what is written is written in one transaction that
    makes sure the round is still as it was read.

    Args:
        seed_source: what will give the public seed, and when (announced with the hashes).
        chances_reason: why cells with no chance, or more than twice the stratum's, are accepted; "" = they are not.

    Raises:
        PermissionDenied, Refused (with everything that is missing).
    """
    require(actor, "round.configure")
    progress = progress or SilentProgress()
    round.refresh_from_db()
    refuse_unless_at(round, VERBS["freeze"])
    problems = guards.missing(round, "freeze")
    if not seed_source.strip():
        problems.append(Missing("seed_source_missing", _("Say what will give the public seed, and when.")))
    if problems:
        raise Refused(problems)
    snapshot_id = uuid.uuid4()
    version, departments = round.version, _departments_of(round)
    preview = preview_register(round, seed_source.strip(), snapshot_id, progress)
    if preview.unfair and not chances_reason.strip():
        raise Refused(_unfair_cells(round, preview.unfair))
    _refuse_empty(configuration_of(round), preview.collected)
    with transaction.atomic():
        locked = lock(round)
        refuse_unless_at(locked, VERBS["freeze"])
        if locked.version != version:
            message = _("The configuration was changed while the register was read. Freeze again.")
            raise Refused(Missing("changed_meanwhile", message))
        hold(round.year)
        if _departments_of(locked) != departments:
            message = _("The departments were changed while the register was read. Freeze again.")
            raise Refused(Missing("changed_meanwhile", message))
        snapshot = record_snapshot(
            actor=actor,
            year=round.year,
            snapshot_id=snapshot_id,
            collected=preview.collected,
            plan=preview.plan,
            chances=preview.chances,
            chances_reason=chances_reason.strip() if preview.unfair else "",
        )
        _fix_rules(locked, preview.collected)
        move(round=locked, verb="freeze", actor=actor)
        progress.confirm()
    round.refresh_from_db()
    return snapshot


def _departments_of(round: Round) -> tuple[object, object]:
    """What freezing takes from the year's departments: the ballot, and who is recused from what."""
    return ballot_of(configuration_of(round), round.year), recusal_rules(round.year)


def preview_register(
    round: Round,
    seed_source: str,
    snapshot_id: uuid.UUID,
    progress: Progress,
) -> Preview:
    """Read the register as freezing would. Raises Refused where a label of it cannot stand in a snapshot."""
    configuration = configuration_of(round)
    try:
        plan = draw_plan(configuration, seed_source)
        collected = collect(snapshot_id, _rules(round.year, configuration), progress)
        return Preview(collected, plan, chances(collected.registry.candidates(), plan))
    except BadInput as error:
        raise Refused(_bad_input(error)) from error


@transaction.atomic
def unfreeze(*, actor: User, round: Round, reason: str) -> Round:
    """Back to draft before the draw: the snapshot is voided and stays on record. Raises as `move`."""
    return take_back(actor=actor, round=round, verb="unfreeze", reason=reason)


def take_back(*, actor: User, round: Round, verb: str, reason: str) -> Round:
    """Void the standing snapshot and lead the round back to draft, inside the caller's transaction."""
    rule = VERBS[verb]
    require(actor, rule.permission)
    locked = lock(round)
    refuse_unless_at(locked, rule)
    problems = guards.missing(locked, verb)
    if not reason.strip():
        problems.append(Missing("reason_missing", _("Say why.")))
    if problems:
        raise Refused(problems)
    snapshot = standing_snapshot(locked.year)
    if snapshot is not None:
        void_snapshot(actor=actor, snapshot=snapshot, reason=reason.strip(), permission=rule.permission)
    locked.frozen_at = None
    locked.configuration_fingerprint = ""
    locked.ballot_definition = locked.populations = locked.baselines = None
    locked.save(
        update_fields=["frozen_at", "configuration_fingerprint", "ballot_definition", "populations", "baselines"]
    )
    move(round=locked, verb=verb, actor=actor, reason=reason)
    round.refresh_from_db()
    return round


def draw_plan(configuration: RoundConfiguration, seed_source: str) -> Plan:
    """The plan of the draw as draw.json states it. Raises BadInput."""
    return Plan(
        seed_source,
        tuple(
            StratumPlan(
                code=plan.code,
                mode="all" if plan.mode == "all" else "random",
                quota=0 if plan.mode == "all" else plan.quota,
                reserve=0 if plan.mode == "all" else plan.reserve,
                max_per_unit=None if plan.drawn_by == "unit" or plan.mode == "all" else plan.max_per_unit,
                min_per_cell=plan.min_per_cell,
            )
            for plan in configuration.strata
        ),
    )


def _rules(year: int, configuration: RoundConfiguration) -> list[StratumRule]:
    ballot = ballot_of(configuration, year)
    recusal = recusal_rules(year)
    rests = {plan.rotation_rounds: resting(year, plan.rotation_rounds) for plan in configuration.strata}
    return [
        StratumRule(
            code=plan.code,
            by_unit=plan.drawn_by == "unit",
            cell_by=plan.cell_by,
            resting=rests[plan.rotation_rounds][plan.drawn_by == "unit"],
            recused_employers=recusal.excluded_employers(plan, ballot),
            recused_units=recusal.excluded_units(plan, ballot),
            partly_recused=recusal.partly_recused(plan, ballot),
            partly=PARTLY_LIST if plan.drawn_by == "unit" else _PARTLY_BY_RULE.get(plan.recusal, PARTLY_DEPARTMENT),
        )
        for plan in configuration.strata
    ]


def _fix_rules(round: Round, collected: Collected) -> None:
    """Put on the round what everything after the draw reads."""
    configuration = configuration_of(round)
    sizes = collected.sizes
    round.configuration = configuration.to_dict()
    round.frozen_at = timezone.now()
    round.configuration_fingerprint = configuration.fingerprint()
    round.ballot_definition = ballot_of(configuration, round.year).to_dict()
    round.populations = {plan.code: sizes.get(plan.code, 0) for plan in configuration.strata}
    round.baselines = baselines.collect(round.year, configuration, round.baselines_set_aside)
    round.grace_minutes = configuration.ballot.grace_minutes
    round.save(
        update_fields=[
            "configuration",
            "frozen_at",
            "configuration_fingerprint",
            "ballot_definition",
            "populations",
            "baselines",
            "grace_minutes",
        ]
    )


def _refuse_empty(configuration: RoundConfiguration, collected: Collected) -> None:
    """Everybody of a stratum may be resting or recused; that shows only now."""
    sizes = collected.sizes
    problems = [
        Missing(
            "stratum_empty",
            _("Nobody of stratum %(stratum)s is left to draw from: all are inactive, resting or recused.")
            % {"stratum": label_of(plan)},
        )
        for plan in configuration.strata
        if not sizes.get(plan.code)
    ]
    if problems:
        raise Refused(problems)


def _unfair_cells(round: Round, cells: list[CellChance]) -> Missing:
    labels = {plan.code: label_of(plan) for plan in configuration_of(round).strata}
    named = _(", ").join(
        _("%(stratum)s %(cell)s (%(seats)s of %(size)s)")
        % {
            "stratum": labels.get(row.stratum, row.stratum),
            "cell": row.cell or _("without district and industry"),
            "seats": row.seats,
            "size": row.size,
        }
        for row in cells[:_NAMED_CELLS]
    )
    message = _("%(count)s cells have no chance, or more than twice the chance of their stratum: %(cells)s.") % {
        "count": len(cells),
        "cells": named + ("…" if len(cells) > _NAMED_CELLS else ""),
    }
    remedy = _(
        "Merge cells (fewer cell criteria), change the quota or the minimum per cell, or state why it is accepted."
    )
    strata = ("evaluation:section-edit", (round.year, "strata"), _("Strata and quotas"))
    return Missing("unfair_chances", message, remedy, *strata, params={"cells": cells})


def _bad_input(error: BadInput) -> Missing:
    words = {
        "label_too_long": _(
            "A district, industry or stratum in the register is too long: together at most 100 characters."
        ),
        "bad_seed_source": _("Say what will give the public seed, and when."),
    }
    return Missing(error.code, words.get(error.code, str(error)))
