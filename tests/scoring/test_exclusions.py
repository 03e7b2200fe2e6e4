"""Decisions on leaving ballots out: what they do to the result, when and by whom they are made, what is on record."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.services import console
from evaluation.models import Ballot, Round
from evaluation.refusals import Refused
from foundation.append_only import AppendOnlyError
from foundation.models import AuditEntry
from scoring.core.bundle import read_bundle
from scoring.core.model import Adjustment
from scoring.core.result_json import results_json
from scoring.exclusions import excluded_by_reason
from scoring.models import DepartmentScore, ExclusionDecision, Publication, ScoreRun
from scoring.selectors import exclusion_rows
from scoring.services import (
    exclude_ballots,
    export_bundle,
    publish_round,
    readmit_ballots,
    running,
    score_round,
    withdraw_publication,
)
from tests.scoring.quality_round import BULK, ROWS, bundle_of, counted
from tests.scoring_core.builders import times
from tests.somebody import somebody

pytestmark = pytest.mark.django_db


def exclude(round: Round, stratum: str = "s2", finding: str = "identical", reason: str = "copied") -> ExclusionDecision:
    return exclude_ballots(actor=console(), round=round, stratum=stratum, finding=finding, reason=reason)


def readmit(round: Round, stratum: str = "s2", finding: str = "identical", reason: str = "asked") -> ExclusionDecision:
    return readmit_ballots(actor=console(), round=round, stratum=stratum, finding=finding, reason=reason)


def scored(round: Round, reason: str = "decided") -> ScoreRun:
    return score_round(actor=console(), round=round, reason=reason)


def satisfaction(run: ScoreRun) -> Decimal:
    return DepartmentScore.objects.get(run=run, department__code="D01").satisfaction


def test_what_is_only_flagged_counts() -> None:
    # s1: 3 A of 11 valid answers. s2: 10 ordinary ballots with 3 A, the bulk of weight 4·1 + 2·2 with A, 5 straight A:
    # 16 of 23. 0.4 · 300/11 + 0.6 · 1600/23 = 10.9091 + 41.7391.
    run = scored(counted())
    assert satisfaction(run) == Decimal("52.6482")
    assert (run.summary["returned"], run.summary["excluded"], run.summary["exclusions"]) == (38, 0, [])


def test_an_exclusion_is_the_score_of_the_remaining_ballots() -> None:
    round = counted()
    exclude(round)
    run = scored(round)
    # s2 without the bulk: 8 A of 15. 10.9091 + 0.6 · 800/15 = 42.9091.
    assert satisfaction(run) == Decimal("42.9091")
    by_hand = bundle_of([row for row in ROWS if not (row[0] == "s2" and row[2] == BULK)])
    wanted = results_json(by_hand.score())["departments"]
    found = [{**row, "rank_interval": None} for row in run.result["departments"]]
    assert found == wanted
    no_points = {row.code: Adjustment() for row in by_hand.departments}  # as the round has them
    assert run.input_fingerprint == replace(by_hand, adjustments=no_points).fingerprint()
    assert Ballot.objects.filter(round=round).count() == 38  # nothing is deleted


def test_the_run_says_what_was_left_out_and_return_rates_stay() -> None:
    round = counted()
    exclude(round, reason="filled in by one hand")
    run = scored(round)
    assert (run.summary["returned"], run.summary["excluded"]) == (38, 6)
    assert [(row["stratum"], row["finding"], row["count"]) for row in excluded_by_reason(run)] == [
        ("s2", "identical", 6)
    ]
    assert [(row["code"], row["returned"], row["excluded"]) for row in run.summary["strata"]] == [
        ("s1", 14, 0),
        ("s2", 21, 6),
        ("s3", 3, 0),
    ]


def test_the_rows_for_the_bundle_add_up() -> None:
    round = counted()
    exclude(round, reason="filled in by one hand")
    exclude(round, finding="straight", reason="clicked through")
    run = scored(round)
    rows = [(row.stratum, row.weight, row.count, row.reason) for row in exclusion_rows(run)]
    assert rows == [
        ("s2", Decimal(1), 5, "straight: clicked through"),
        ("s2", Decimal(1), 4, "identical: filled in by one hand"),
        ("s2", Decimal(2), 2, "identical: filled in by one hand"),
    ]


def test_the_audit_bundle_recounts_to_the_run_and_names_what_was_left_out(tmp_path: Path) -> None:
    round = counted()
    exclude(round, reason="filled in by one hand")
    run = scored(round)
    export_bundle(actor=console(), round=round, target=tmp_path / "audit", public=False)
    lines = (tmp_path / "audit" / "ballots.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + 38 - 6  # the ballots scored, nothing else
    assert (tmp_path / "audit" / "exclusions.csv").read_text("utf-8-sig").splitlines() == [
        "stratum,weight,count,reason",
        "s2,1,4,identical: filled in by one hand",
        "s2,2,2,identical: filled in by one hand",
    ]
    bundle = read_bundle(tmp_path / "audit")
    assert bundle.fingerprint() == run.input_fingerprint
    call_command("recount", str(tmp_path / "audit"), "2007")  # every figure and rank interval; raises at a difference


def test_the_public_bundle_tells_no_weight(tmp_path: Path) -> None:
    round = counted()
    exclude(round, reason="filled in by one hand")
    run = scored(round)
    export_bundle(actor=console(), round=round, target=tmp_path / "public", public=True, confirmed=True)
    assert (tmp_path / "public" / "exclusions.csv").read_text("utf-8-sig").splitlines() == [
        "stratum,count,reason",
        "s2,6,identical: filled in by one hand",
    ]
    found = results_json(read_bundle(tmp_path / "public").score())["departments"]
    assert [row["total"] for row in found] == [row["total"] for row in run.result["departments"]]


def test_a_bundle_says_what_its_own_run_left_out(tmp_path: Path) -> None:
    round = counted()
    exclude(round)
    scored(round)
    readmit(round)  # the bundle is of the run, which still leaves them out
    export_bundle(actor=console(), round=round, target=tmp_path / "public", public=True, confirmed=True)
    assert len((tmp_path / "public" / "exclusions.csv").read_text("utf-8-sig").splitlines()) == 2
    with pytest.raises(Refused):  # the ballots to be scored now are others
        export_bundle(actor=console(), round=round, target=tmp_path / "audit", public=False)


def test_taking_it_back_restores_every_digit() -> None:
    round = counted()
    first = scored(round)
    exclude(round)
    second = scored(round)
    readmit(round)
    third = scored(round)
    assert second.result != first.result
    assert third.result == first.result  # rank intervals too: the bootstrap starts from the same ballots
    assert third.input_fingerprint == first.input_fingerprint
    assert bytes(third.cube) == bytes(first.cube)
    assert [row.number for row in (first, second, third)] == [1, 2, 3]


def test_a_run_older_than_the_last_decision_is_not_published() -> None:
    round = counted()
    scored(round)
    exclude(round)
    with pytest.raises(Refused) as refusal:
        publish_round(actor=console(), round=round)
    assert refusal.value.code == "decided_since"
    readmit(round)  # the figures would be the same again, yet the run does not know that this was decided
    with pytest.raises(Refused) as refusal:
        publish_round(actor=console(), round=round)
    assert refusal.value.code == "decided_since"
    run = scored(round)
    publish_round(actor=console(), round=round)
    assert Publication.objects.get(round=round).run_id == run.pk


def test_a_decision_made_while_a_run_is_computed_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    round = counted()
    estimate = running.rank_uncertainty

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        exclude(round)  # the ballots have been read; the run is not yet stored
        return estimate(*args, **kwargs)

    monkeypatch.setattr(running, "rank_uncertainty", meanwhile)
    run = scored(round)
    assert run.summary["excluded"] == 0
    with pytest.raises(Refused) as refusal:
        publish_round(actor=console(), round=round)
    assert refusal.value.code == "decided_since"


@pytest.mark.parametrize(
    ("stratum", "finding", "code"),
    [
        ("s1", "straight", "too_few"),  # one ballot: with and without it would tell its answers
        ("s3", "blank", "too_few"),  # three ballots came back: the count itself is an answer
        ("s3", "straight", "too_few"),
        ("s1", "identical", "nothing_found"),
    ],
)
def test_a_few_are_not_left_out(stratum: str, finding: str, code: str) -> None:
    round = counted()
    with pytest.raises(Refused) as refusal:
        exclude(round, stratum, finding)
    assert refusal.value.code == code
    assert not ExclusionDecision.objects.exists()


def test_blank_ballots_say_nothing_and_can_go_however_few() -> None:
    round = counted()
    before = scored(round)
    exclude(round, "s1", "blank")
    run = scored(round)
    assert run.summary["excluded"] == 1
    assert satisfaction(run) == satisfaction(before)  # no rate rests on it


def test_two_decisions_must_not_differ_by_a_few_ballots() -> None:
    # 6 identical straight-lined ballots and 2 other straight-lined ones: with the bulk gone, "straight" is 2 more.
    rows = [row for row in ROWS if row[0] != "s2"] + [
        *(("s2", "1", row[2]) for row in ROWS if row[0] == "s1" and row[2] not in ("." * 12, "D" * 12, "C" * 12)),
        *times(6, "s2", "1", "A" * 12),
        *times(2, "s2", "1", "B" * 11 + "."),
    ]
    round = counted(rows)  # type: ignore[arg-type]
    exclude(round)
    with pytest.raises(Refused) as refusal:
        exclude(round, finding="straight")
    assert refusal.value.code == "too_few"
    readmit(round)
    with pytest.raises(Refused) as refusal:  # a run without the bulk may have been seen meanwhile
        exclude(round, finding="straight")
    assert refusal.value.code == "too_few"


def test_a_decision_needs_a_reason_and_is_made_once() -> None:
    round = counted()
    for reason in ("", "  "):
        with pytest.raises(Refused) as refusal:
            exclude(round, reason=reason)
        assert refusal.value.code == "reason_missing"
    with pytest.raises(Refused) as refusal:
        readmit(round)
    assert refusal.value.code == "decided_already"
    exclude(round)
    with pytest.raises(Refused) as refusal:
        exclude(round)
    assert refusal.value.code == "decided_already"
    with pytest.raises(KeyError):
        exclude(round, finding="ugly")
    with pytest.raises(KeyError):
        exclude(round, stratum="s9")


def test_after_publication_nothing_is_decided() -> None:
    round = counted()
    exclude(round)
    scored(round)
    publish_round(actor=console(), round=round)
    for decide in (readmit, lambda round: exclude(round, finding="straight")):
        with pytest.raises(Refused) as refusal:
            decide(round)
        assert refusal.value.code == "wrong_state"
    withdraw_publication(actor=console(), round=round, reason="stuffed")
    readmit(round)
    assert [row.excludes for row in ExclusionDecision.objects.order_by("pk")] == [True, False]


@pytest.mark.parametrize("state", ["draft", "configured", "drawn", "open", "closed", "archived"])
def test_before_the_box_is_opened_nothing_is_decided(state: str) -> None:
    round = counted()
    Round.objects.filter(pk=round.pk).update(state=state)
    with pytest.raises(Refused) as refusal:
        exclude(round)
    assert refusal.value.code == "wrong_state"


def test_decisions_are_in_the_log_with_their_reason() -> None:
    round = counted()
    exclude(round, reason="filled in by one hand")
    readmit(round, reason="explained")
    entries = AuditEntry.objects.filter(action__startswith="ballots.").order_by("pk")
    assert [(row.action, row.reason, row.after, row.year) for row in entries] == [
        ("ballots.exclude", "filled in by one hand", {"stratum": "s2", "finding": "identical", "ballots": 6}, 2007),
        ("ballots.readmit", "explained", {"stratum": "s2", "finding": "identical", "ballots": 6}, 2007),
    ]


def test_a_decision_cannot_be_changed_or_deleted() -> None:
    decision = exclude(counted())
    decision.reason = "other"
    with pytest.raises(AppendOnlyError):
        decision.save()
    with pytest.raises(AppendOnlyError):
        decision.delete()
    with pytest.raises(AppendOnlyError):
        ExclusionDecision.objects.update(reason="other")
    for statement in ("UPDATE scoring_exclusiondecision SET reason = 'x'", "DELETE FROM scoring_exclusiondecision"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert ExclusionDecision.objects.get().reason == "copied"


@pytest.mark.parametrize(
    "role", ["leader", "liaison", "auditor", "administrator", "assessor", "organiser", "supervisor"]
)
def test_who_must_not_decide(role: str, client: Client) -> None:
    round = counted()
    user = somebody(role)
    with pytest.raises(PermissionDenied):
        exclude_ballots(actor=user, round=round, stratum="s2", finding="identical", reason="x")
    exclude(round)
    with pytest.raises(PermissionDenied):
        readmit_ballots(actor=user, round=round, stratum="s2", finding="identical", reason="x")
    client.force_login(user)
    for name in ("scoring:ballots-exclude", "scoring:ballots-readmit"):
        address = reverse(name, args=(2007, "s2", "identical"))
        assert client.get(address).status_code == 403
        assert client.post(address, {"reason": "x"}).status_code == 403
    assert ExclusionDecision.objects.count() == 1


def test_deciding_on_the_page_names_what_will_happen(client: Client) -> None:
    counted()
    client.force_login(somebody("committee"))
    address = reverse("scoring:ballots-exclude", args=(2007, "s2", "identical"))
    page = client.get(address)
    assert any("6" in sentence and "s2" in sentence for sentence in page.context["consequences"])
    assert client.post(address, {"reason": ""}).status_code == 200  # the form again: say why
    assert not ExclusionDecision.objects.exists()
    assert client.post(address, {"reason": "copied"}).status_code == 302
    assert client.post(address, {"reason": "copied"}).status_code == 409
    assert client.get(reverse("scoring:ballots-exclude", args=(2007, "s2", "ugly"))).status_code == 404
    assert client.get(reverse("scoring:ballots-exclude", args=(2007, "s9", "blank"))).status_code == 404
    client.post(reverse("scoring:ballots-readmit", args=(2007, "s2", "identical")), {"reason": "explained"})
    assert [row.excludes for row in ExclusionDecision.objects.order_by("pk")] == [True, False]
