"""The pages of departments, as a browser without JavaScript asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, RoleGrant, User
from departments.importing import KIND
from departments.models import Department, DepartmentGroup, DepartmentYear, Lineage, Sector
from foundation import imports

pytestmark = pytest.mark.django_db


def client(role: str = "", scope: tuple[str, str] = ("all", "")) -> Client:
    made = User.objects.create_user(f"u{User.objects.count()}", "a long password 1")
    if role:
        RoleGrant.objects.create(user=made, role=Role.objects.get(code=role), scope_kind=scope[0], scope_code=scope[1])
    browser = Client()
    browser.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def city() -> list[Department]:
    """Three departments: two take part in 2009 (the second in a sector), one is inactive."""
    sector = Sector.objects.create(code="P01", name="综合片", order=1)
    rows = [
        Department.objects.create(code=f"D{number}", full_name=f"示范市{word}局", is_active=number < 3)
        for number, word in enumerate("甲乙丙", start=1)
    ]
    party, economy = (DepartmentGroup.objects.get(code=code) for code in ("party", "economy"))
    DepartmentYear.objects.create(department=rows[0], year=2009, group=party)
    DepartmentYear.objects.create(department=rows[1], year=2009, group=economy, sector=sector)
    return rows


def codes(response: Any) -> list[str]:
    return [row.record.code for row in response.context["table"].page.object_list]


def test_the_list_filters_and_sorts(city: list[Department]) -> None:
    browser, address = client("committee"), reverse("departments:department-list")
    economy = DepartmentGroup.objects.get(code="economy").pk
    sector = Sector.objects.get().pk

    def shown(**query: Any) -> list[str]:
        response = browser.get(address, {"year": 2009} | query)
        assert response.status_code == 200
        return codes(response)

    assert shown() == ["D1", "D2"]
    assert shown(state="all") == ["D1", "D2", "D3"]
    assert shown(state="inactive") == ["D3"]
    assert shown(group=economy) == shown(sector=sector) == shown(q="乙") == ["D2"]
    assert shown(sort="-code") == ["D2", "D1"]
    assert shown(sort="nonsense") == ["D1", "D2"]
    assert shown(year=2010) == []
    assert shown(year=2010, state="out") == ["D1", "D2"]
    assert shown(year="x" * 30) == ["D1", "D2"]  # nonsense is the newest year


def test_what_is_exported_can_be_imported_without_a_change(city: list[Department]) -> None:
    response = client("leader").get(reverse("departments:department-export", args=[2009]))
    found = imports.preview(KIND, response.content, {"year": 2009}).result
    assert (found.rows, found.unchanged, list(found.problems), list(found.warnings)) == (2, 2, [], [])


def test_a_department_from_nothing_to_inactive(city: list[Department]) -> None:
    browser = client("committee")
    response = browser.post(
        reverse("departments:department-create"), {"code": "D9", "full_name": "示范市丁局", "short_name": "丁局"}
    )
    row = Department.objects.get(code="D9")
    page = reverse("departments:department-detail", args=[row.pk])
    assert response["Location"] == page
    group = DepartmentGroup.objects.get(code="service")
    year = reverse("departments:year-start", args=[row.pk])
    assert browser.post(year, {"year": 2009, "group": group.pk, "sector": ""}).status_code == 302
    lineage = reverse("departments:lineage-start", args=[row.pk])
    sent = {"lineage-predecessor": city[2].pk, "lineage-kind": "renamed", "lineage-year": 2009}
    assert browser.post(lineage, sent).status_code == 302
    again = browser.post(lineage, sent)  # known already
    assert again.status_code == 422
    assert city[2].full_name in browser.get(page).content.decode()
    assert browser.post(reverse("departments:lineage-end-start", args=[Lineage.objects.get().pk])).status_code == 302
    browser.post(reverse("departments:department-edit", args=[row.pk]), {"code": "HACK", "full_name": "示范市戊局"})
    row.refresh_from_db()
    assert (row.code, row.full_name, row.short_name) == ("D9", "示范市戊局", "")
    away = reverse("departments:department-deactivate", args=[row.pk])
    assert browser.get(away).status_code == 200
    assert browser.post(away, {"reason": ""}).status_code == 200
    assert browser.post(away, {"reason": "撤销"}).status_code == 302
    row.refresh_from_db()
    assert not row.is_active
    assert browser.post(reverse("departments:activate-start", args=[row.pk])).status_code == 302


def test_groups_and_sectors_on_screen(city: list[Department]) -> None:
    browser = client("committee")
    browser.post(reverse("departments:group-create"), {"code": "g9", "name": "新组", "name_en": "New", "order": 9})
    made = DepartmentGroup.objects.get(code="g9")
    browser.post(reverse("departments:group-edit", args=[made.pk]), {"name": "改名", "name_en": "New", "order": 3})
    made.refresh_from_db()
    assert (made.code, made.name, made.order) == ("g9", "改名", 3)
    used = DepartmentGroup.objects.get(code="party")
    assert browser.post(reverse("departments:group-delete", args=[used.pk])).status_code == 409
    assert browser.post(reverse("departments:group-delete", args=[made.pk])).status_code == 302
    browser.post(reverse("departments:sector-create"), {"code": "P9", "name": "片九", "order": 2})
    sector = Sector.objects.get(code="P9")
    assert browser.post(reverse("departments:sector-delete", args=[sector.pk])).status_code == 302
    for name in ("group-list", "sector-list"):
        assert browser.get(reverse(f"departments:{name}")).status_code == 200


def every_address(row: Department) -> dict[str, list[str]]:
    pk = [row.pk]
    group, sector = [DepartmentGroup.objects.all()[0].pk], [Sector.objects.all()[0].pk]
    edit = [
        reverse(f"departments:{name}", args=args)
        for name, args in (
            ("department-create", []), ("department-edit", pk), ("department-deactivate", pk), ("activate-start", pk),
            ("year-start", pk), ("lineage-start", pk), ("lineage-end-start", [1]), ("group-create", []),
            ("group-edit", group), ("group-delete", group), ("sector-create", []), ("sector-edit", sector),
            ("sector-delete", sector),
        )
    ]  # fmt: skip
    view = [
        reverse(f"departments:{name}", args=args)
        for name, args in (
            ("department-list", []), ("department-export", [2009]), ("department-detail", pk), ("group-list", []),
            ("sector-list", []),
        )
    ]  # fmt: skip
    return {"edit": edit, "view": view}


@pytest.mark.parametrize("role", ["", "liaison", "organiser", "administrator"])
def test_who_may_not_see_departments_sees_none(city: list[Department], role: str) -> None:
    browser = client(role)
    for addresses in every_address(city[0]).values():
        for address in addresses:
            assert {browser.get(address).status_code, browser.post(address).status_code} <= {403, 405}, address


@pytest.mark.parametrize("role", ["leader", "auditor", "supervisor"])
def test_who_may_look_may_not_change(city: list[Department], role: str) -> None:
    browser, addresses = client(role), every_address(city[0])
    for address in addresses["view"]:
        assert browser.get(address).status_code == 200
    for address in addresses["edit"]:
        assert {browser.get(address).status_code, browser.post(address).status_code} <= {403, 405}, address
    text = browser.get(reverse("departments:department-detail", args=[city[0].pk])).content.decode()
    assert 'method="post" action="/departments' not in text
    assert reverse("departments:department-deactivate", args=[city[0].pk]) not in text


def test_nobody_without_a_login(city: list[Department]) -> None:
    for addresses in every_address(city[0]).values():
        for address in addresses:
            assert Client().get(address).status_code == 302


def test_a_limited_role_sees_its_own_departments_alone(city: list[Department]) -> None:
    browser = client("assessor", ("sector", "P01"))
    assert codes(browser.get(reverse("departments:department-list"), {"state": "all"})) == ["D2"]
    assert browser.get(reverse("departments:department-detail", args=[city[1].pk])).status_code == 200
    assert browser.get(reverse("departments:department-detail", args=[city[0].pk])).status_code == 404
    found = imports.preview(
        KIND, browser.get(reverse("departments:department-export", args=[2009])).content, {"year": 2009}
    )
    assert found.result.rows == 1


def test_groups_in_english(city: list[Department]) -> None:
    browser = client("leader")
    browser.cookies["django_language"] = "en"
    text = browser.get(reverse("departments:department-list"), {"year": 2009}).content.decode()
    assert "Economic management" in text
    assert "经济管理" not in text


def test_lists_cost_the_same_however_long(city: list[Department], django_assert_max_num_queries: Any) -> None:
    browser, group = client("committee"), DepartmentGroup.objects.get(code="party")
    made = Department.objects.bulk_create(Department(code=f"E{n:03}", full_name=f"局{n}") for n in range(100))
    DepartmentYear.objects.bulk_create(DepartmentYear(department=row, year=2009, group=group) for row in made)
    with django_assert_max_num_queries(16):
        response = browser.get(reverse("departments:department-list"), {"year": 2009})
    assert response.context["count"] == 102
