"""The report on data quality: what it counts, what it compares, what it must not give away, who may make and see it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import console
from assessment.models import Assessment
from evaluation.models import Round
from evaluation.refusals import Refused
from foundation.append_only import AppendOnlyError
from foundation.models import AuditEntry, Job
from scoring.models import QualityReport, ScoreRun
from scoring.services import exclude_ballots, make_quality_report, publish_round, score_round
from tests.scoring.quality_round import BULK, ROWS, bundle_of, counted
from tests.scoring_core.builders import definition, times
from tests.somebody import somebody

pytestmark = pytest.mark.django_db


def scored(round: Round) -> ScoreRun:
    return score_round(actor=console(), round=round, reason="decided")


def report_of(round: Round) -> QualityReport:
    return make_quality_report(actor=console(), round=round)


def stratum(report: QualityReport, code: str) -> dict[str, Any]:
    return next(row for row in report.content["strata"] if row["code"] == code)


def test_signs_are_counted_by_stratum() -> None:
    report = report_of(counted())
    s1, s2 = stratum(report, "s1"), stratum(report, "s2")
    assert s1["findings"] == {"blank": 1, "abstain": 2, "straight": 1, "identical": 0}
    assert s2["findings"] == {"blank": 0, "abstain": 0, "straight": 5, "identical": 6}
    assert (s1["returned"], s1["population"], s1["largest_bulk"]) == (14, 100, 0)
    assert (s2["returned"], s2["population"], s2["largest_bulk"], s2["excluded"]) == (21, 200, 6, 0)


def test_of_a_stratum_everybody_knows_no_count_is_kept() -> None:
    # Three of five people answered, one of them nothing: "1 blank" would say so of a person.
    s3 = stratum(report_of(counted()), "s3")
    assert s3["findings"] == dict.fromkeys(("blank", "abstain", "straight", "identical"))
    assert (s3["returned"], s3["largest_bulk"]) == (3, None)


def test_the_ranking_without_a_sign_is_that_of_the_remaining_ballots() -> None:
    round = counted()
    scored(round)
    entry = report_of(round).content["comparisons"]["identical"]
    rest = bundle_of([row for row in ROWS if not (row[0] == "s2" and row[2] == BULK)]).score()
    whole = bundle_of(ROWS).score()
    assert (entry["left_out"], entry["strata"], entry["kept"]) == (6, ["s2"], [])
    assert [(row["code"], row["before"], row["after"]) for row in entry["rows"]] == [
        (one.code, one.group_rank, two.group_rank) for one, two in zip(whole.departments, rest.departments, strict=True)
    ]
    assert entry["gained"] + entry["lost"] > 0


def test_strata_with_a_few_such_ballots_are_left_as_they_are() -> None:
    round = counted()
    scored(round)
    entry = report_of(round).content["comparisons"]["straight"]
    # s2: five go. s1: one, which stays. s3 is not even named: whether it has one is not told.
    assert (entry["left_out"], entry["strata"], entry["kept"]) == (5, ["s2"], ["s1"])
    rest = bundle_of([row for row in ROWS if not (row[0] == "s2" and row[2].startswith("A" * 11))]).score()
    assert [row["after"] for row in entry["rows"]] == [row.group_rank for row in rest.departments]


def test_where_only_a_few_would_go_nothing_is_compared() -> None:
    # Four straight-lined ballots in all: with and without them would tell what they say.
    rows = [row for row in ROWS if row[0] == "s1"] + times(3, "s1", "1", "C" * 11 + ".")  # type: ignore[operator]
    round = counted(rows)
    scored(round)
    entry = report_of(round).content["comparisons"]["straight"]
    assert (entry["rows"], entry["left_out"], entry["strata"], entry["kept"]) == (None, 0, [], ["s1"])


def test_two_comparisons_do_not_differ_by_a_few_ballots() -> None:
    # Six straight-lined ballots are identical, two more are not: "straight" is compared without all 8, "identical"
    # would show the 2 in between, so it is not.
    rows = [row for row in ROWS if row[0] == "s1" and row[2] != "C" * 12]
    rows += [*times(6, "s1", "1", "A" * 12), *times(2, "s1", "1", "B" * 11 + ".")]  # type: ignore[list-item]
    round = counted(rows)
    scored(round)
    found = report_of(round).content["comparisons"]
    assert (found["straight"]["left_out"], found["identical"]["kept"]) == (8, ["s1"])
    assert found["identical"]["rows"] is None


def test_whoever_reads_the_whole_report_finds_ranks_and_counts_and_no_rate() -> None:
    round = counted()
    run = scored(round)
    exclude_ballots(actor=console(), round=round, stratum="s2", finding="identical", reason="copied")
    scored(round)
    text = json.dumps(report_of(round).content)
    for row in run.result["departments"]:
        for figure in ("satisfaction", "dissatisfaction", "base", "total", "se_satisfaction"):
            assert row[figure] not in text
    keys = {key for entry in json.loads(text)["comparisons"].values() for row in entry["rows"] or [] for key in row}
    assert keys == {"code", "group", "before", "after"}


def test_weights_by_population_show_what_non_response_does() -> None:
    round = counted()
    scored(round)
    entry = report_of(round).content["comparisons"]["population"]
    # s1 : s2 : s3 = 100 : 200 : 5 people instead of 36 : 54 : 10; s3 does not report, so 1 : 2 instead of 2 : 3.
    by_size = definition({"g": {"s1": 32, "s2": 64, "s3": 4}}, min_valid=5)
    wanted = replace(bundle_of(ROWS), definition=by_size).score()
    assert [row["after"] for row in entry["rows"]] == [row.group_rank for row in wanted.departments]
    assert [row["after"] for row in entry["rows"]] != [row["before"] for row in entry["rows"]]


def test_after_an_exclusion_the_ranking_with_every_ballot_is_shown_too() -> None:
    round = counted()
    first = scored(round)
    exclude_ballots(actor=console(), round=round, stratum="s2", finding="identical", reason="copied")
    scored(round)
    report = report_of(round)
    entry = report.content["comparisons"]["returned"]
    assert entry["left_out"] == 6
    assert [row["after"] for row in entry["rows"]] == [row["group_rank"] for row in first.result["departments"]]
    assert stratum(report, "s2")["left_out"] == ["identical"]
    assert report.content["comparisons"]["identical"]["rows"] is None  # none left to leave out


def test_without_a_run_of_the_same_input_nothing_is_compared() -> None:
    round = counted()
    assert (report_of(round).run, report_of(round).content["comparisons"]) == (None, None)
    run = scored(round)
    report = report_of(round)
    assert (report.run_id, report.input_fingerprint) == (run.pk, run.input_fingerprint)
    Assessment.objects.filter(department__code="D01").update(bonus=1)
    assert report_of(round).run is None


def test_a_report_changes_no_run_and_cannot_be_changed() -> None:
    round = counted()
    run = scored(round)
    report = report_of(round)
    assert ScoreRun.objects.get().result == run.result
    with pytest.raises(AppendOnlyError):
        report.save()
    with pytest.raises(AppendOnlyError):
        report.delete()
    with pytest.raises(AppendOnlyError):
        QualityReport.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE scoring_qualityreport SET content = '{}'")
    assert AuditEntry.objects.get(action="quality.report").after["number"] == 1


def test_there_is_no_report_before_the_box_is_opened() -> None:
    round = counted()
    Round.objects.filter(pk=round.pk).update(state="closed")
    with pytest.raises(Refused):
        report_of(round)


def test_the_command_says_it_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    scored(counted())
    call_command("quality_report", "2007")
    said = capsys.readouterr().out
    assert QualityReport.objects.count() == 1
    assert any(line.startswith("s2: 21/") and "6" in line for line in said.splitlines())
    with pytest.raises(CommandError):
        call_command("quality_report", "1999")


@pytest.mark.parametrize("role", ["leader", "liaison", "administrator", "assessor", "organiser", "supervisor"])
def test_who_must_not_see_it(role: str, client: Client) -> None:
    run = scored(counted())
    report_of(run.round)
    client.force_login(somebody(role))
    assert client.get(reverse("scoring:quality-latest", args=(2007,))).status_code == 403
    assert client.get(reverse("scoring:run-quality", args=(2007, run.pk))).status_code == 403
    assert client.post(reverse("scoring:quality-start", args=(2007,))).status_code == 403
    with pytest.raises(PermissionDenied):
        make_quality_report(actor=somebody_else(role), round=run.round)


def somebody_else(role: str) -> User:
    return User.objects.get(username=f"u-{role}")


def test_an_auditor_sees_it_and_can_decide_nothing(client: Client) -> None:
    run = scored(counted())
    report_of(run.round)
    client.force_login(somebody("auditor"))
    page = client.get(reverse("scoring:run-quality", args=(2007, run.pk)))
    assert page.status_code == 200
    assert "/exclude/" not in page.content.decode()
    assert client.post(reverse("scoring:quality-start", args=(2007,))).status_code == 403
    assert client.get(reverse("scoring:ballots-exclude", args=(2007, "s2", "identical"))).status_code == 403


def test_staff_make_it_as_a_job_and_go_on_to_decide(client: Client) -> None:
    round = counted()
    run = scored(round)
    client.force_login(somebody("committee"))
    here = reverse("scoring:quality-latest", args=(2007,))
    assert "还没有报告" in client.get(here).content.decode()
    response = client.post(reverse("scoring:quality-start", args=(2007,)))
    assert response.status_code == 302
    assert Job.objects.get(kind="scoring.quality").permission == "scoring.view"
    report_of(round)
    page = client.get(here).content.decode()
    assert reverse("scoring:ballots-exclude", args=(2007, "s2", "identical")) in page
    assert reverse("scoring:ballots-exclude", args=(2007, "s1", "identical")) not in page  # there is none
    assert "/s3/" not in page
    exclude_ballots(actor=console(), round=round, stratum="s2", finding="identical", reason="一人代填")
    page = client.get(here).content.decode()
    assert "一人代填" in page
    assert reverse("scoring:ballots-readmit", args=(2007, "s2", "identical")) in page
    assert "最近一次计分之后又作出决定" in page
    assert client.get(reverse("scoring:run-detail", args=(2007, run.pk))).context["excluded"] == []


def test_readers_are_told_how_many_ballots_were_left_out_and_why(client: Client) -> None:
    round = counted()
    exclude_ballots(actor=console(), round=round, stratum="s2", finding="identical", reason="一人代填")
    run = scored(round)
    publish_round(actor=console(), round=round)
    client.force_login(somebody("leader"))
    page = client.get(reverse("portal:ranking", args=(2007,)))
    assert page.context["excluded"] == "38 份选票中有 6 份经决定不计入（s2，成批相同，6 份：一人代填）。"
    assert page.context["excluded"] in page.content.decode()
    client.force_login(somebody("committee"))
    assert client.get(reverse("scoring:run-detail", args=(2007, run.pk))).context["excluded"] == [
        ("s2", "成批相同", 6, "一人代填")
    ]
