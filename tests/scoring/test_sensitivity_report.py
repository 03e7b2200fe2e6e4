"""The report on weights: made once by a job, kept, no trial, read by those who may see the run, in the workbook."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.urls import reverse

from accounts.services import console
from assessment.models import Assessment
from evaluation.refusals import Refused
from foundation.append_only import AppendOnlyError
from foundation.models import AuditEntry, Job, JobState
from portal.reports.workbook import result_workbook
from scoring.core.bundle import read_bundle
from scoring.core.sensitivity import as_json, from_json, sensitivities
from scoring.models import ScoreRun, SensitivityReport, WhatIfTrial
from scoring.services import score_round
from scoring.services.sensitivity import report_sensitivity
from tests.scoring.golden import GOLDEN, WITH_BALLOTS, counted_round
from tests.scoring.test_whatif_pages import address, client_of, scored, somebody, text, typed
from tests.tampering import past_the_triggers

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_the_stored_report_is_that_of_the_bundle(name: str) -> None:
    bundle = read_bundle(GOLDEN / name)
    about = {key: getattr(bundle, key) for key in ("baselines", "assessments", "adjustments")}
    wanted = sensitivities(bundle.definition, bundle.departments, bundle.counts(), **about)  # type: ignore[arg-type]
    report = report_sensitivity(actor=somebody("auditor"), run=scored(name, published=False))
    assert report.rows == as_json(wanted)
    assert from_json(SensitivityReport.objects.get().rows) == wanted


def test_the_page_makes_it_once_and_it_is_no_trial(django_capture_on_commit_callbacks: Any) -> None:
    run = scored(published=False)
    client = client_of(somebody("committee"))
    assert "尚未计算" in text(client.get(address(run, "run-sensitivity")))
    assert not Job.objects.filter(kind="scoring.sensitivity").exists()
    for _time in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(address(run, "run-sensitivity"))
    assert [job.state for job in Job.objects.filter(kind="scoring.sensitivity")] == [JobState.DONE]
    assert SensitivityReport.objects.count() == 1
    assert AuditEntry.objects.filter(action="sensitivity.report").count() == 1
    assert not WhatIfTrial.objects.exists()


def test_the_page_says_how_far_and_who_comes_then() -> None:
    # three-step, as the bundle gives it: npc weighs 8.33; above 9.89 D05 is first, above 17.16 D06 is last: it comes
    # first on the page, 1.56 being the smallest margin.
    run = scored()
    report_sensitivity(actor=console(), run=run)
    client = client_of(somebody("auditor"))
    response = client.get(address(run, "run-sensitivity"))
    (group,) = response.context["groups"]
    tightest = group.moving[0]
    assert (str(tightest.weight), str(tightest.margin)) == ("8.33", "1.56")
    assert (str(tightest.first.range.low), str(tightest.first.range.high)) == ("0", "9.89")
    margins = [row.margin for row in group.moving]
    assert margins == sorted(margins)
    page = re.sub(r"\s+", " ", text(response))
    assert "0.00 至 9.89" in page
    assert f"高于此区间：{tightest.first.above}" in page
    client.cookies["django_language"] = "en"
    page = re.sub(r"\s+", " ", text(client.get(address(run, "run-sensitivity"))))
    assert "How far the weights can move" in page
    assert "0.00 to 9.89" in page


def test_where_a_small_cell_is_concerned_the_interval_is_not_shown() -> None:
    # npc decides between D03 and D05, and between D01 and D06 at the other end. With the npc cell of D05 hidden the
    # weight at which they meet would tell what it answered.
    run = scored()
    report_sensitivity(actor=console(), run=run)
    cells = run.breakdown
    for entry in cells["D05"]["strata"]:
        entry["hidden"] |= entry["stratum"] == "npc"
    with past_the_triggers(ScoreRun):
        QuerySet(ScoreRun).filter(pk=run.pk).update(breakdown=cells)
    response = client_of(somebody("committee")).get(address(run, "run-sensitivity"))
    (group,) = response.context["groups"]
    (npc,) = [row for row in group.rows if str(row.weight) == "8.33"]
    assert (npc.first.is_hidden, npc.last.is_hidden, str(npc.margin)) == (True, False, "8.83")  # 17.16 − 8.33
    page = text(response)
    assert "9.89" not in page
    assert "17.16" in page
    book = openpyxl.load_workbook(BytesIO(result_workbook(ScoreRun.objects.get(pk=run.pk), published=True)))
    assert "9.89" not in str(list(book["权重敏感性"].values))


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("role", ["leader", "liaison", "assessor", "organiser", "administrator"])
def test_who_must_not_see_it(role: str, published: bool) -> None:
    run = scored(published=published)
    user = somebody(role)
    client = client_of(user)
    assert client.get(address(run, "run-sensitivity")).status_code == 403
    assert client.post(address(run, "run-sensitivity")).status_code == 403
    with pytest.raises(PermissionDenied):
        report_sensitivity(actor=user, run=run)
    assert not SensitivityReport.objects.exists()


def test_it_is_of_what_the_run_was_made_from_whatever_has_been_corrected_since() -> None:
    run = score_round(actor=console(), round=counted_round("banded-composite"))
    bundle = read_bundle(GOLDEN / "banded-composite")
    about = {key: getattr(bundle, key) for key in ("baselines", "assessments", "adjustments")}
    Assessment.objects.filter(year=run.round.year).update(score=50)
    wanted = sensitivities(bundle.definition, bundle.departments, bundle.counts(), **about)  # type: ignore[arg-type]
    assert report_sensitivity(actor=console(), run=run).rows == as_json(wanted)


def test_a_run_that_this_program_does_not_reproduce_is_refused(django_capture_on_commit_callbacks: Any) -> None:
    run = scored()
    result = {**run.result, "departments": [{**row, "total": "1.0000"} for row in run.result["departments"]]}
    with past_the_triggers(ScoreRun):
        QuerySet(ScoreRun).filter(pk=run.pk).update(result=result)  # as an older program might have left it
    run = ScoreRun.objects.get(pk=run.pk)
    with pytest.raises(Refused) as refusal:
        report_sensitivity(actor=console(), run=run)
    assert refusal.value.code == "not_reproduced"
    client = client_of(somebody("committee"))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(run, "run-sensitivity"))
    assert Job.objects.get(kind="scoring.sensitivity").state == JobState.FAILED
    assert not SensitivityReport.objects.exists()
    assert client.post(address(run), typed(run)).status_code == 409
    assert not WhatIfTrial.objects.exists()


def test_it_never_changes() -> None:
    report = report_sensitivity(actor=console(), run=scored())
    report.rows = []
    with pytest.raises(AppendOnlyError):
        report.save()
    with pytest.raises(AppendOnlyError):
        report.delete()


def sheet_names(run: ScoreRun) -> list[str]:
    return openpyxl.load_workbook(BytesIO(result_workbook(run, published=True))).sheetnames


def test_the_workbook_has_a_sheet_of_it_once_it_is_made() -> None:
    run = scored()
    assert "权重敏感性" not in sheet_names(run)
    report_sensitivity(actor=console(), run=run)
    book = openpyxl.load_workbook(BytesIO(result_workbook(run, published=True)), data_only=True)
    rows = list(book["权重敏感性"].iter_rows(min_row=2, values_only=True))
    at = {name: place for place, name in enumerate(rows[0])}
    npc = next(row for row in rows[1:] if row[at["权重"]] == 8.33)
    assert (npc[at["余量"]], npc[at["首位不变：权重上限"]], npc[at["末位不变：权重上限"]]) == (1.56, 9.89, 17.16)
    assert npc[at["首位不变：权重下限"]] == 0


def test_runs_of_a_round_lead_to_both_pages() -> None:
    run = scored()
    page = text(client_of(somebody("committee")).get(address(run, "run-detail")))
    assert address(run) in page
    assert address(run, "run-sensitivity") in page


def test_a_run_of_another_year_is_not_found() -> None:
    run = scored()
    elsewhere = reverse("scoring:run-sensitivity", args=(run.round.year - 1, run.pk))
    assert client_of(somebody("committee")).get(elsewhere).status_code == 404
