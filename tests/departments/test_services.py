"""Changing departments: what is stored, what is refused, what the audit log says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Role, RoleGrant, User
from departments import freezes, selectors, services, years
from departments.models import Department, DepartmentGroup, DepartmentYear, Lineage, LineageKind, Sector
from foundation.errors import Conflict
from foundation.models import AuditEntry

pytestmark = pytest.mark.django_db

OPEN, FROZEN = 2009, 2008


@pytest.fixture(autouse=True)
def rounds() -> Iterator[None]:
    """2008 and earlier are frozen, 2009 is being prepared."""
    kept = list(freezes._provider), list(years._open_year)
    freezes.register(lambda year: "the round is frozen" if year <= FROZEN else "")
    years.register_open_year(lambda: OPEN)
    yield
    freezes._provider[:], years._open_year[:] = kept


def user(role: str = "", scope: tuple[str, str] = ("all", "")) -> User:
    made = User.objects.create_user(f"u{User.objects.count()}", "a long password 1")
    if role:
        RoleGrant.objects.create(user=made, role=Role.objects.get(code=role), scope_kind=scope[0], scope_code=scope[1])
    return made


@pytest.fixture
def staff() -> User:
    return user("committee")


def department(code: str = "A1", name: str = "", **values: Any) -> Department:
    return Department.objects.create(code=code, full_name=name or f"示范市{code}局", **values)


def group(code: str = "party") -> DepartmentGroup:
    return DepartmentGroup.objects.get(code=code)


def test_create_cleans_and_records(staff: User) -> None:
    row = services.create_department(
        actor=staff, code=" Ｄ－１ ".replace("－", "-"), full_name=" 示范市 民政局 ", short_name="民政局"
    )
    # Full-width letters and digits become half-width; a space between Chinese characters is never meant.
    assert (row.code, row.full_name, row.is_active) == ("D-1", "示范市民政局", True)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.after["code"], entry.subject_label) == ("department.create", "D-1", "示范市民政局")


@pytest.mark.parametrize("values", [{"code": ""}, {"code": "A 1局"}, {"code": "A1"}, {"full_name": "　"}])
def test_create_refuses(staff: User, values: dict[str, str]) -> None:
    department("A1")
    with pytest.raises(ValidationError):
        services.create_department(**{"actor": staff, "code": "A2", "full_name": "示范市甲局"} | values)
    assert Department.objects.count() == 1


def test_two_active_departments_may_not_share_a_name(staff: User) -> None:
    department("A1", "示范市甲局")
    with pytest.raises(ValidationError, match="A1"):
        services.create_department(actor=staff, code="A2", full_name="示范市甲局")


def test_update_without_a_change_leaves_no_trace(staff: User) -> None:
    row = department("A1", "示范市甲局")
    services.update_department(actor=staff, department=row, full_name="示范市甲局", short_name="")
    assert not AuditEntry.objects.exists()
    services.update_department(actor=staff, department=row, full_name="示范市甲局", short_name="甲局")
    assert AuditEntry.objects.get().after == {"short_name": "甲局"}


def test_set_year_and_take_it_back(staff: User) -> None:
    row, sector = department(), Sector.objects.create(code="P01", name="综合片")
    services.set_year(actor=staff, department=row, year=OPEN, group=group(), sector=sector)
    assert DepartmentYear.objects.get().sector == sector
    services.set_year(actor=staff, department=row, year=OPEN, group=group("economy"), sector=None)
    entry = AuditEntry.objects.latest("id")
    assert (entry.before, entry.after) == (
        {"group": "党群综合", "sector": "综合片"},
        {"group": "经济管理", "sector": ""},
    )
    services.set_year(actor=staff, department=row, year=OPEN, group=None, sector=None)
    assert not DepartmentYear.objects.exists()
    assert AuditEntry.objects.filter(action="department.year", year=OPEN).count() == 3


def test_a_frozen_year_is_refused_everywhere(staff: User) -> None:
    one, other = department("A1"), department("A2")
    DepartmentYear.objects.create(department=one, year=2007, group=group())
    lineage = Lineage.objects.create(successor=one, predecessor=other, kind=LineageKind.MERGED, year=FROZEN)
    changes = [
        lambda: services.set_year(actor=staff, department=one, year=FROZEN, group=group(), sector=None),
        lambda: services.set_year(actor=staff, department=one, year=2007, group=None, sector=None),
        lambda: services.add_lineage(actor=staff, successor=one, predecessor=other, kind="split", year=FROZEN),
        lambda: services.remove_lineage(actor=staff, lineage=lineage),
        lambda: services.copy_year(actor=staff, from_year=2007, to_year=FROZEN),
    ]
    for change in changes:
        with pytest.raises(ValidationError, match="the round is frozen"):
            change()
    assert DepartmentYear.objects.count() == 1
    assert Lineage.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_deactivating_leaves_open_years_and_keeps_frozen_and_past_ones(staff: User) -> None:
    row = department()
    freezes.register(lambda year: "frozen" if year == 2010 else "")  # 2008 has no round: imported history
    for year in (2008, 2009, 2010, 2011):
        DepartmentYear.objects.create(department=row, year=year, group=group())
    assert services.years_given_up(row) == ([2009, 2011], [2010])
    services.deactivate_department(actor=staff, department=row, reason="机构撤销")
    assert list(row.years.values_list("year", flat=True)) == [2008, 2010]
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.reason, entry.after["years_left"]) == (
        "department.deactivate",
        "机构撤销",
        [2009, 2011],
    )
    with pytest.raises(ValidationError):
        services.set_year(actor=staff, department=row, year=2009, group=group(), sector=None)
    with pytest.raises(Conflict):
        services.deactivate_department(actor=staff, department=row, reason="又一次")
    services.reactivate_department(actor=staff, department=row)
    assert services.set_year(actor=staff, department=row, year=2009, group=group(), sector=None)


def test_deactivating_needs_a_reason(staff: User) -> None:
    row = department()
    with pytest.raises(ValidationError):
        services.deactivate_department(actor=staff, department=row, reason=" 　")
    row.refresh_from_db()
    assert row.is_active


def test_lineage(staff: User) -> None:
    old, other, new = department("A1"), department("A2"), department("A3")

    def add(kind: str, predecessor: Department, successor: Department) -> Lineage:
        return services.add_lineage(actor=staff, successor=successor, predecessor=predecessor, kind=kind, year=OPEN)

    add("merged", old, new)
    add("merged", other, new)  # two merged into one
    refused = [
        ("merged", new, new),  # itself
        ("renamed", new, old),  # the other way round in the same year
        ("merged", old, new),  # known already
        ("renamed", old, other),  # a second successor for a renamed department
        ("nonsense", other, old),
    ]
    for kind, predecessor, successor in refused:
        with pytest.raises(ValidationError):
            add(kind, predecessor, successor)
    add("split", old, other)  # split: a second successor is what it means
    assert Lineage.objects.count() == 3
    lineage = Lineage.objects.filter(successor=new).first()
    assert lineage
    services.remove_lineage(actor=staff, lineage=lineage)
    with pytest.raises(Conflict):
        services.remove_lineage(actor=staff, lineage=lineage)


def test_groups_and_sectors(staff: User) -> None:
    made = services.save_group(actor=staff, group=None, code="park", name="开发区", name_en="Parks", order=6)
    services.save_group(actor=staff, group=made, code="ignored", name="开发园区", name_en="Parks", order=6)
    made.refresh_from_db()
    assert (made.code, made.name) == ("park", "开发园区")
    for words in [
        {"name": "party"},
        {"name": "新组", "name_en": "Social services"},
        {"name": "党群综合"},
        {"name": ""},
    ]:
        with pytest.raises(ValidationError):
            services.save_group(**{"actor": staff, "group": None, "code": "x1", "order": 9} | words)
    sector = services.save_sector(actor=staff, sector=None, code="P9", name="片九", order=1)
    services.set_year(actor=staff, department=department(), year=OPEN, group=made, sector=sector)
    for delete in (
        lambda: services.delete_group(actor=staff, group=made),
        lambda: services.delete_sector(actor=staff, sector=sector),
    ):
        with pytest.raises(Conflict):
            delete()
    DepartmentYear.objects.all().delete()
    services.delete_group(actor=staff, group=made)
    services.delete_sector(actor=staff, sector=sector)
    assert not Sector.objects.exists()
    assert AuditEntry.objects.latest("id").action == "sector.delete"


@pytest.mark.parametrize("role", ["", "leader", "auditor", "administrator", "assessor"])
def test_who_may_only_look_changes_nothing(role: str) -> None:
    actor, one, other = user(role), department("A1"), department("A2")
    lineage = Lineage.objects.create(successor=one, predecessor=other, kind=LineageKind.MERGED, year=OPEN)
    sector = Sector.objects.create(code="P01", name="综合片")
    for change in (
        lambda: services.create_department(actor=actor, code="N1", full_name="新"),
        lambda: services.update_department(actor=actor, department=one, full_name="新"),
        lambda: services.deactivate_department(actor=actor, department=one, reason="x"),
        lambda: services.reactivate_department(actor=actor, department=one),
        lambda: services.set_year(actor=actor, department=one, year=OPEN, group=group(), sector=None),
        lambda: services.copy_year(actor=actor, from_year=FROZEN, to_year=OPEN),
        lambda: services.add_lineage(actor=actor, successor=other, predecessor=one, kind="split", year=OPEN),
        lambda: services.remove_lineage(actor=actor, lineage=lineage),
        lambda: services.save_group(actor=actor, group=None, code="g", name="组"),
        lambda: services.save_sector(actor=actor, sector=sector, code="s", name="片"),
        lambda: services.delete_group(actor=actor, group=group()),
        lambda: services.delete_sector(actor=actor, sector=sector),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert not AuditEntry.objects.exists()


def test_editing_limited_to_one_department_is_no_editing() -> None:
    """Creating and moving departments concerns all of them: a limited grant does not do."""
    one = department()
    actor = user("committee", ("department", one.code))
    with pytest.raises(PermissionDenied):
        services.update_department(actor=actor, department=one, full_name="新")


def test_visible_within_limits() -> None:
    one, two = department("A1"), department("A2")
    department("A3")
    sector = Sector.objects.create(code="P01", name="综合片")
    DepartmentYear.objects.create(department=two, year=OPEN, group=group(), sector=sector)

    def seen(actor: Any) -> set[str]:
        return set(selectors.visible_to(actor).values_list("code", flat=True))

    assert seen(user("leader")) == {"A1", "A2", "A3"}
    assert seen(user("assessor", ("department", one.code))) == {"A1"}
    assert seen(user("assessor", ("sector", "P01"))) == {"A2"}
    assert seen(user("assessor", ("stratum", "npc"))) == set()
    assert seen(user("liaison")) == set()


def test_a_year_has_its_own_groups_whatever_the_others_say() -> None:
    one = department("A1")
    DepartmentYear.objects.create(department=one, year=2007, group=group("party"))
    DepartmentYear.objects.create(department=one, year=2008, group=group("service"))
    rows = selectors.in_year(Department.objects.all(), 2008)
    assert [(row.code, row.group_name, row.sector_name) for row in rows] == [("A1", "社会服务", None)]
    assert [row.group_name for row in selectors.in_year(Department.objects.all(), 2009)] == [None]
    assert selectors.not_taking_part_count(Department.objects.all(), 2009) == 1
