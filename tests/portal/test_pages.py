"""Leaders' pages over a small demo city: what each role sees, in how many queries, and what it must not see."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from config.demo.city import City
from departments.models import Department, DepartmentYear
from evaluators.models import Draw
from scoring.models import DepartmentScore, Publication
from tests.demo.city import small_city

pytestmark = pytest.mark.django_db

PAGES = ["/", "/results/2007/", "/results/trend/", "/results/departments/D39/", "/results/departments/D39/?year=2003"]
MOST_QUERIES = 12


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with small_city(django_db_blocker) as built:
        yield built


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def leader(city: City) -> Client:
    return signed_in("lingdao")


@pytest.mark.parametrize("path", ["/results/2007/", "/results/departments/D39/"])
def test_what_is_kept_of_a_page_is_never_out_of_date(leader: Client, path: str) -> None:
    """The parts that are rendered once follow a new name, the language, the reader and the filter at once."""
    leader.get(path)
    Department.objects.filter(code="D39").update(short_name="新名字局", full_name="示范市新名字局")
    assert leader.get(path).content.decode().count("新名字局") > 0
    english = leader.get(path, headers={"accept-language": "en"}).content.decode()
    assert "Satisfaction rate" in english
    assert "满意率" in leader.get(path).content.decode()


def test_a_reader_of_one_department_gets_no_part_that_was_kept_for_others(leader: Client) -> None:
    assert "国税局" in leader.get("/results/2007/").content.decode()
    own = signed_in("lianluo").get("/results/2007/").content.decode()
    assert "国税局" not in own
    assert "国税局" not in leader.get("/results/2007/?group=party").content.decode()


@pytest.mark.parametrize("username", ["lingdao", "gongwei"])
def test_a_second_draw_is_told_on_every_page_of_its_round(city: City, username: str) -> None:
    """Also on those kept from before: it is no part of what is kept."""
    run = Publication.objects.get(round__year=2007).run
    paths = ["/", "/results/2007/", "/results/departments/D39/", "/results/2007/departments/D39/explain/"]
    paths += ["/results/2007/recount/"]
    if username == "gongwei":
        here = f"/scoring/2007/runs/{run.pk}/"
        paths = ["/rounds/2007/", "/scoring/2007/", here, f"{here}quality/", f"{here}sensitivity/", f"{here}what-if/"]
    client = signed_in(username)
    told = "本轮共抽选 2 次"
    assert all(told not in client.get(path).content.decode() for path in paths)
    draw = Draw.objects.get(snapshot__year=2007, snapshot__voided_at=None)
    voided = draw.snapshot
    voided.pk, voided.number, voided.voided_at, voided.void_reason = uuid4(), 9, timezone.now(), "试"
    voided.save(force_insert=True)
    draw.pk, draw.snapshot = None, voided
    draw.save(force_insert=True)
    missing = [path for path in paths if told not in client.get(path).content.decode()]
    assert missing == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_answer_in_few_queries(leader: Client, path: str) -> None:
    leader.get(path)  # what is cached per process is cached now
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = leader.get(path)
    assert response.status_code == 200
    assert len(queries) <= MOST_QUERIES, [query["sql"][:80] for query in queries]


def test_the_ranking_shows_the_published_figures(leader: Client) -> None:
    text = leader.get("/results/2007/").content.decode()
    run = Publication.objects.get(round__year=2007).run
    for row in DepartmentScore.objects.filter(run=run).select_related("department"):
        assert row.department.short_name in text
        assert f"{row.total:.4f}" in text
        assert f"{row.satisfaction.quantize(Decimal('0.01'))}%" in text or f"{row.satisfaction:.1f}" in text


def test_the_latest_year_is_the_published_one(leader: Client) -> None:
    response = leader.get("/results/")
    assert (response.status_code, response["Location"]) == (302, "/results/2007/")


def test_filters_narrow_the_ranking_and_stay_in_the_address(leader: Client) -> None:
    text = leader.get("/results/2007/?group=vertical").content.decode()
    assert "国税局" in text
    assert "纪委监察局" not in text
    assert "/results/2006/?group=vertical" in text


def test_changes_are_against_what_the_round_froze_and_a_department_set_aside_says_why(leader: Client) -> None:
    evaluation = Publication.objects.get(round__year=2007).round
    score = DepartmentScore.objects.get(run=Publication.objects.get(round=evaluation).run, department__code="D39")
    rows = {row["code"]: row for row in evaluation.baselines}
    rows["D39"]["satisfaction"] = str(score.satisfaction - Decimal("12.3456"))
    rows["D40"].update(satisfaction="", dissatisfaction="")
    evaluation.baselines, evaluation.baselines_set_aside = list(rows.values()), {"D40": "职能大幅调整"}
    evaluation.save()
    assert "+12.35" in leader.get("/results/2007/").content.decode()
    assert "职能大幅调整" in leader.get("/results/departments/D40/?year=2007").content.decode()


def test_charts_carry_their_figures_as_tables(leader: Client) -> None:
    text = leader.get("/results/trend/").content.decode()
    assert text.count("<table") >= 2
    assert "2001" in text


def test_hidden_strata_say_so(leader: Client) -> None:
    run = Publication.objects.get(round__year=2007).run
    code, rows = next(
        (code, entry["strata"])
        for code, entry in run.breakdown.items()
        if any(row["hidden"] for row in entry["strata"])
    )
    text = leader.get(f"/results/departments/{code}/?year=2007").content.decode()
    assert text.count("小样本（不予显示）") == sum(row["hidden"] for row in rows)


@pytest.mark.parametrize("username", ["kaohe", "renda", "jiandu", "guanli"])
def test_who_must_not_see_results(city: City, username: str) -> None:
    client = signed_in(username)
    for path in ["/results/", "/results/2007/", "/results/trend/", "/results/departments/D39/", "/results/reports/"]:
        assert client.get(path).status_code == 403, path


def test_nobody_sees_anything_without_logging_in(city: City) -> None:
    for path in [*PAGES, "/results/reports/"]:
        response = Client().get(path)
        assert response.status_code == 302, path
        assert "/accounts/login/" in response["Location"]


def test_a_liaison_sees_the_own_department_only(city: City) -> None:
    client = signed_in("lianluo")  # of D39, the first of the enforcement group
    assert client.get("/results/departments/D39/").status_code == 200
    other = client.get("/results/departments/D40/")
    assert other.status_code == 404
    assert Department.objects.get(code="D40").full_name not in other.content.decode()
    ranking = client.get("/results/2007/").content.decode()
    assert "公安局" in ranking
    for row in Department.objects.exclude(code="D39"):
        assert row.short_name not in ranking
    assert client.get("/results/trend/").status_code == 403


def test_a_sector_guide_sees_the_own_sector(city: City) -> None:
    client = signed_in("zhengfa")
    text = client.get("/results/2007/").content.decode()
    own = DepartmentYear.objects.filter(year=2007, sector__code="law").values_list("department__short_name", flat=True)
    for row in Department.objects.all():
        assert (row.short_name in text) == (row.short_name in set(own)), row.short_name


def test_an_unpublished_round_shows_nothing(leader: Client) -> None:
    assert leader.get("/results/2008/").status_code == 404


def test_unknown_departments_are_not_found(leader: Client) -> None:
    assert leader.get("/results/departments/NONE/").status_code == 404


def test_before_anything_is_published_pages_say_what_is_missing() -> None:
    Publication.objects.all().delete()
    user = User.objects.create_user(username="lead-1", full_name="x")
    user.grants.create(role=Role.objects.get(code="leader"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for path in ["/results/", "/results/trend/"]:
        response = client.get(path)
        assert response.status_code == 200
        assert "尚未公布任何结果" in response.content.decode()
    assert client.get("/").status_code == 200


def test_english_is_complete_on_every_page(leader: Client) -> None:
    leader.cookies["django_language"] = "en"
    assert "Satisfaction rate" in leader.get("/results/2007/").content.decode()
    leader.cookies["django_language"] = "zh-hans"
    assert "Satisfaction rate" not in leader.get("/results/2007/").content.decode()
