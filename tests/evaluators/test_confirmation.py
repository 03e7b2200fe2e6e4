"""The yearly confirmation: what a sheet shows, what the answers change, what is a problem and where, who must not."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from evaluators import confirming
from evaluators.models import Evaluator, EvaluatorChange, UnitConfirmation
from evaluators.services import confirmation, export, merging
from foundation import files, imports
from foundation.jobs import JobRefused, SilentProgress
from foundation.models import AuditEntry, StoredFile
from tests.evaluators.registry import client, person, role, unit, user

pytestmark = pytest.mark.django_db
HEADER = [column.chinese for column in confirming.COLUMNS]
YEAR = 2026


@pytest.fixture
def staff() -> User:
    return user("committee")


@pytest.fixture
def people(db: None) -> list[Evaluator]:
    here = unit("U1", "宏图公司", district="鼓楼区")
    rows = [
        person(f"P{number}", name, phone=f"1380000000{number}", unit=here, email="a@example.cn")
        for number, name in enumerate(["张三", "李四", "王五", "赵六", "钱七"])
    ]
    person("P8", "孙八", unit=here, status="moved")
    person("P9", "周九", unit=unit("U2", "远景公司"))
    return rows


def sheets(staff: User, **wanted: Any) -> StoredFile:
    return confirmation.make_sheets(actor=staff, year=YEAR, progress=SilentProgress(), **wanted)


def answers(*rows: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for row in [HEADER, *([row[0], "", *row[1:]] for row in rows)]:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def taken(staff: User, content: bytes, *, skip: bool = False) -> imports.Preview:
    return imports.apply(
        confirming.KIND, content, {"year": YEAR}, actor=staff, fingerprint="f", skip_problem_rows=skip,
        progress=SilentProgress(),
    )  # fmt: skip


def found(done: imports.Preview) -> list[tuple[int | None, str, str]]:
    return [(one.row, one.column, one.code) for one in done.result.problems]


ALL = [
    ["U1", "P0", "张三", "0000", "在职", "", ""],
    ["U1", "P1", "李四", "0001", "已离职", "", ""],
    ["U1", "P2", "王五", "0002", "已去世", "", ""],
    ["U1", "P3", "赵六", "0003", "换人", "吴十", "13911110010"],
    ["U1", "P4", "钱七", "0004", "信息变更", "钱柒", "13911110004"],
]


def test_a_sheet_shows_no_more_than_it_needs(staff: User, people: list[Evaluator]) -> None:
    stored = sheets(staff, unit=people[0].unit)
    assert stored.encrypted
    book = openpyxl.load_workbook(io.BytesIO(files.read(stored)))
    sheet = book.active
    rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == HEADER
    # Active and paused ones only, the number by its last four digits.
    assert rows[1:] == [["U1", "宏图公司", f"P{n}", row.name, f"000{n}", "", "", ""] for n, row in enumerate(people)]
    text = json.dumps(rows, ensure_ascii=False)
    assert "1380000" not in text
    assert "example.cn" not in text
    # Only what is to be filled in can be changed.
    assert sheet.protection.sheet
    assert [sheet.column_dimensions[column].protection.locked for column in "ABCDEFGH"] == [True] * 5 + [False] * 3
    told = AuditEntry.objects.get(action="confirmation.send")
    assert (told.after["units"], told.after["people"]) == (1, 5)


def test_a_zip_for_many_units_and_only_those_that_have_not_answered(staff: User, people: list[Evaluator]) -> None:
    stored = sheets(staff)
    with zipfile.ZipFile(io.BytesIO(files.read(stored))) as archive:
        assert archive.namelist() == ["U1 宏图公司.xlsx", "U2 远景公司.xlsx"]
    assert list(UnitConfirmation.objects.values_list("unit__code", "people", "returned_at")) == [
        ("U1", 5, None), ("U2", 1, None),
    ]  # fmt: skip
    taken(staff, answers(*ALL))
    stored = sheets(staff, unconfirmed_only=True)
    with zipfile.ZipFile(io.BytesIO(files.read(stored))) as archive:
        assert archive.namelist() == ["U2 远景公司.xlsx"]
    with pytest.raises(JobRefused):
        sheets(staff, district="没有这个区")


def test_what_the_answers_change(staff: User, people: list[Evaluator]) -> None:
    done = taken(staff, answers(*ALL))
    assert found(done) == []
    assert (done.result.create, done.result.change, done.result.unchanged) == (1, 3, 1)
    rows = {row.code: row for row in Evaluator.objects.filter(unit__code="U1")}
    assert {code: row.status for code, row in rows.items()} == {
        "P0": "active", "P1": "moved", "P2": "deceased", "P3": "removed", "P3-2026": "active", "P4": "active",
        "P8": "moved",
    }  # fmt: skip
    new = rows["P3-2026"]
    assert (new.name, new.phone, new.stratum, new.proposed_by, new.confirmed_year) == (
        "吴十", "13911110010", people[3].stratum, "宏图公司", YEAR,
    )  # fmt: skip
    assert (rows["P4"].name, rows["P4"].phone) == ("钱柒", "13911110004")
    assert {code for code, row in rows.items() if row.confirmed_year == YEAR} == {"P0", "P3-2026", "P4"}
    assert set(EvaluatorChange.objects.values_list("evaluator__code", "after", "through")) == {
        ("P1", "moved", "confirmation"), ("P2", "deceased", "confirmation"), ("P3", "removed", "confirmation"),
    }  # fmt: skip
    state = UnitConfirmation.objects.get()
    assert (state.differences, state.missing, state.is_confirmed) == (4, 0, True)
    log = json.dumps(list(AuditEntry.objects.values("before", "after", "subject_label")), ensure_ascii=False)
    assert not any(word in log for word in ("吴十", "钱柒", "13911110010"))


def test_the_same_sheet_again_changes_nothing(staff: User, people: list[Evaluator]) -> None:
    content = answers(*ALL)
    taken(staff, content)
    before = list(Evaluator.objects.order_by("pk").values_list("code", "name", "status", "phone_hash"))
    done = taken(staff, content)
    assert found(done) == []
    assert (done.result.create, done.result.change, done.result.unchanged) == (0, 0, 5)
    assert list(Evaluator.objects.order_by("pk").values_list("code", "name", "status", "phone_hash")) == before
    assert UnitConfirmation.objects.get().differences == 4


def test_a_unit_answers_in_two_parts(staff: User, people: list[Evaluator]) -> None:
    done = taken(staff, answers(*ALL[:2]))
    assert [one.code for one in done.result.warnings] == ["unanswered"]
    assert done.result.warnings[0].params["count"] == 3
    state = UnitConfirmation.objects.get()
    assert (state.missing, state.is_confirmed) == (3, False)
    taken(staff, answers(*ALL[2:]))
    state.refresh_from_db()
    assert (state.missing, state.is_confirmed, state.differences) == (0, True, 4)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (["U1", "P0", "张三", "", "", "", ""], ("核实结果", "missing_value")),
        (["U1", "P0", "张三", "", "退休", "", ""], ("核实结果", "unknown_choice")),
        (["U1", "X1", "张三", "", "在职", "", ""], ("编号", "unknown_person")),
        (["U2", "P0", "张三", "", "在职", "", ""], ("单位编号", "other_unit")),
        (["U1", "P0", "张山", "", "在职", "", ""], ("姓名", "other_name")),
        (["U1", "P8", "孙八", "", "在职", "", ""], ("编号", "not_asked")),
        (["U1", "P0", "张三", "", "换人", "", "13911110010"], ("新姓名", "name_needed")),
        (["U1", "P0", "张三", "", "信息变更", "", ""], ("新姓名", "nothing_new")),
        (["U1", "P0", "张三", "", "在职", "张珊", ""], ("新姓名", "new_unwanted")),
        (["U1", "P0", "张三", "", "信息变更", "", "1391111"], ("新手机", "malformed_phone")),
        # The person who comes is in the register already.
        (["U1", "P0", "张三", "", "换人", "李四", "13800000001"], ("新手机", "person_exists")),
    ],
)
def test_problems_by_row_and_column(
    staff: User, people: list[Evaluator], row: list[str], problem: tuple[str, str]
) -> None:
    good = ["U1", "P1", "李四", "", "已离职", "", ""]
    done = taken(staff, answers(good, row))
    assert found(done) == [(3, *problem)]
    assert Evaluator.objects.get(code="P1").status == "active"  # with a problem nothing is stored
    taken(staff, answers(good, row), skip=True)
    assert Evaluator.objects.get(code="P1").status == "moved"
    assert Evaluator.objects.get(code="P0").status == "active"


def test_merged_people_are_no_longer_asked_about(staff: User, people: list[Evaluator]) -> None:
    merging.merge(actor=staff, survivor=people[0], other=people[1])
    done = taken(staff, answers(["U1", "P1", "李四", "", "在职", "", ""]))
    assert found(done) == [(2, "编号", "not_asked")]


def test_who_must_not(staff: User, people: list[Evaluator]) -> None:
    looker = user(role("looker", "registry.view", "registry.contact"))
    limited = user(role("npc_office", "registry.view", "registry.edit"), ("stratum", "npc"))
    for actor in (looker, limited):
        with pytest.raises(PermissionDenied):
            sheets(actor)
        with pytest.raises(PermissionDenied):
            taken(actor, answers(*ALL))
        browser = client(actor)
        assert browser.get(reverse("evaluators:confirmation-list")).status_code == 403
        assert browser.post(reverse("evaluators:confirmation-sheets-start"), {"year": YEAR}).status_code == 403
        assert browser.get(reverse("foundation:import-upload", args=["confirmation"])).status_code == 403
    assert not UnitConfirmation.objects.exists()
    assert not StoredFile.objects.exists()


def test_on_screen(
    staff: User, people: list[Evaluator], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    browser = client(staff)
    page = reverse("evaluators:confirmation-list")
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("evaluators:confirmation-sheets-start"), {"unit": people[0].unit_id})
    file = StoredFile.objects.get()
    fetched = browser.get(reverse("foundation:file-download", args=[file.pk]))
    assert b"".join(fetched.streaming_content if fetched.streaming else [fetched.content])[:2] == b"PK"
    for state, codes in (("waiting", ["U1"]), ("unsent", ["U2"]), ("confirmed", []), ("", ["U1", "U2"])):
        shown = browser.get(page, {"state": state})
        assert [one[0].code for one in shown.context["units"]] == codes
    assert browser.get(reverse("foundation:import-upload", args=["confirmation"])).status_code == 200


def test_sheets_are_erased_after_a_week(staff: User, people: list[Evaluator]) -> None:
    sheets(staff)
    assert export.erase_old_exports() == 0
    StoredFile.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert export.erase_old_exports() == 1
