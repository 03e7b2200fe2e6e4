"""Importing departments and the registry: the commands' JSON and exit codes, the pages, and who must not."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts.models import Role, User
from departments import freezes
from departments.models import Department, DepartmentYear, Sector
from evaluators.contact import phone_hash
from evaluators.models import Evaluator, Unit
from foundation.models import AuditEntry, Job, JobState, StoredFile

pytestmark = pytest.mark.django_db

HEADER = (
    "编号", "姓名", "层面", "单位编号", "单位名称", "区县", "行业", "手机", "邮箱", "权重类别", "状态", "工作部门编号",
    "推荐单位",
)  # fmt: skip


def person(number: int, **values: Any) -> list[Any]:
    row = {"编号": f"P{number}", "姓名": f"张三{number}", "层面": "社区居民", "手机": f"139{number:08d}", **values}
    return [row.get(name) for name in HEADER]


def workbook(path: Path, rows: list[list[Any]], header: Sequence[str] = HEADER) -> Path:
    book = openpyxl.Workbook()
    book.active.append(list(header))
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def run(command: str, path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and the JSON object."""
    out = io.StringIO()
    code = 0
    try:
        call_command(command, str(path), *options, stdout=out, stderr=io.StringIO())
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, json.loads(out.getvalue()) if out.getvalue() else {}


def somebody(role: str) -> Client:
    user = User.objects.create_user(username=f"i-{role}", full_name=role)
    user.grants.create(role=Role.objects.get(code=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_clean_list_is_counted_stored_and_then_unchanged(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [person(1, 单位编号="U1", 单位名称="第一社区"), person(2)])
    assert run("import_evaluators", path) == (
        0,
        {"rows": 2, "create": 2, "change": 0, "unchanged": 0, "problems": [], "warnings": []},
    )
    assert not Evaluator.objects.exists()  # nothing without --apply
    assert run("import_evaluators", path, "--apply")[1]["create"] == 2
    stored = Evaluator.objects.get(code="P1")
    assert (stored.phone, bytes(stored.phone_hash)) == ("13900000001", phone_hash("13900000001"))
    assert Unit.objects.get(code="U1").name == "第一社区"
    code, again = run("import_evaluators", path, "--apply")
    assert (code, again["create"], again["change"], again["unchanged"]) == (0, 0, 0, 2)


def test_changed_cells_change_and_missing_columns_stay(tmp_path: Path) -> None:
    run("import_evaluators", workbook(tmp_path / "a.xlsx", [person(1, 区县="鼓楼区", 行业="教育")]), "--apply")
    second = workbook(tmp_path / "b.xlsx", [["P1", "张三1", "新闻媒体", "玄武区"]], ["编号", "姓名", "层面", "区县"])
    code, result = run("import_evaluators", second, "--apply")
    assert (code, result["change"]) == (0, 1)
    row = Evaluator.objects.get(code="P1")
    assert (row.stratum.name, row.district, row.industry, row.phone) == ("新闻媒体", "玄武区", "教育", "13900000001")


def test_problems_store_nothing_unless_their_rows_are_skipped(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [person(1), person(2, 层面="火星"), person(3, 手机="123"), person(1), person(5, 工作部门编号="D404")],
    )
    code, result = run("import_evaluators", path, "--apply")
    assert code == 1
    assert [(one["row"], one["column"]) for one in result["problems"]] == [
        (3, "层面"), (4, "手机"), (5, "编号"), (6, "工作部门编号"),
    ]  # fmt: skip
    assert not Evaluator.objects.exists()
    assert run("import_evaluators", path, "--apply", "--skip-problem-rows")[0] == 1
    assert list(Evaluator.objects.values_list("code", flat=True)) == ["P1"]


def test_a_file_that_is_no_list_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "page.xls"
    path.write_bytes(b"<html><body><table></table></body></html>")
    code, result = run("import_evaluators", path, "--apply")
    assert code == 2
    assert result["problems"][0]["row"] is None
    assert run("import_evaluators", tmp_path / "missing.xlsx")[0] == 2


def test_somebody_registered_under_another_code_is_a_problem(tmp_path: Path) -> None:
    run("import_evaluators", workbook(tmp_path / "a.xlsx", [person(1)]), "--apply")
    code, result = run("import_evaluators", workbook(tmp_path / "b.xlsx", [person(1, 编号="P77")]))
    assert (code, result["problems"][0]["code"]) == (1, "person_exists")


def test_contact_data_is_in_no_audit_entry(tmp_path: Path) -> None:
    run("import_evaluators", workbook(tmp_path / "a.xlsx", [person(1, 邮箱="a@example.com")]), "--apply")
    entry = AuditEntry.objects.get(action="evaluators.import")
    text = json.dumps([entry.before, entry.after, entry.subject_label], ensure_ascii=False)
    assert "139" not in text.replace(entry.after["sha256"], "")
    assert "example.com" not in text


def test_departments_get_their_group_in_the_year_and_unknown_sectors_are_made(tmp_path: Path) -> None:
    header = ["编号", "全称", "组别", "片", "状态"]
    rows = [
        ["D1", "测试局", "经济管理", "新片", ""],
        ["D2", "坏局", "没有这组", "", ""],
        ["D3", "旧局", "经济管理", "", "停用"],
    ]
    path = workbook(tmp_path / "d.xlsx", rows, header)
    code, result = run("import_departments", path, "--year", "2031", "--apply", "--skip-problem-rows")
    assert (code, result["create"], len(result["problems"])) == (1, 2, 1)
    year = DepartmentYear.objects.get(year=2031)
    assert (year.department.code, year.group.code, year.sector.name) == ("D1", "economy", "新片")
    assert Sector.objects.filter(name="新片").count() == 1
    assert not Department.objects.get(code="D3").is_active
    assert run("import_departments", path, "--year", "2031")[1]["unchanged"] == 2


def upload(client: Client, path: Path, capture: Any) -> Job:
    with capture(execute=True):
        file = SimpleUploadedFile("list.xlsx", path.read_bytes())
        assert client.post("/jobs/imports/evaluators/", {"file": file}).status_code == 302
    job = Job.objects.filter(kind="foundation.import_preview").latest("created_at")
    assert job.state == JobState.DONE, job.error
    return job


def test_on_screen_preview_problem_rows_apply_result(tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    client = somebody("committee")
    path = workbook(tmp_path / "a.xlsx", [person(1), person(2, 层面="火星")])
    job = upload(client, path, django_capture_on_commit_callbacks)
    here = f"/jobs/imports/evaluators/{job.pk}/"
    text = client.get(here).content.decode()
    assert "火星" in text
    assert "13900000001" not in text
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{here}problems/").content))
    rows = list(book.active.iter_rows(values_only=True))
    assert len(rows) == 2
    assert rows[0][-1] == "原因"
    assert client.post(here, {}).status_code == 409  # problems, and nobody said to leave them out
    with django_capture_on_commit_callbacks(execute=True):
        client.post(here, {"skip_problem_rows": "on"})
    done = Job.objects.get(kind="foundation.import_apply")
    assert done.state == JobState.DONE, done.error
    assert Evaluator.objects.count() == 1
    assert client.get(f"/jobs/imports/evaluators/{done.pk}/result/").status_code == 200


def test_uploads_are_encrypted_and_erased_once_stored(tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    client = somebody("committee")
    job = upload(client, workbook(tmp_path / "a.xlsx", [person(1)]), django_capture_on_commit_callbacks)
    file = StoredFile.objects.get(pk=job.params["file"])
    assert file.encrypted
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/jobs/imports/evaluators/{job.pk}/", {})
    file.refresh_from_db()
    assert file.erased_at is not None


@pytest.mark.parametrize("role", ["leader", "liaison", "assessor", "organiser", "auditor", "administrator"])
def test_who_must_not_import(tmp_path: Path, role: str, django_capture_on_commit_callbacks: Any) -> None:
    path = workbook(tmp_path / "a.xlsx", [person(1)])
    job = upload(somebody("committee"), path, django_capture_on_commit_callbacks)
    client = somebody(role)
    for address in ("", "template/", f"{job.pk}/", f"{job.pk}/problems/"):
        assert client.get(f"/jobs/imports/evaluators/{address}").status_code == 403, address
    assert client.post(f"/jobs/imports/evaluators/{job.pk}/", {}).status_code == 403
    assert not Evaluator.objects.exists()
    assert client.get(f"/jobs/files/{job.params['file']}/").status_code in (403, 404)


def test_the_template_can_be_imported_as_it_is(tmp_path: Path) -> None:
    client = somebody("committee")
    path = tmp_path / "template.xlsx"
    path.write_bytes(client.get("/jobs/imports/evaluators/template/").content)
    code, result = run("import_evaluators", path)
    assert (code, result["rows"]) == (0, 0)


def test_a_list_of_a_frozen_year_says_first_that_nothing_of_it_can_be_stored(
    tmp_path: Path, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = somebody("committee")
    monkeypatch.setattr(freezes, "_provider", [lambda year: "the round is frozen"])
    path = workbook(tmp_path / "d.xlsx", [["D1", "测试局", "经济管理", "", ""]], ["编号", "全称", "组别", "片", "状态"])
    with django_capture_on_commit_callbacks(execute=True):
        file = SimpleUploadedFile("list.xlsx", path.read_bytes())
        client.post("/jobs/imports/departments/", {"file": file, "year": "2031"})
    job = Job.objects.filter(kind="foundation.import_preview").latest("created_at")
    text = client.get(f"/jobs/imports/departments/{job.pk}/").content.decode()
    assert text.index("本名单无法保存") < text.index("问题")
    assert "均已在库中" not in text
    assert not Department.objects.filter(code="D1").exists()
