"""The pages: what they show, what they store, and who does not get in."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import ScopeKind
from accounts.services import console
from assessment.models import Assessment
from assessment.services import set_assessment
from departments.models import Department, DepartmentYear
from evaluation.states import RoundState
from foundation.models import Job, JobState
from tests.assessment.city import YEAR, csv, departments, round_at, signed_in, user

pytestmark = pytest.mark.django_db

LATEST = reverse("assessment:assessment-latest")
LIST = reverse("assessment:assessment-list", args=[YEAR])
EXPORT = reverse("assessment:assessment-export", args=[YEAR])


@pytest.fixture
def city() -> dict[str, Department]:
    return departments()


@pytest.fixture
def assessor(city: dict[str, Department]) -> Client:
    return signed_in(user("assessor"))


def edit(department: Department, year: int = YEAR) -> str:
    return reverse("assessment:assessment-edit", args=[year, department.pk])


def test_the_newest_year_is_shown_first(assessor: Client) -> None:
    response = assessor.get(LATEST)
    assert (response.status_code, response["Location"]) == (302, LIST)


def test_without_departments_the_page_says_what_to_do_first() -> None:
    text = signed_in(user("committee")).get(LATEST).content.decode()
    assert reverse("foundation:import-upload", args=["departments"]) in text
    text = signed_in(user("assessor")).get(LATEST).content.decode()
    assert reverse("foundation:import-upload", args=["departments"]) not in text
    assert "还没有部门" in text


def test_the_table_shows_marks_by_group(assessor: Client, city: dict[str, Department]) -> None:
    set_assessment(
        actor=console(),
        department=city["A1"],
        year=YEAR,
        score=Decimal("87.5"),
        bonus=Decimal("0.25"),
        veto="责任事故",
        problem="窗口服务",
    )
    text = assessor.get(LIST).content.decode()
    for words in ("87.5000", "0.2500", "责任事故", "窗口服务", "党群综合", "经济管理", "3 个部门中，已有 1 个"):
        assert words in text
    assert "示范市旧局" not in text
    assert 'href="/assessment/"' in text  # the navigation


def test_the_table_can_be_searched(assessor: Client, city: dict[str, Department]) -> None:
    set_assessment(actor=console(), department=city["A1"], year=YEAR, score=Decimal(1), problem="窗口服务")

    def shown(query: str) -> list[str]:
        text = assessor.get(LIST + query).content.decode()
        return [code for code, row in city.items() if edit(row) in text]

    assert shown("?q=商务") == ["B1"]
    assert shown("?q=窗口") == ["A1"]
    assert shown("?group=party") == ["A1", "A2"]
    assert shown("?show=without_score") == ["A2", "B1"]
    assert shown("?show=noted") == ["A1"]
    assert shown("?group=nonsense") == ["A1", "A2", "B1"]
    assert "没有符合条件的部门" in assessor.get(LIST + "?q=xyz").content.decode()


def test_a_year_without_departments_says_so(assessor: Client) -> None:
    response = assessor.get(reverse("assessment:assessment-list", args=[1999]))
    assert response.status_code == 200
    assert "1999 年度没有参评部门" in response.content.decode()
    assert assessor.get(reverse("assessment:assessment-list", args=[99999999999])).status_code == 200
    assert assessor.get(reverse("assessment:assessment-export", args=[1999])).status_code == 404


def test_the_queries_do_not_grow_with_the_departments(assessor: Client, city: dict[str, Department]) -> None:
    group = DepartmentYear.objects.filter(year=YEAR).first()
    assert group is not None
    counts = []
    for batch in range(2):
        for number in range(10):
            row = Department.objects.create(code=f"N{batch}{number}", full_name=f"示范市{batch}{number}局")
            DepartmentYear.objects.create(department=row, year=YEAR, group=group.group)
            set_assessment(actor=console(), department=row, year=YEAR, score=Decimal(number))
        with CaptureQueriesContext(connection) as queries:
            assessor.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_department_is_changed_on_its_page(assessor: Client, city: dict[str, Department]) -> None:
    posted = {"score": "87.1234", "bonus": "", "deduction": "1.5", "veto": "否", "problem": "窗口服务"}
    response = assessor.post(edit(city["A1"]), posted)
    assert (response.status_code, response["Location"]) == (302, LIST)
    row = Assessment.objects.get()
    assert (row.score, row.bonus, row.deduction, row.veto, row.problem) == (
        Decimal("87.1234"),
        0,
        Decimal("1.5"),
        "",
        "窗口服务",
    )
    assert "信访局的考核已保存" in str([*get_messages(response.wsgi_request)][0])
    assert 'value="87.1234"' in assessor.get(edit(city["A1"])).content.decode()


def test_one_can_go_on_from_department_to_department(assessor: Client, city: dict[str, Department]) -> None:
    way = [city[code] for code in ("A1", "A2", "B1")]
    for here, there in zip(way, [*(edit(row) for row in way[1:]), LIST], strict=True):
        assert assessor.post(edit(here), {"score": "80", "next": "1"})["Location"] == there


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("score", "100.0001"),
        ("score", "-1"),
        ("score", "1.23456"),
        ("score", "NaN"),
        ("score", "优"),
        ("bonus", "-0.1"),
        ("deduction", "100000"),
        ("veto", "长" * 301),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    assessor: Client, city: dict[str, Department], field: str, value: str
) -> None:
    response = assessor.post(edit(city["A1"]), {"score": "80", field: value})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not Assessment.objects.exists()


def test_a_department_of_another_year_has_no_page(assessor: Client, city: dict[str, Department]) -> None:
    assert assessor.get(edit(city["X9"])).status_code == 404
    assert assessor.get(edit(city["A1"], 2007)).status_code == 404


def test_a_published_year_is_shown_but_not_changed(assessor: Client, city: dict[str, Department]) -> None:
    set_assessment(actor=console(), department=city["A1"], year=YEAR, score=Decimal(80))
    round_at(RoundState.PUBLISHED)
    withdraw = reverse("scoring:round-withdraw", args=[YEAR])
    text = assessor.get(LIST).content.decode()
    assert "请先撤回公布" in text
    assert edit(city["A1"]) not in text
    assert withdraw not in text
    text = assessor.get(edit(city["A1"])).content.decode()
    assert "请先撤回公布" in text
    assert 'name="score"' not in text
    response = assessor.post(edit(city["A1"]), {"score": "81"})
    assert response.status_code == 409
    assert "请先撤回公布" in response.content.decode()
    assert Assessment.objects.get().score == 80
    assert withdraw in signed_in(user("committee")).get(LIST).content.decode()


def test_a_scored_round_warns_that_it_has_to_be_scored_again(assessor: Client) -> None:
    round_at(RoundState.SCORED)
    assert "重新计分后才会生效" in assessor.get(LIST).content.decode()


def test_the_table_as_excel(assessor: Client, city: dict[str, Department]) -> None:
    set_assessment(actor=console(), department=city["A1"], year=YEAR, score=Decimal("87.1234"))
    response = assessor.get(EXPORT)
    rows = [list(row) for row in load_workbook(BytesIO(response.content)).active.values]
    assert rows[:2] == [
        ["编号", "部门", "考核分", "加分", "扣分", "一票否决", "突出问题"],
        ["A1", "示范市信访局", 87.1234, None, None, None, None],
    ]
    assert [row[0] for row in rows[1:]] == ["A1", "A2", "B1"]


@pytest.mark.django_db(transaction=True)
def test_a_list_is_imported_through_the_pages() -> None:
    departments()
    round_at(RoundState.PUBLISHED, YEAR - 1)
    client = signed_in(user("assessor"))
    address = reverse("foundation:import-upload", args=["assessment"])
    assert f'value="{YEAR}" selected' in client.get(address).content.decode()
    without = client.post(address, {"file": SimpleUploadedFile("a.csv", csv("A1,80,,,,")), "year": "1999"})
    assert without.status_code == 200
    response = client.post(address, {"file": SimpleUploadedFile("a.csv", csv("A1,80,,,,")), "year": str(YEAR)})
    preview = response["Location"]
    assert client.get(preview).status_code == 200
    client.post(preview, {"skip_problem_rows": ""})
    assert Job.objects.get(kind="foundation.import_apply").state == JobState.DONE
    assert list(Assessment.objects.values_list("department__code", "year", "score")) == [("A1", YEAR, 80)]


# -- who must not pass -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["leader", "auditor", "liaison", "organiser", "supervisor", "administrator"])
def test_other_roles_see_and_change_nothing(city: dict[str, Department], role: str) -> None:
    client = signed_in(user(role))
    for address in (LATEST, LIST, EXPORT, edit(city["A1"])):
        assert client.get(address).status_code == 403
    assert client.post(edit(city["A1"]), {"score": "80"}).status_code == 403
    assert not Assessment.objects.exists()
    assert 'href="/assessment/"' not in client.get("/").content.decode()


def test_nobody_is_sent_to_the_login(city: dict[str, Department]) -> None:
    for address in (LATEST, LIST, EXPORT, edit(city["A1"])):
        response = Client().get(address)
        assert response.status_code == 302
        assert "/login" in response["Location"]


def test_whoever_may_only_look_changes_nothing(city: dict[str, Department]) -> None:
    looker = user("assessor")
    role = looker.grants.get().role
    role.permissions = ["assessment.view"]
    role.save()
    client = signed_in(looker)
    text = client.get(LIST).content.decode()
    assert "信访局" in text
    assert edit(city["A1"]) not in text
    assert reverse("foundation:import-upload", args=["assessment"]) not in text
    assert client.get(edit(city["A1"])).status_code == 403
    assert client.post(edit(city["A1"]), {"score": "80"}).status_code == 403


@pytest.mark.parametrize(("kind", "code"), [(ScopeKind.DEPARTMENT, "A1"), (ScopeKind.SECTOR, "S1")])
def test_an_assessor_of_a_part_sees_that_part_alone(city: dict[str, Department], kind: str, code: str) -> None:
    client = signed_in(user("assessor", kind=kind, code=code))
    text = client.get(LIST).content.decode()
    assert "信访局" in text
    assert "档案局" not in text
    assert "商务局" not in text
    rows = [row[0] for row in load_workbook(BytesIO(client.get(EXPORT).content)).active.values]
    assert rows == ["编号", "A1"]
    assert client.get(edit(city["A1"])).status_code == 200
    assert client.get(edit(city["A2"])).status_code == 403
    assert client.get(reverse("foundation:import-upload", args=["assessment"])).status_code == 403
    assert client.post(edit(city["A1"]), {"score": "80", "next": "1"})["Location"] == LIST
    assert client.post(edit(city["A2"]), {"score": "80"}).status_code == 403


def test_an_assessor_of_a_stratum_sees_no_department(city: dict[str, Department]) -> None:
    client = signed_in(user("assessor", kind=ScopeKind.STRATUM, code="media"))
    assert "信访局" not in client.get(LIST).content.decode()


def test_the_pages_speak_english(assessor: Client, city: dict[str, Department]) -> None:
    assessor.cookies["django_language"] = "en"
    text = assessor.get(LIST).content.decode()
    assert "Prominent problem" in text
    assert "Party and general affairs" in text
    assert "考核" not in text
