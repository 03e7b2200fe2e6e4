"""The result workbook says what the published run says, and only to those who may read it."""

from __future__ import annotations

import csv
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.services import console
from evaluation.refusals import Refused
from evaluation.selectors import configuration_of
from foundation import files
from foundation.models import FileFetch, StoredFile
from portal.services import make_workbook
from scoring.certainty import certainty_of
from scoring.models import ScoreRun
from scoring.services import exclude_ballots, make_quality_report, publish_round, score_round
from tests.scoring.golden import counted_round
from tests.scoring.quality_round import counted
from tests.somebody import somebody

pytestmark = pytest.mark.django_db

FIGURES = {"总分": "total", "满意率": "satisfaction", "不满意率": "dissatisfaction", "基础分": "base"}


def published(name: str = "criteria-headroom") -> ScoreRun:
    round = counted_round(name)
    run = score_round(actor=console(), round=round)
    publish_round(actor=console(), round=round)
    return run


def table(content: bytes, sheet: str) -> list[dict[str, Any]]:
    """A sheet as dictionaries by header (row 2; row 1 is the title)."""
    rows = openpyxl.load_workbook(BytesIO(content), data_only=True)[sheet].iter_rows(min_row=2, values_only=True)
    header = next(rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_ranking_sheet_has_the_published_figures() -> None:
    run = published()
    found = {row["编号"]: row for row in table(files.read(make_workbook(actor=console(), round=run.round)), "排名")}
    for wanted in run.result["departments"]:
        row = found[wanted["code"]]
        if wanted["total"] is None:
            assert row["总分"] is None
            continue
        for header, key in (
            ("总分", "total"),
            ("满意率", "satisfaction"),
            ("不满意率", "dissatisfaction"),
            ("基础分", "base"),
        ):
            assert f"{row[header]:.4f}" == wanted[key], (wanted["code"], header)
        assert row["组内名次"] == wanted["group_rank"]


def test_the_ranking_sheet_says_which_last_places_are_not_distinct() -> None:
    run = published()
    unsure = {code for group in certainty_of(run).values() for code in group.unsure_last}
    assert unsure
    rows = table(files.read(make_workbook(actor=console(), round=run.round)), "排名")
    assert {row["编号"] for row in rows if "末位差异不显著" in str(row["拟定结果"])} == unsure


def test_small_cells_are_not_in_the_file() -> None:
    run = published("three-step")
    rows = table(files.read(make_workbook(actor=console(), round=run.round)), "各层面满意率")
    hidden = sum(row["hidden"] for entry in run.breakdown.values() for row in entry["strata"])
    assert hidden
    assert sum(row["满意率"] == "样本过少" for row in rows) == hidden


def test_the_quality_sheet_says_what_was_left_out_and_hides_what_tells_an_answer() -> None:
    round = counted()
    exclude_ballots(actor=console(), round=round, stratum="s2", finding="identical", reason="一人代填")
    score_round(actor=console(), round=round)
    make_quality_report(actor=console(), round=round)
    publish_round(actor=console(), round=round)
    content = files.read(make_workbook(actor=console(), round=round))
    first, second, third = table(content, "数据质量")
    assert (first["已收回"], first["经决定不计入"], first["全部空白"], first["答案全部一样"]) == (14, 0, 1, 1)
    assert (second["已收回"], second["经决定不计入"], second["成批相同"]) == (21, 6, 6)
    assert second["不计入的选票及理由"] == "成批相同，6 份：一人代填"
    assert (third["已收回"], third["全部空白"], third["成批相同"]) == (3, "不予显示", "不予显示")
    returns = {row["层面"]: (row["已收回"], row["已计票"], row["经决定不计入"]) for row in table(content, "回收情况")}
    assert returns == {"s1": (14, 14, 0), "s2": (21, 15, 6), "s3": (3, 3, 0)}


def test_without_a_report_the_quality_sheet_says_that_nobody_looked() -> None:
    run = published("three-step")
    rows = table(files.read(make_workbook(actor=console(), round=run.round)), "数据质量")
    assert {row["成批相同"] for row in rows} == {"未检查"}


@pytest.mark.parametrize("name", ["three-step", "criteria-headroom"])
def test_the_derivation_ends_in_the_published_figures_and_hides_what_is_hidden(name: str) -> None:
    run = published(name)
    rows = table(files.read(make_workbook(actor=console(), round=run.round)), "得分推导")
    labels = {plan.code: plan.label for plan in configuration_of(run.round).strata}
    for wanted in run.result["departments"]:
        own = [row for row in rows if row["编号"] == wanted["code"]]
        for header, key in FIGURES.items():
            found = [row["数值"] for row in own if row["指标"] == header and not row["对象"]]
            assert [f"{value:.4f}" for value in found] == ([wanted[key]] if wanted[key] else []), (wanted["code"], key)
        hidden = {labels[row["stratum"]] for row in run.breakdown[wanted["code"]]["strata"] if row["hidden"]}
        for row in own:
            if row["对象"] and row["对象"].split(" · ")[-1] in hidden:
                assert row["指标"] in ("权重", "实际权重（%）") or row["数值"] == "样本过少", row
        assert {row["对象"].split(" · ")[-1] for row in own if row["数值"] == "样本过少"} == hidden


def test_sheets_print_on_a_page_wide_with_their_header() -> None:
    run = published()
    book = openpyxl.load_workbook(BytesIO(files.read(make_workbook(actor=console(), round=run.round))))
    for sheet in book:
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows
    assert len(book.sheetnames) == 8


def test_the_file_is_kept_with_its_fingerprint_and_who_fetched_it() -> None:
    run = published()
    file = make_workbook(actor=console(), round=run.round)
    client, user = Client(), somebody("leader")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(f"/jobs/files/{file.pk}/")
    assert b"".join(response.streaming_content) == files.read(file)
    assert FileFetch.objects.get(file=file).user == user


@pytest.mark.parametrize("role", ["liaison", "assessor", "organiser", "supervisor", "administrator"])
def test_who_must_not_make_or_fetch_it(role: str) -> None:
    run = published()
    file = make_workbook(actor=console(), round=run.round)
    user = somebody(role)
    with pytest.raises(PermissionDenied):
        make_workbook(actor=user, round=run.round)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/jobs/files/{file.pk}/").status_code in (403, 404)
    assert client.get("/results/reports/").status_code == 403


def test_leaders_get_nothing_before_publication_staff_do() -> None:
    round = counted_round("three-step")
    with pytest.raises(Refused):
        make_workbook(actor=console(), round=round)
    score_round(actor=console(), round=round)
    with pytest.raises(Refused):
        make_workbook(actor=somebody("leader"), round=round)
    file = make_workbook(actor=somebody("committee"), round=round)
    assert "未公布" in openpyxl.load_workbook(BytesIO(files.read(file)))["排名"]["A1"].value
    client = Client()
    client.force_login(User.objects.get(username="u-leader"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/jobs/files/{file.pk}/").status_code in (403, 404)


def test_the_page_makes_it_as_a_job(django_capture_on_commit_callbacks: Any) -> None:
    published()
    client = Client()
    client.force_login(somebody("leader"), backend="django.contrib.auth.backends.ModelBackend")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/results/reports/2007/workbook/")
    assert response.status_code == 302
    assert StoredFile.objects.filter(kind="report.workbook").count() == 1
    assert StoredFile.objects.get(kind="report.workbook").sha256 in client.get("/results/reports/").content.decode()


def test_libreoffice_opens_it_with_the_same_figures(tmp_path: Path) -> None:
    run = published()
    target = tmp_path / "result.xlsx"
    call_command("report", str(run.round.year), "workbook", str(target))
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program, "LibreOffice Calc is missing; `make test` installs it"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(  # noqa: S603
        [program, "--headless", profile, "--convert-to", every_sheet, "--outdir", str(tmp_path), str(target)],
        check=True,
        capture_output=True,
        timeout=180,
    )
    with (tmp_path / "result-排名.csv").open(encoding="utf-8") as stream:
        next(stream)  # the title
        found = {row["编号"]: row for row in csv.DictReader(stream)}
    for wanted in run.result["departments"]:
        for header, key in FIGURES.items():
            if wanted[key] is not None:
                assert f"{float(found[wanted['code']][header]):.4f}" == wanted[key], (wanted["code"], header)
