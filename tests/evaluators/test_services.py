"""Changing people, units and strata: what is stored, what is refused, what the audit log may say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from accounts.models import User
from departments.models import Department
from evaluators.models import Evaluator, EvaluatorStatus, Stratum, Unit
from evaluators.services.classes import save_stratum, save_unit
from evaluators.services.registry import LooksKnown, record_contact_view, save_evaluator, set_status
from foundation.models import AuditEntry
from tests.evaluators.registry import person, role, unit, user

pytestmark = pytest.mark.django_db

PHONE, MAIL = "13800000001", "li.si@example.cn"


@pytest.fixture
def staff() -> User:
    return user("committee")


def save(actor: User, evaluator: Evaluator | None = None, **values: Any) -> Evaluator:
    defaults = {"code": "P1", "name": "李四", "stratum": Stratum.objects.get(code="npc")}
    return save_evaluator(**{"actor": actor, "evaluator": evaluator, **defaults, **values})


def test_a_person_is_cleaned_as_by_the_import(staff: User) -> None:
    row = save(
        staff, code="Ｐ０１", name="李 四", phone="+86 138-0000-0001", email=" li.si＠example.cn ", district="鼓楼区\t"
    )
    row.refresh_from_db()
    assert (row.code, row.name, row.phone, row.email, row.district) == ("P01", "李四", PHONE, MAIL, "鼓楼区")
    assert row.status == EvaluatorStatus.ACTIVE


def test_contact_data_is_encrypted_and_stays_out_of_the_log(staff: User) -> None:
    row = save(staff, phone=PHONE, email=MAIL)
    save(staff, row, phone="13900000002", email="new@example.cn")
    set_status(actor=staff, evaluator=row, status="moved", reason="迁居外地")
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, email FROM evaluators_evaluator")
        stored = cursor.fetchone()
    assert stored
    assert not any(word in bytes(cell) for cell in stored for word in (b"139000", b"example"))
    log = json.dumps(
        list(AuditEntry.objects.values_list("before", "after", "subject_label", "reason")), ensure_ascii=False
    )
    for word in (PHONE, MAIL, "13900000002", "new@example.cn", "0002"):
        assert word not in log
    assert AuditEntry.objects.filter(action="evaluator.change").get().after == {"personal_changed": ["phone", "email"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "12800000001"),  # second digit 2
        ("phone", "1380000000"),  # ten digits
        ("phone", "1.38E+10"),
        ("email", "li.si@example"),
        ("name", "李" * 51),
        ("name", "　"),
        ("industry", "业" * 101),
        ("district", "#N/A"),
        ("name", "李\x07四"),
        ("code", "P 1局"),
        ("code", ""),
    ],
)
def test_what_the_import_calls_a_problem_is_refused(staff: User, field: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        save(staff, **{field: value})
    assert field in caught.value.message_dict
    assert not Evaluator.objects.exists()


def test_the_code_is_there_once(staff: User) -> None:
    person("P1")
    with pytest.raises(ValidationError) as caught:
        save(staff, code="P1", name="王五")
    assert "code" in caught.value.message_dict


def test_same_name_and_number_is_the_same_person(staff: User) -> None:
    person("P1", "李四", phone=PHONE)
    with pytest.raises(ValidationError, match="P1"):
        save(staff, code="P2", phone="138 0000 0001", accept_look_alikes=True)


def test_look_alikes_are_shown_before_they_are_stored(staff: User) -> None:
    here = unit()
    person("P1", "王五", phone=PHONE)
    person("P2", "赵六", email=MAIL)
    person("P3", "李四", unit=here)
    with pytest.raises(LooksKnown) as caught:
        save(staff, code="P9", phone=PHONE, email=MAIL.upper(), unit=here)
    assert [(row.code, same) for row, same in caught.value.matches] == [
        ("P1", ["phone"]),
        ("P2", ["email"]),
        ("P3", ["unit"]),
    ]
    assert not Evaluator.objects.filter(code="P9").exists()
    row = save(staff, code="P9", phone=PHONE, unit=here, accept_look_alikes=True)
    # Accepted once; a later change of something else does not ask again.
    save(staff, row, name="李四", unit=here, district="玄武区")
    row.refresh_from_db()
    assert (row.district, row.phone) == ("玄武区", PHONE)


def test_without_contact_data_nothing_of_it_changes(staff: User) -> None:
    row = person("P1", "李四", phone=PHONE, email=MAIL)
    clerk = user(role("clerk", "registry.view", "registry.edit"))
    save(clerk, row, district="玄武区")
    row.refresh_from_db()
    assert (row.phone, row.email, row.district) == (PHONE, MAIL, "玄武区")
    for values in ({"phone": ""}, {"email": "x@example.cn"}):
        with pytest.raises(PermissionDenied):
            save(clerk, row, **values)


def test_the_log_names_codes_not_keys(staff: User) -> None:
    here, employer = unit("U7"), Department.objects.create(code="D7", full_name="示范市甲局")
    save(staff, unit=here, employer=employer)
    after = AuditEntry.objects.latest("id").after
    assert (after["unit"], after["employer"], after["stratum"]) == ("U7", "D7", "npc")


def test_status_needs_a_reason_and_a_change(staff: User) -> None:
    row = person("P1")
    for status, reason in (("paused", " "), ("nonsense", "x"), ("active", "x")):
        with pytest.raises(ValidationError):
            set_status(actor=staff, evaluator=row, status=status, reason=reason)
    set_status(actor=staff, evaluator=row, status="paused", reason="长期出差")
    entry = AuditEntry.objects.latest("id")
    assert (entry.before, entry.after, entry.reason) == ({"status": "active"}, {"status": "paused"}, "长期出差")
    assert entry.subject_label == "P1"  # the code, never the name


def test_units(staff: User) -> None:
    row = save_unit(actor=staff, unit=None, code="Ｕ９", name=" 示范 公司 ", district="鼓楼区")
    assert (row.code, row.name, row.is_active) == ("U9", "示范公司", True)
    save_unit(actor=staff, unit=row, code="HACK", name="示范公司", district="鼓楼区", is_active=False)
    row.refresh_from_db()
    assert (row.code, row.is_active) == ("U9", False)
    assert AuditEntry.objects.latest("id").after == {"is_active": False}
    own = Department.objects.create(code="D1", full_name="示范市一局")
    save_unit(actor=staff, unit=row, code="U9", name="示范公司", district="鼓楼区", is_active=False, recused=[own])
    assert AuditEntry.objects.latest("id").after == {"recused": ["D1"]}
    save_unit(actor=staff, unit=row, code="U9", name="示范公司", district="鼓楼区", is_active=False)
    assert (AuditEntry.objects.latest("id").before, row.recused.count()) == ({"recused": ["D1"]}, 0)
    for values in ({"code": "U9"}, {"code": "U 1局"}, {"name": "名" * 201}, {"name": ""}):
        with pytest.raises(ValidationError):
            save_unit(**{"actor": staff, "unit": None, "code": "U10", "name": "乙"} | values)
    assert Unit.objects.count() == 1


def test_strata(staff: User) -> None:
    row = save_stratum(actor=staff, stratum=None, code="youth", name="青年代表", name_en="Youth", order=11)
    save_stratum(actor=staff, stratum=row, code="x", name="青年", name_en="Youth", order=2, is_active=False)
    row.refresh_from_db()
    assert (row.code, row.name, row.order, row.is_active) == ("youth", "青年", 2, False)
    # A list may give a stratum by name, code or English name: none may mean two.
    for values in ({"name": "人大代表"}, {"name": "npc"}, {"name": "甲", "name_en": "NEWS media"}, {"code": "npc"}):
        with pytest.raises(ValidationError):
            save_stratum(**{"actor": staff, "stratum": None, "code": "s9", "name": "新"} | values)


@pytest.mark.parametrize("code", ["", "leader", "auditor", "administrator", "assessor", "organiser", "liaison"])
def test_who_is_not_of_the_committee_changes_nothing(code: str) -> None:
    actor, row, here = user(code), person("P1"), unit()
    for change in (
        lambda: save(actor, code="P2"),
        lambda: save(actor, row),
        lambda: set_status(actor=actor, evaluator=row, status="moved", reason="x"),
        lambda: record_contact_view(actor=actor, evaluator=row),
        lambda: save_unit(actor=actor, unit=here, code="U1", name="x"),
        lambda: save_stratum(actor=actor, stratum=row.stratum, code="x", name="x"),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert not AuditEntry.objects.exists()


def test_contact_data_within_limits() -> None:
    of_npc = user(role("npc_office", "registry.view", "registry.contact"), ("stratum", "npc"))
    record_contact_view(actor=of_npc, evaluator=person("P1"))
    with pytest.raises(PermissionDenied):
        record_contact_view(actor=of_npc, evaluator=person("P2", stratum="media"))
    assert AuditEntry.objects.get().subject_label == "P1"
