"""Scoring and publishing a round through the services: the golden figures, immutability, guards, permissions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.services import console
from assessment.models import Assessment
from evaluation.models import Ballot
from evaluation.refusals import Refused
from evaluation.states import RoundState
from foundation.append_only import AppendOnlyError
from foundation.models import AuditEntry
from scoring.baselines import offer
from scoring.models import DepartmentScore, Publication, ScoreRun
from scoring.services import publish_round, score_round, withdraw_publication
from tests.scoring.golden import WITH_BALLOTS, counted_round, expected
from tests.somebody import somebody

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_the_stored_result_is_the_golden_one(name: str) -> None:
    run = score_round(actor=console(), round=counted_round(name))
    for found, wanted in zip(run.result["departments"], expected(name), strict=True):
        for key, value in wanted.items():
            if key.startswith("se_") and value is not None:
                assert float(found[key]) == pytest.approx(float(value), abs=1e-6), (found["code"], key)
            elif key != "rank_interval":
                assert found[key] == value, (found["code"], key)


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_the_rows_say_what_the_result_says(name: str) -> None:
    run = score_round(actor=console(), round=counted_round(name))
    rows = {row.department.code: row for row in DepartmentScore.objects.filter(run=run).select_related("department")}
    for wanted in run.result["departments"]:
        row = rows[wanted["code"]]
        for key in ("satisfaction", "dissatisfaction", "base", "adjustment", "total"):
            value = getattr(row, key)
            assert (value is None) == (wanted[key] is None)
            assert value is None or value == Decimal(wanted[key])
        assert (row.group_rank, row.overall_rank) == (wanted["group_rank"], wanted["overall_rank"])


def test_scoring_moves_the_round_and_is_written_down() -> None:
    round = counted_round("three-step")
    run = score_round(actor=console(), round=round)
    assert round.state == RoundState.SCORED
    entry = AuditEntry.objects.get(action="score.run")
    assert (entry.year, entry.after["input_fingerprint"]) == (2007, run.input_fingerprint)


def test_a_second_run_needs_a_reason_and_leaves_the_first() -> None:
    round = counted_round("three-step")
    first = score_round(actor=console(), round=round)
    with pytest.raises(Refused):
        score_round(actor=console(), round=round)
    second = score_round(actor=console(), round=round, reason="assessment corrected")
    assert (first.number, second.number) == (1, 2)
    assert second.input_fingerprint == first.input_fingerprint  # nothing had changed
    assert ScoreRun.objects.filter(round=round).count() == 2


def test_the_order_of_ballots_does_not_matter() -> None:
    round = counted_round("three-step")
    first = score_round(actor=console(), round=round)
    rows = list(Ballot.objects.filter(round=round))
    Ballot.objects.filter(round=round).delete()
    for row in reversed(rows):
        row.pk = bytes(reversed(bytes(row.pk)))
    Ballot.objects.bulk_create(reversed(rows))
    second = score_round(actor=console(), round=round, reason="again")
    assert second.input_fingerprint == first.input_fingerprint
    assert second.result == first.result


def test_a_run_cannot_be_changed_or_deleted() -> None:
    run = score_round(actor=console(), round=counted_round("three-step"))
    run.code_version = "other"
    with pytest.raises(AppendOnlyError):
        run.save()
    with pytest.raises(AppendOnlyError):
        run.delete()
    with pytest.raises(AppendOnlyError):
        ScoreRun.objects.filter(pk=run.pk).update(code_version="other")


def test_a_missing_assessment_is_named() -> None:
    round = counted_round("banded-composite")
    row = round.ballot_definition["departments"][0]
    Assessment.objects.filter(year=round.year).update(score=None)
    with pytest.raises(Refused) as refusal:
        score_round(actor=console(), round=round)
    assert refusal.value.code == "assessment_missing"
    assert row["code"] in refusal.value.line or "D" in refusal.value.line
    assert not ScoreRun.objects.exists()
    assert round.state == RoundState.COUNTED


def test_publishing_and_withdrawing() -> None:
    round = counted_round("three-step")
    run = score_round(actor=console(), round=round)
    publish_round(actor=console(), round=round)
    assert round.state == RoundState.PUBLISHED
    assert Publication.objects.get(round=round).run_id == run.pk
    with pytest.raises(Refused):
        withdraw_publication(actor=console(), round=round, reason="  ")
    withdraw_publication(actor=console(), round=round, reason="wrong assessment")
    assert round.state == RoundState.SCORED
    assert not Publication.objects.exists()
    assert ScoreRun.objects.filter(pk=run.pk).exists()


def test_a_run_whose_input_changed_is_not_published(client: Client) -> None:
    round = counted_round("banded-composite")
    score_round(actor=console(), round=round)
    row = Assessment.objects.filter(year=round.year, score__isnull=False).first()
    assert row is not None
    Assessment.objects.filter(pk=row.pk).update(score=row.score - Decimal("0.5"))
    with pytest.raises(Refused) as refusal:
        publish_round(actor=console(), round=round)
    assert refusal.value.code == "input_changed"
    assert not Publication.objects.exists()
    client.force_login(somebody("committee"))
    page = client.get(f"/scoring/{round.year}/publish/").content.decode()
    assert "请重新计分并说明原因" in page
    score_round(actor=console(), round=round, reason="the assessment was corrected")
    publish_round(actor=console(), round=round)
    assert round.state == RoundState.PUBLISHED


def test_nothing_is_published_before_it_is_scored() -> None:
    with pytest.raises(Refused):
        publish_round(actor=console(), round=counted_round("three-step"))


@pytest.mark.parametrize("role", ["leader", "liaison", "auditor", "administrator", "assessor", "organiser"])
def test_who_must_not_score_or_publish(role: str) -> None:
    round = counted_round("three-step")
    user = somebody(role)
    with pytest.raises(PermissionDenied):
        score_round(actor=user, round=round)
    score_round(actor=console(), round=round)
    with pytest.raises(PermissionDenied):
        publish_round(actor=user, round=round)
    publish_round(actor=console(), round=round)
    with pytest.raises(PermissionDenied):
        withdraw_publication(actor=user, round=round, reason="x")


def test_the_commands_do_the_same(capsys: Any) -> None:
    round = counted_round("three-step")
    with pytest.raises(CommandError):
        call_command("publish_round", "2007")
    call_command("score_round", "2007")
    call_command("publish_round", "2007")
    round.refresh_from_db()
    assert round.state == RoundState.PUBLISHED
    with pytest.raises(CommandError):
        call_command("score_round", "1999")


def test_the_next_year_is_offered_these_rates() -> None:
    round = counted_round("three-step")
    run = score_round(actor=console(), round=round)
    assert offer(2008) is None  # not published: nothing to compare with
    publish_round(actor=console(), round=round)
    from departments.models import DepartmentYear

    for row in DepartmentYear.objects.filter(year=2007):
        DepartmentYear.objects.create(department=row.department, year=2008, group=row.group)
    rows = {row["code"]: row for row in offer(2008).rows}
    for wanted in run.result["departments"]:
        if wanted["satisfaction"] is not None:
            assert float(rows[wanted["code"]]["satisfaction"]) == float(wanted["satisfaction"])
            assert rows[wanted["code"]]["group_rank"] == wanted["group_rank"]
            assert rows[wanted["code"]]["source"] == "own"


def test_small_cells_are_not_even_stored() -> None:
    run = score_round(actor=console(), round=counted_round("three-step"))
    hidden = [row for entry in run.breakdown.values() for row in entry["strata"] if row["hidden"]]
    assert hidden  # the leaders returned two ballots
    for row in hidden:
        assert not {"valid", "satisfaction", "dissatisfaction", "base"} & set(row)
