"""The derivation of a published score: as far as the reader's circle goes, and not a step further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from config.demo.city import City
from departments.models import DepartmentYear
from scoring.models import DepartmentScore, Publication
from tests.demo.city import small_city
from tests.scoring.derivations import read

pytestmark = pytest.mark.django_db
PATH = "/results/2007/departments/D39/explain/"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with small_city(django_db_blocker) as built:
        yield built


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


def rows(year: int = 2007) -> list[DepartmentScore]:
    run = Publication.objects.get(round__year=year).run
    return list(DepartmentScore.objects.filter(run=run).select_related("department"))


def test_a_leader_follows_every_department(city: City) -> None:
    client = signed_in("lingdao")
    for row in rows():
        found = read(client.get(f"/results/2007/departments/{row.department.code}/explain/").content).ids
        assert found["total"] == f"{row.total:.4f}", row.department.code
        assert found["rank-group"] == str(row.group_rank)
        assert found["rank-overall"] == str(row.overall_rank)


def test_hidden_strata_are_one_line(city: City) -> None:
    run = Publication.objects.get(round__year=2007).run
    client, merged = signed_in("lingdao"), 0
    for code, entry in run.breakdown.items():
        hidden = [row for row in entry["strata"] if row["hidden"] and row["reports"]]
        page = client.get(f"/results/2007/departments/{code}/explain/").content
        text, found = page.decode(), read(page).ids
        assert ("层面合计（人数太少，合并显示）" in text) == bool(hidden), code
        assert ("part-base-q1-merged" in found) == (len(hidden) > 1), code
        assert len(hidden) != 1, code  # it could be had by subtraction
        merged += bool(hidden)
    assert merged  # the small city has such departments


def test_a_liaison_sees_the_own_department_and_no_name_beside_it(city: City) -> None:
    client = signed_in("lianluo")  # of D39
    page = client.get(PATH)
    assert page.status_code == 200
    text, found = page.content.decode(), read(page.content).ids
    assert "rank-overall" not in found
    own = next(row for row in rows() if row.department.code == "D39")
    assert found["total"] == f"{own.total:.4f}"
    for row in rows():
        if row != own:
            assert row.department.short_name not in text
            assert row.department.full_name not in text
            assert f"{row.total:.4f}" not in text
    assert "另一部门" in text  # the neighbours are there, without name and figures


def test_a_liaison_cannot_tell_others_from_none(city: City) -> None:
    client = signed_in("lianluo")
    other, none = (client.get(f"/results/2007/departments/{code}/explain/") for code in ("D40", "NONE"))
    assert (other.status_code, none.status_code) == (404, 404)
    row = next(row for row in rows() if row.department.code == "D40")
    assert row.department.short_name not in other.content.decode()


def test_a_sector_guide_reads_names_of_the_own_sector_only(city: City) -> None:
    client = signed_in("zhengfa")
    own = set(DepartmentYear.objects.filter(year=2007, sector__code="law").values_list("department__code", flat=True))
    for row in rows():
        page = client.get(f"/results/2007/departments/{row.department.code}/explain/")
        assert page.status_code == (200 if row.department.code in own else 404)
        if page.status_code == 200:
            text = page.content.decode()
            for other in rows():
                assert other.department.code in own or other.department.short_name not in text


@pytest.mark.parametrize("username", ["kaohe", "renda", "jiandu", "guanli"])
def test_who_must_not_see_results(city: City, username: str) -> None:
    assert signed_in(username).get(PATH).status_code == 403


def test_nobody_sees_it_without_logging_in(city: City) -> None:
    response = Client().get(PATH)
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


def test_only_published_years_a_department_took_part_in(city: City) -> None:
    client = signed_in("lingdao")
    assert client.get("/results/2008/departments/D39/explain/").status_code == 404  # under way
    assert client.get("/results/1999/departments/D39/explain/").status_code == 404


def test_the_pages_lead_here_and_to_the_year_before(city: City) -> None:
    client = signed_in("lingdao")
    assert PATH in client.get("/results/departments/D39/?year=2007").content.decode()
    assert PATH in client.get("/results/2007/").content.decode()
    assert "/results/2006/departments/D39/explain/" in client.get(PATH).content.decode()


def test_english_readers_read_english(city: City) -> None:
    client = signed_in("lingdao")
    client.cookies["django_language"] = "en"
    text = client.get(PATH).content.decode()
    assert "Answers by stratum" in text
    assert "Community residents" in text
