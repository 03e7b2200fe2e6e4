"""The list as a file: what it would change, its problems by row and column, storing, the command."""

from __future__ import annotations

import json
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import User
from accounts.services import console
from assessment.importing import KIND, export_sheet
from assessment.models import Assessment
from assessment.selectors import year_table
from departments.models import Department
from evaluation.states import RoundState
from foundation import imports
from foundation.jobs import JobRefused, SilentProgress
from foundation.models import AuditEntry
from foundation.tables import xlsx_bytes
from tests.assessment.city import YEAR, csv, departments, round_at, signed_in, user, words_of

pytestmark = pytest.mark.django_db

OPTIONS = {"year": YEAR}


@pytest.fixture(autouse=True)
def city() -> dict[str, Department]:
    return departments()


def apply(content: bytes, *, actor: User | None = None, skip: bool = False) -> imports.Preview:
    return imports.apply(
        KIND,
        content,
        OPTIONS,
        actor=actor or console(),
        fingerprint="0" * 64,
        skip_problem_rows=skip,
        progress=SilentProgress(),
    )


def counts(preview: imports.Preview) -> tuple[int, int, int, int]:
    result = preview.result
    return result.rows, result.create, result.change, result.unchanged


def test_a_list_is_stored_exactly_and_the_same_file_twice_changes_nothing() -> None:
    content = csv("A1,87.1234,0.5,,,", "A2,９０．５,,1.25,责任事故,窗口服务", "B1,,,,,")
    assert counts(imports.preview(KIND, content, OPTIONS)) == (3, 2, 0, 1)  # an empty row gives B1 nothing
    assert not Assessment.objects.exists()
    apply(content)
    rows = {
        row.department.code: (row.score, row.bonus, row.deduction, row.veto, row.problem)
        for row in Assessment.objects.all()
    }
    assert rows == {
        "A1": (Decimal("87.1234"), Decimal("0.5"), 0, "", ""),
        "A2": (Decimal("90.5"), 0, Decimal("1.25"), "责任事故", "窗口服务"),
    }
    entries = AuditEntry.objects.count()
    again = apply(content)
    assert counts(again) == (3, 0, 0, 3)
    assert AuditEntry.objects.count() == entries


def test_the_import_is_written_down_with_each_change() -> None:
    actor = user("committee")
    apply(csv("A1,80,,,,"), actor=actor)
    apply(csv("A1,81,,,,", "A2,70,,,,"), actor=actor)
    entries = AuditEntry.objects.filter(action="assessment.set", subject_label="A1 信访局").order_by("id")
    assert [(entry.before, entry.after) for entry in entries] == [
        ({"score": None}, {"score": "80.0000"}),
        ({"score": "80.0000"}, {"score": "81.0000"}),
    ]
    last = AuditEntry.objects.get(action="assessment.import", after__change=1)
    assert (last.actor, last.year, last.after["create"], last.after["sha256"]) == (actor, YEAR, 1, "0" * 64)


def test_an_empty_cell_clears_and_a_missing_column_keeps() -> None:
    apply(csv("A1,80,1,2,责任事故,窗口服务"))
    apply(csv("A1,,3", header="code,score,bonus"))
    row = Assessment.objects.get()
    assert (row.score, row.bonus, row.deduction, row.veto, row.problem) == (None, 3, 2, "责任事故", "窗口服务")


def test_every_problem_has_its_row_and_column() -> None:
    content = csv(
        "A1,100.5,,,,",  # 2
        "A2,87.12345,-1,一分,,",  # 3
        "B1,优,,,,",  # 4
        "Z9,80,,,,",  # 5: unknown
        "X9,80,,,,",  # 6: known, not this year
        "A1,80,,,,",  # 7: again
        ",80,,,,",  # 8
        f"B1,80,,,{'长' * 301},",  # 9: again, and over-long
    )
    found = imports.preview(KIND, content, OPTIONS)
    assert words_of(found.result.problems) == [
        (2, "考核分", "out_of_range"),
        (3, "考核分", "too_many_decimals"),
        (3, "加分", "out_of_range"),
        (3, "扣分", "not_a_number"),
        (4, "考核分", "not_a_number"),
        (5, "编号", "unknown_department"),
        (6, "编号", "not_taking_part"),
        (7, "编号", "duplicate"),
        (8, "编号", "missing_value"),
        (9, "编号", "duplicate"),
        (9, "一票否决", "too_long"),
    ]
    assert counts(found) == (8, 0, 0, 0)


def test_with_problems_nothing_is_stored_unless_their_rows_are_left_out() -> None:
    content = csv("A1,80,,,,", "A2,优,,,,")
    apply(content)
    assert not Assessment.objects.exists()
    assert counts(apply(content, skip=True)) == (2, 1, 0, 0)
    assert list(Assessment.objects.values_list("department__code", "score")) == [("A1", 80)]


def test_words_for_nothing_are_nothing_and_a_bare_yes_is_warned_of() -> None:
    done = apply(csv("A1,80,,,否,无", "A2,80,,,是,"))
    assert not done.result.problems
    assert words_of(done.result.warnings) == [(3, "一票否决", "no_reason")]
    assert dict(Assessment.objects.values_list("department__code", "veto")) == {"A1": "", "A2": "是"}


def test_binary_fractions_of_excel_are_the_decimals_meant() -> None:
    book = Workbook()
    book.active.append(["编号", "考核分", "加分"])
    book.active.append(["A1", 0.1 + 0.2, 1.1 * 1.1])  # 0.30000000000000004, 1.2100000000000002
    book.active.append(["A2", 100.0, 0])
    buffer = BytesIO()
    book.save(buffer)
    assert not apply(buffer.getvalue()).result.problems
    assert list(Assessment.objects.order_by("department__code").values_list("score", "bonus")) == [
        (Decimal("0.3"), Decimal("1.21")),
        (Decimal(100), Decimal(0)),
    ]


def test_what_is_downloaded_can_be_read_in_again_and_changes_nothing() -> None:
    apply(csv("A1,87.1234,0.5,,=SUM(1),", "A2,90.5,,1.25,责任事故,窗口服务"))
    rows = [row for group in year_table(console(), YEAR).groups for row in group.rows]
    content = xlsx_bytes([export_sheet(YEAR, rows)])
    again = imports.preview(KIND, content, OPTIONS)
    assert (again.result.problems, again.result.warnings) == ([], [])
    assert counts(again) == (3, 0, 0, 3)


def test_the_template_has_the_six_columns() -> None:
    sheet = load_workbook(BytesIO(imports.template_workbook(KIND))).active
    assert [cell.value for cell in sheet[1]] == ["编号", "考核分", "加分", "扣分", "一票否决", "突出问题"]


@pytest.mark.parametrize(
    ("state", "code"), [(RoundState.PUBLISHED, "round_published"), (RoundState.ARCHIVED, "round_archived")]
)
def test_a_published_year_takes_no_list(state: RoundState, code: str) -> None:
    content = csv("A1,80,,,,")
    round_at(state)
    found = apply(content, skip=True)
    assert words_of(found.result.problems) == [(None, "", code)]
    assert counts(found) == (1, 0, 0, 0)
    assert not Assessment.objects.exists()


def test_a_year_published_after_the_list_was_compared_is_refused() -> None:
    planned = imports.preview(KIND, csv("A1,80,,,,"), OPTIONS).plan
    round_at(RoundState.PUBLISHED)
    with pytest.raises(JobRefused):
        KIND.write(console(), planned, OPTIONS, "0" * 64)
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("role", ["leader", "auditor", "liaison", "administrator"])
def test_others_import_nothing(role: str) -> None:
    somebody = user(role)
    with pytest.raises(PermissionDenied):
        apply(csv("A1,80,,,,"), actor=somebody)
    assert not Assessment.objects.exists()
    client = signed_in(somebody)
    assert client.get(reverse("foundation:import-upload", args=["assessment"])).status_code == 403
    assert client.get(reverse("foundation:import-template", args=["assessment"])).status_code == 403


# -- the command -------------------------------------------------------------------------------------------------------


def command(file: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    out, status = StringIO(), 0
    try:
        call_command("import_assessments", str(file), *arguments, stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(out.getvalue())


def test_the_command_stores_with_apply_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv("A1,80,,,,"))
    assert command(file, "--year", str(YEAR))[0] == 0
    assert not Assessment.objects.exists()
    status, result = command(file, "--year", str(YEAR), "--apply")
    assert (status, result["create"], result["unchanged"]) == (0, 1, 0)
    status, result = command(file, "--year", str(YEAR), "--apply")
    assert (status, result["create"], result["unchanged"]) == (0, 0, 1)


def test_the_command_says_what_is_wrong_and_stores_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv("A1,80,,,,", "A2,优,,,,"))
    status, result = command(file, "--year", str(YEAR), "--apply")
    assert status == 1
    assert [(one["row"], one["column"], one["code"]) for one in result["problems"]] == [(3, "考核分", "not_a_number")]
    assert "优" in result["problems"][0]["message"]
    assert not Assessment.objects.exists()
    file.write_bytes(csv("A1,1", header="编号,加分"))
    assert command(file, "--year", str(YEAR))[0] == 2
