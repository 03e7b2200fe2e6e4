"""Trying other rules on a scored round: unlocked by a second person before publication, every trial on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import may, require
from evaluation.definition import Problem, RoundConfiguration
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of
from evaluation.services.configuring import flat
from evaluation.wording import label_of, translated
from foundation import audit
from scoring.core.differences import FIGURES, Comparison, compared
from scoring.core.model import ScoringError
from scoring.core.whatif import telling, trial
from scoring.inputs import RunCounts, counts_of
from scoring.models import Publication, ScoreRun, WhatIfTrial, WhatIfUnlock

#: What may be tried; every other rule stays as frozen.
TRIED = frozenset({"scale", "groups", "weight_classes", "year_over_year", "composite"})
UNLOCKED_FOR = timedelta(hours=8)
#: A trial has no rank intervals: they take the ballots.
_COMPARED = tuple(figure for figure in FIGURES if figure != "rank_interval")


@dataclass(frozen=True)
class Trial:
    """What came out, shown and forgotten: the comparison with the run, and the changed rules by path."""

    comparison: Comparison
    changes: dict[str, tuple[Any, Any]]


def is_published(round: Round) -> bool:
    """Whether readers see a result of this round now."""
    return Publication.objects.filter(round=round).exists()


def unlock_of(actor: User, round: Round) -> WhatIfUnlock | None:
    """The unlock that holds for this person now."""
    rows = WhatIfUnlock.objects.filter(round=round, requested_by=actor, expires_at__gt=timezone.now())
    return rows.order_by("-expires_at").first()


def may_try(actor: User, round: Round) -> bool:
    """Whether this person may try other rules now: after publication whoever sees runs, before it with an unlock."""
    if is_published(round):
        return may(actor, "scoring.view")
    return may(actor, "scoring.run") and unlock_of(actor, round) is not None


def open_requests(round: Round) -> list[WhatIfUnlock]:
    """Who asked to try other rules before publication and has had no answer, the oldest first."""
    if is_published(round):
        return []
    rows = WhatIfUnlock.objects.filter(round=round, unlocked_by=None).select_related("requested_by")
    return list(rows.order_by("requested_at", "pk"))


def request_problems(actor: User, round: Round) -> list[Missing]:
    """Why this person cannot ask for an unlock now; empty if it can."""
    if is_published(round):
        return [Missing("published", _("The result is published; trials need no unlock."))]
    if any(row.requested_by_id == actor.pk for row in open_requests(round)):
        return [Missing("asked_already", _("You have asked already; a second person has yet to unlock."))]
    return []


def requests_to_answer(actor: User, round: Round) -> list[WhatIfUnlock]:
    """The open requests that this person can unlock."""
    if not may(actor, "scoring.run"):
        return []
    return [row for row in open_requests(round) if row.requested_by_id != actor.pk]


@transaction.atomic
def request_unlock(*, actor: User, round: Round, reason: str) -> WhatIfUnlock:
    """Ask to try other rules before publication. Raises PermissionDenied, Refused (no reason, published, asked)."""
    require(actor, "scoring.run")
    if not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why.")))
    if problems := request_problems(actor, round):
        raise Refused(problems)
    unlock = WhatIfUnlock.objects.create(round=round, requested_by=actor, reason=reason.strip())
    audit.record(
        actor=actor, action="whatif.request", subject=unlock, label=str(round), year=round.year, reason=unlock.reason
    )
    return unlock


def grant_problems(actor: User, unlock: WhatIfUnlock) -> list[Missing]:
    """Why this person cannot unlock; empty if it can."""
    if unlock.requested_by_id == actor.pk:
        return [Missing("same_person", _("Whoever asked cannot unlock; a second person must."))]
    if unlock.unlocked_by_id is not None:
        return [Missing("unlocked_already", _("This has been unlocked already."))]
    if is_published(unlock.round):
        return [Missing("published", _("The result is published; trials need no unlock."))]
    return []


@transaction.atomic
def grant_unlock(*, actor: User, unlock: WhatIfUnlock) -> WhatIfUnlock:
    """Unlock what somebody else asked for. Raises PermissionDenied, Refused (the same person, given already)."""
    require(actor, "scoring.run")
    locked = WhatIfUnlock.objects.select_for_update().get(pk=unlock.pk)
    if problems := grant_problems(actor, locked):
        raise Refused(problems)
    now = timezone.now()
    locked.unlocked_by, locked.unlocked_at, locked.expires_at = actor, now, now + UNLOCKED_FOR
    locked.save(update_fields=["unlocked_by", "unlocked_at", "expires_at"])
    audit.record(
        actor=actor,
        action="whatif.unlock",
        subject=locked,
        label=str(locked.round),
        year=locked.round.year,
        after={"expires_at": locked.expires_at},
        reason=locked.reason,
    )
    return locked


@transaction.atomic
def try_rules(*, actor: User, run: ScoreRun, changes: Mapping[str, Any]) -> Trial:
    """Score the counts of a run by other rules; nothing of it is kept but what was changed.

    `changes` are keys of `RoundConfiguration.to_dict()` out of `TRIED`. Raises PermissionDenied (also without an
    unlock before publication), Refused (rules that do not add up; a run that this program does not reproduce).
    """
    require(actor, "scoring.view")
    if not may_try(actor, run.round):
        raise PermissionDenied("what-if is locked before publication")
    published = is_published(run.round)
    unlock = None if published else unlock_of(actor, run.round)
    frozen = configuration_of(run.round)
    tried = _tried(frozen, changes)
    official, other = counts_of(run, frozen), counts_of(run, tried)
    _refuse_telling(official, other, frozen, tried)
    try:
        before, after = _rows(official), _rows(other)
    except ScoringError as error:
        raise Refused(Missing(error.code, str(error))) from error
    refuse_unless_reproduced(run, before)
    old, new = flat(frozen.to_dict()), flat(tried.to_dict())
    paths = [path for path in {**old, **new} if old.get(path) != new.get(path)]
    row = WhatIfTrial.objects.create(run=run, made_by=actor, before_publication=not published, unlock=unlock)
    audit.record(
        actor=actor,
        action="whatif.try",
        subject=row,
        label=f"{run.round.year}-{run.number}",
        year=run.round.year,
        before={path: old.get(path) for path in paths},
        after={path: new.get(path) for path in paths},
    )
    comparison = compared(run.result["departments"], after, _COMPARED)
    return Trial(comparison, {path: (old.get(path), new.get(path)) for path in paths})


def _tried(frozen: RoundConfiguration, changes: Mapping[str, Any]) -> RoundConfiguration:
    """The frozen rules with the changes; refused with the messages of the round's own forms."""
    if changes.keys() - TRIED:
        raise ValueError(f"not to be tried: {sorted(changes.keys() - TRIED)}")
    tried = RoundConfiguration.from_dict({**frozen.to_dict(), **changes})
    if _skeleton(tried) != _skeleton(frozen):
        raise ValueError("a trial changes numbers, not what was on the ballot")
    known = {(problem.code, problem.where) for problem in frozen.problems()}
    problems = [entry for entry in tried.problems() if (entry.code, entry.where) not in known]
    if problems:
        raise Refused([_problem(entry) for entry in problems])
    return tried


def _refuse_telling(
    official: RunCounts, other: RunCounts, frozen: RoundConfiguration, tried: RoundConfiguration
) -> None:
    """Refuse weights by which the order would tell what a few people answered."""
    groups, classes = telling(
        official.definition, official.departments, official.cube, other.class_weights, min_cell=frozen.min_cell
    )
    problems = []
    for at, group in enumerate(tried.groups):
        if group.code in groups and group.weights != frozen.groups[at].weights:
            message = _("Group “%(group)s” has cells too small to be singled out by other weights.")
            problems.append((f"groups.{at}", message % {"group": label_of(group)}))
    if classes:
        message = _("Some classes of evaluators have too few answers to be given so much more weight than others.")
        problems.append(("weight_classes", message))
    if problems:
        remedy = _(
            "Take smaller changes, or return to the official rules; the order would tell what few people answered."
        )
        raise Refused([Missing("telling", text, remedy, params={"where": where}) for where, text in problems])


def _problem(problem: Problem) -> Missing:
    """A problem of the rules with its place in them as parameter `where`, and what to do."""
    remedies = {
        "weights_total": _("Change the weights of this group until they add up to 100."),
        "shares_total": _("Change one of the shares until both add up to 100."),
    }
    remedy = remedies.get(problem.code, _("Correct this number, or return to the official rules."))
    return Missing(problem.code, translated(problem), remedy, params={"where": problem.where})


def _skeleton(rules: RoundConfiguration) -> list[Any]:
    """What the ballots were given under: choices and what they count as, groups, weight classes."""
    return [
        [(choice.code, choice.counts) for choice in rules.scale],
        [group.code for group in rules.groups],
        [entry.code for entry in rules.weight_classes],
    ]


def _rows(counts: RunCounts) -> list[dict[str, Any]]:
    """results.json's departments for these counts."""
    return trial(counts.definition, counts.departments, counts.cube, counts.class_weights, **counts.about)


def refuse_unless_reproduced(run: ScoreRun, rows: list[dict[str, Any]]) -> None:
    """Raise Refused unless `rows`, the run's counts scored by its own rules today, are what it found then."""
    if compared(run.result["departments"], rows, _COMPARED).differences:
        message = _("This version of the program does not compute what the run says.")
        raise Refused(Missing("not_reproduced", message, _("Score the round again, then try.")))


def trial_counts(round: Round) -> tuple[int, int]:
    """How often other rules were tried on this round, before and after publication; for run page and report."""
    rows = list(WhatIfTrial.objects.filter(run__round=round).values_list("before_publication", flat=True))
    return sum(rows), len(rows) - sum(rows)
