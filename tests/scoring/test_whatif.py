"""Trying other rules: locked before publication, on record, exact, and nothing of the run changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import console
from evaluation.models import Round
from evaluation.refusals import Refused
from foundation.models import AuditEntry
from scoring.models import ScoreRun, WhatIfTrial, WhatIfUnlock
from scoring.services import publish_round, score_round
from scoring.services.whatif import grant_unlock, request_unlock, trial_counts, try_rules
from tests.scoring.golden import WITH_BALLOTS, counted_round
from tests.somebody import somebody

pytestmark = pytest.mark.django_db


def scored(name: str = "three-step") -> ScoreRun:
    return score_round(actor=console(), round=counted_round(name))


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_unchanged_rules_give_the_run(name: str) -> None:
    run = scored(name)
    publish_round(actor=console(), round=run.round)
    found = try_rules(actor=somebody("committee"), run=run, changes={})
    assert len(found.comparison.standings) == len(run.result["departments"])
    assert (found.comparison.differences, found.comparison.outcomes, found.changes) == ((), (), {})


def test_a_trial_is_on_record_and_changes_nothing() -> None:
    run = scored()
    publish_round(actor=console(), round=run.round)
    before = (dict(run.result), run.round.configuration, bytes(run.cube))
    groups = [dict(group) for group in run.round.configuration["groups"]]
    codes = list(groups[0]["weights"])
    groups[0]["weights"] = {code: "100" if code == codes[0] else "0" for code in codes}
    found = try_rules(actor=somebody("committee"), run=run, changes={"groups": groups})
    assert found.comparison.differences
    stored = ScoreRun.objects.get(pk=run.pk)
    stored.round.refresh_from_db()
    assert (stored.result, stored.round.configuration, bytes(stored.cube)) == before
    assert ScoreRun.objects.count() == 1
    entry = AuditEntry.objects.get(action="whatif.try")
    assert all(path.startswith("groups.") for path in entry.after)
    assert trial_counts(run.round) == (0, 1)


def test_before_publication_a_second_person_unlocks() -> None:
    run = scored()
    asker, other = somebody("committee", "a"), somebody("committee", "b")
    with pytest.raises(PermissionDenied):
        try_rules(actor=asker, run=run, changes={})
    with pytest.raises(Refused):
        request_unlock(actor=asker, round=run.round, reason=" ")
    unlock = request_unlock(actor=asker, round=run.round, reason="asked by the committee")
    with pytest.raises(PermissionDenied):
        try_rules(actor=asker, run=run, changes={})
    with pytest.raises(Refused) as refusal:
        grant_unlock(actor=asker, unlock=unlock)
    assert refusal.value.code == "same_person"
    grant_unlock(actor=other, unlock=unlock)
    try_rules(actor=asker, run=run, changes={})
    with pytest.raises(PermissionDenied):  # it was given to the one who asked
        try_rules(actor=other, run=run, changes={})
    assert trial_counts(run.round) == (1, 0)
    WhatIfUnlock.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(PermissionDenied):
        try_rules(actor=asker, run=run, changes={})


def test_the_database_refuses_the_same_person_too() -> None:
    run = scored()
    asker = somebody("committee")
    unlock = request_unlock(actor=asker, round=run.round, reason="x")
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        WhatIfUnlock.objects.filter(pk=unlock.pk).update(unlocked_by=asker, unlocked_at=now, expires_at=now)


@pytest.mark.parametrize("role", ["leader", "liaison", "administrator", "assessor", "organiser"])
def test_who_must_not_try(role: str) -> None:
    run = scored()
    user = somebody(role)
    unlock = request_unlock(actor=somebody("committee"), round=run.round, reason="x")
    with pytest.raises(PermissionDenied):
        request_unlock(actor=user, round=run.round, reason="x")
    with pytest.raises(PermissionDenied):
        grant_unlock(actor=user, unlock=unlock)
    publish_round(actor=console(), round=run.round)
    with pytest.raises(PermissionDenied):
        try_rules(actor=user, run=run, changes={})
    assert not WhatIfTrial.objects.exists()


def test_an_auditor_neither_asks_nor_unlocks() -> None:
    run = scored()
    auditor = somebody("auditor")
    unlock = request_unlock(actor=somebody("committee"), round=run.round, reason="x")
    with pytest.raises(PermissionDenied):
        request_unlock(actor=auditor, round=run.round, reason="x")
    with pytest.raises(PermissionDenied):
        grant_unlock(actor=auditor, unlock=unlock)


def test_bad_rules_get_the_messages_of_the_round() -> None:
    run = scored()
    publish_round(actor=console(), round=run.round)
    user = somebody("committee")
    groups: list[dict[str, Any]] = [dict(group) for group in run.round.configuration["groups"]]
    groups[0]["weights"] = dict.fromkeys(groups[0]["weights"], "1")
    with pytest.raises(Refused) as refusal:
        try_rules(actor=user, run=run, changes={"groups": groups})
    assert refusal.value.code == "weights_total"
    with pytest.raises(ValueError, match="not to be tried"):
        try_rules(actor=user, run=run, changes={"min_valid": 1})
    assert not WhatIfTrial.objects.exists()


def test_weights_that_would_single_out_a_few_people_are_refused() -> None:
    # Cells of one ballot enter this round's score (min_valid 1, min_cell 5 of the golden round raised to 10 000 here).
    run = scored()
    publish_round(actor=console(), round=run.round)
    configuration = {**run.round.configuration, "min_cell": 10_000}
    Round.objects.filter(pk=run.round_id).update(configuration=configuration)
    run = ScoreRun.objects.get(pk=run.pk)
    groups = [dict(group) for group in configuration["groups"]]
    codes = list(groups[0]["weights"])
    groups[0]["weights"] = {code: "100" if code == codes[0] else "0" for code in codes}
    user = somebody("committee")
    with pytest.raises(Refused) as refusal:
        try_rules(actor=user, run=run, changes={"groups": groups})
    assert [problem.params["where"] for problem in refusal.value.problems] == ["groups.0"]
    assert not WhatIfTrial.objects.exists()
    try_rules(actor=user, run=run, changes={})  # what is not a weight can still be tried
