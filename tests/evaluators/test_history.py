"""What became of a person over the years: each change kept once, by whatever way it came; the state on a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from departments.models import Department
from evaluators import past
from evaluators.importing import KIND
from evaluators.models import ChangeThrough, Evaluator, EvaluatorChange, Stratum
from evaluators.services import history
from evaluators.services.registry import save_evaluator, set_status
from foundation import imports
from foundation.append_only import AppendOnlyError
from foundation.jobs import SilentProgress
from foundation.models import AuditEntry
from tests.evaluators.registry import client, person, role, unit, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return user("committee")


def kept(row: Evaluator) -> list[tuple[str, str, str, str]]:
    return list(row.changes.values_list("field", "before", "after", "through"))


def apply(actor: User, *lines: str) -> imports.Preview:
    done = imports.apply(
        KIND,
        "\n".join(lines).encode(),
        {},
        actor=actor,
        fingerprint="f",
        skip_problem_rows=False,
        progress=SilentProgress(),
    )
    assert not done.result.problems
    return done


def test_an_edit_keeps_what_changed_and_nothing_else(staff: User) -> None:
    old, new = unit("U1"), unit("U2")
    employer = Department.objects.create(code="D01", full_name="示范市财政局")
    row = person("P1", "张三", unit=old)
    save_evaluator(
        actor=staff, evaluator=row, code="P1", name="张三丰", stratum=Stratum.objects.get(code="media"), unit=new,
        district="鼓楼区", weight_class="外围", employer=employer,
    )  # fmt: skip
    assert kept(row) == [
        ("stratum", "npc", "media", "edit"),
        ("unit", "U1", "U2", "edit"),
        ("weight_class", "", "外围", "edit"),
        ("employer", "", "D01", "edit"),
    ]
    row.refresh_from_db()
    set_status(actor=staff, evaluator=row, status="moved", reason="迁居外地")
    last = row.changes.last()
    assert last is not None
    assert (last.field, last.before, last.after, last.reason, last.actor) == (
        "status", "active", "moved", "迁居外地", staff,
    )  # fmt: skip


def test_a_new_person_has_no_history(staff: User) -> None:
    save_evaluator(actor=staff, evaluator=None, code="P1", name="张三", stratum=Stratum.objects.get(code="npc"))
    apply(staff, "编号,姓名,层面", "P2,李四,人大代表")
    assert not EvaluatorChange.objects.exists()


def test_the_import_keeps_what_it_changes(staff: User) -> None:
    Department.objects.create(code="D01", full_name="示范市财政局")
    first = person("P1", "张三", unit=unit("U1"))
    same = person("P2", "李四")
    apply(
        staff,
        "编号,姓名,层面,单位编号,单位名称,状态,工作部门编号,权重类别",
        "P1,张三,新闻媒体,U9,新单位,暂停,D01,外围",
        "P2,李四,人大代表,,,,,",
    )
    assert sorted(kept(first)) == [
        ("employer", "", "D01", "import"),
        ("status", "active", "paused", "import"),
        ("stratum", "npc", "media", "import"),
        ("unit", "U1", "U9", "import"),
        ("weight_class", "", "外围", "import"),
    ]
    assert kept(same) == []
    # The same file again changes nothing, so nothing is kept twice; another name is no matter of the history.
    apply(staff, "编号,姓名,层面,状态", "P1,张三,新闻媒体,暂停", "P2,李四四,人大代表,有效")
    assert EvaluatorChange.objects.count() == 5


def _at(day: int) -> datetime:
    return datetime(2026, 3, day, 12, tzinfo=timezone.get_default_timezone())


def test_the_state_on_a_day(staff: User) -> None:
    """In the register on the 1st as active; paused on the 5th, active again on the 9th; to the media on the 9th."""
    row = person("P1", "张三")
    Evaluator.objects.filter(pk=row.pk).update(created_at=_at(1))
    changes: list[tuple[int, dict[str, Any]]] = [
        (5, {"status": "paused"}),
        (9, {"status": "active", "stratum": Stratum.objects.get(code="media")}),
    ]
    for day, values in changes:
        row = Evaluator.objects.get(pk=row.pk)
        before = history.state_of(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        history.note(actor=staff, row=row, before=before, through=ChangeThrough.EDIT, at=_at(day))
    found = {day: past.as_of(_at(day).date(), [row.pk]).get(row.pk) for day in (4, 5, 8, 9)}
    shown = {day: (state["stratum"], state["status"]) for day, state in found.items() if state}
    assert shown == {4: ("npc", "active"), 5: ("npc", "paused"), 8: ("npc", "paused"), 9: ("media", "active")}
    assert past.as_of((_at(1) - timedelta(days=1)).date(), [row.pk]) == {}


def test_history_is_shown_in_words(staff: User) -> None:
    row = person("P1", "张三", unit=unit("U1", "宏图公司"))
    set_status(actor=staff, evaluator=row, status="moved", reason="迁居外地")
    page = client(staff).get(reverse("evaluators:evaluator-detail", args=[row.pk]), {"on": "2000-01-01"})
    text = page.content.decode()
    for word in ("迁居外地", "有效", "迁出", "当时尚未入库"):
        assert word in text
    on = timezone.localdate().isoformat()
    page = client(staff).get(reverse("evaluators:evaluator-detail", args=[row.pk]), {"on": on})
    assert ("单位", "宏图公司") in page.context["then"]


def test_history_of_another_stratum_is_not_shown(staff: User) -> None:
    row = person("P1", "张三")
    set_status(actor=staff, evaluator=row, status="moved", reason="迁居外地")
    browser = client(user(role("media_office", "registry.view"), ("stratum", "media")))
    assert browser.get(reverse("evaluators:evaluator-detail", args=[row.pk])).status_code == 404


def test_history_only_grows(staff: User) -> None:
    row = person("P1", "张三")
    set_status(actor=staff, evaluator=row, status="moved", reason="迁居外地")
    change = row.changes.get()
    with pytest.raises(AppendOnlyError):
        change.save()
    with pytest.raises(AppendOnlyError):
        EvaluatorChange.objects.all().delete()
    for statement in ("UPDATE {} SET after = 'active'", "DELETE FROM {}"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format("evaluators_evaluatorchange"))


def test_the_audit_log_knows_no_names(staff: User) -> None:
    row = save_evaluator(actor=staff, evaluator=None, code="P1", name="诸葛明", stratum=Stratum.objects.get(code="npc"))
    save_evaluator(actor=staff, evaluator=row, code="P1", name="诸葛亮", stratum=Stratum.objects.get(code="npc"))
    told = str(list(AuditEntry.objects.values("before", "after", "subject_label", "reason")))
    assert "诸葛" not in told
    assert AuditEntry.objects.get(action="evaluator.change").after == {"personal_changed": ["name"]}
