"""How long names are kept: who is announced, who never is, what is left of an anonymised person, who must not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from departments.models import Department
from evaluation.states import RoundState
from evaluators.importing import KIND
from evaluators.models import (
    ChangeThrough,
    Evaluator,
    EvaluatorChange,
    Merge,
    RetentionHold,
    RetentionNotice,
    RetentionPolicy,
    Unit,
)
from evaluators.selectors import stratum_sizes
from evaluators.services import history, merging, retention
from evaluators.services.registry import save_evaluator, set_status
from evaluators.tasks import retain
from foundation import imports
from foundation.append_only import AppendOnlyError
from foundation.jobs import SilentProgress
from tests.evaluators.registry import client, person, role, unit, user
from tests.evaluators.test_duplicates import drawn

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return user("committee")


def ago(years: float) -> datetime:
    return timezone.now() - timedelta(days=365.25 * years)


def rule(staff: User, years: int = 5, grace: int = 30) -> RetentionPolicy:
    return retention.set_policy(actor=staff, years=years, grace_days=grace, reason="个人信息保护")


def somebody(code: str, years: float, status: str = "moved", **values: Any) -> Evaluator:
    """A person inactive since so many years: in the register long before, the change of status kept."""
    row = person(code, f"名{code}", phone=values.pop("phone", ""), status=status, **values)
    Evaluator.objects.filter(pk=row.pk).update(created_at=ago(20))
    changed = [history.Changed(row.pk, "status", "active", status)]
    history.keep(actor=None, changed=changed, through=ChangeThrough.EDIT, reason=f"名{code}来电", at=ago(years))
    row.refresh_from_db()
    return row


def announced(staff: User) -> list[str]:
    retention.announce(actor=staff, progress=SilentProgress())
    return sorted(RetentionNotice.objects.values_list("evaluator__code", flat=True))


def carried_out(staff: User) -> list[str]:
    """Everybody announced is due today."""
    RetentionNotice.objects.update(due_on=timezone.localdate())
    retention.anonymise_due(actor=staff, progress=SilentProgress())
    return sorted(Evaluator.objects.filter(anonymised_at__isnull=False).values_list("code", flat=True))


def test_without_a_rule_nobody(staff: User) -> None:
    somebody("P1", 19)
    assert announced(staff) == []
    rule(staff, years=0)
    assert announced(staff) == []


def test_who_is_announced(staff: User) -> None:
    rule(staff)
    somebody("P1", 5.1)
    somebody("P2", 4.9)
    somebody("P3", 10, status="active")
    somebody("P4", 6, status="deceased")
    somebody("P5", 6, confirmed_year=timezone.localdate().year - 2)  # a unit confirmed the person since
    other = somebody("P6", 6)
    set_status(actor=staff, evaluator=other, status="active", reason="回来")
    set_status(actor=staff, evaluator=other, status="moved", reason="又走")  # inactive anew, since today
    assert announced(staff) == ["P1", "P4"]
    notice = RetentionNotice.objects.get(evaluator__code="P1")
    assert (notice.due_on - notice.announced_on).days == 30
    assert notice.since == timezone.localdate(ago(5.1))


@pytest.mark.parametrize("state", [RoundState.DRAWN, RoundState.OPEN, RoundState.CLOSED, RoundState.PUBLISHED])
def test_never_while_a_round_is_not_archived(staff: User, state: RoundState) -> None:
    rule(staff)
    row = somebody("P1", 15)
    round = drawn(row, staff, state, timezone.localdate().year - 10)
    assert announced(staff) == []
    type(round).objects.filter(pk=round.pk).update(state=RoundState.ARCHIVED)
    assert announced(staff) == ["P1"]
    # And looked at again at the moment of doing it.
    type(round).objects.filter(pk=round.pk).update(state=state)
    assert carried_out(staff) == []


def test_drawn_since_counts_as_activity(staff: User) -> None:
    rule(staff)
    drawn(somebody("P1", 15), staff, RoundState.ARCHIVED, timezone.localdate().year - 2)
    assert announced(staff) == []


def test_the_grace_period_is_kept_and_what_changes_in_it_counts(staff: User) -> None:
    rule(staff)
    rows = [somebody(f"P{number}", 6) for number in range(3)]
    assert announced(staff) == ["P0", "P1", "P2"]
    assert retention.anonymise_due(actor=staff, progress=SilentProgress()) == 0  # 30 days are not over
    set_status(actor=staff, evaluator=rows[0], status="active", reason="回来")
    held = retention.hold(actor=staff, evaluator=rows[1], reason="诉讼")
    assert carried_out(staff) == ["P2"]
    retention.release(actor=staff, held=held)
    assert announced(staff) == ["P1"]
    assert RetentionNotice.objects.get().due_on == timezone.localdate() + timedelta(days=30)  # the whole period anew


def test_a_longer_rule_takes_announcements_back(staff: User) -> None:
    rule(staff)
    somebody("P1", 6)
    assert announced(staff) == ["P1"]
    rule(staff, years=10)
    assert announced(staff) == []


def everything() -> str:
    """All that the database has, but units."""
    found = []
    for model in apps.get_models():
        if model is not Unit and model._meta.managed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {model._meta.db_table}")
                found += [_plain(cell) for row in cursor.fetchall() for cell in row]
    return "\n".join(found)


def _plain(cell: Any) -> str:
    if isinstance(cell, (bytes, memoryview)):
        return bytes(cell).hex()
    # SQLite keeps JSON as text with its characters escaped.
    return str(cell).encode().decode("unicode_escape") if "\\u" in str(cell) else str(cell)


def test_nothing_is_left_that_tells_who_it_was(staff: User) -> None:
    employer = Department.objects.create(code="D01", full_name="示范市财政局")
    npc = person("P0").stratum
    kept = save_evaluator(
        actor=staff, evaluator=None, code="K1", name="诸葛孔明", stratum=npc, unit=unit("U77"), employer=employer,
        phone="13812349876", email="kongming@example.cn", proposed_by="卧龙岗", weight_class="外围", industry="军师",
    )  # fmt: skip
    twin = person("K2", "诸葛孔明", phone="13812345555", unit=Unit.objects.get(code="U77"))
    save_evaluator(
        actor=staff, evaluator=kept, code="K1", name="诸葛孔明", stratum=npc, unit=unit("U78"), phone="13812349876"
    )
    merging.refresh_suggestions(actor=staff, progress=SilentProgress())
    merging.merge(actor=staff, survivor=kept, other=twin, take=["phone"])
    kept.refresh_from_db()
    set_status(actor=staff, evaluator=kept, status="moved", reason="迁居外地")
    hashes = [bytes(kept.phone_hash).hex(), bytes(twin.phone_hash).hex(), bytes(kept.email_hash).hex()]
    assert all(word in everything() for word in ("诸葛孔明", "U77", *hashes[:1]))
    keys = [kept.pk, twin.pk]
    retention._wipe(keys)
    left = everything()
    for word in ("诸葛", "9876", "5555", "kongming", *hashes):
        assert word not in left, word
    # Where they worked and who proposed them tells who they were only beside a name; the register forgets it too.
    kept_of_them = [*Evaluator.objects.filter(pk__in=keys).values(), *EvaluatorChange.objects.values()]
    assert not any(word in str(kept_of_them) for word in ("U77", "U78", "军师", "外围", "卧龙岗", "迁居"))
    assert not any(bytes(cell) for pair in Merge.objects.values_list("before", "after") for cell in pair if cell)
    rows = Evaluator.objects.filter(pk__in=keys).order_by("code")
    assert [(row.code, row.name, row.stratum, row.unit, row.employer) for row in rows] == [
        ("K1", "", npc, None, None), ("K2", "", npc, None, None),
    ]  # fmt: skip
    # What counts and past rounds need is there.
    assert EvaluatorChange.objects.filter(evaluator=kept, field="status").values_list("before", "after").last() == (
        "active", "moved",
    )  # fmt: skip
    assert next(total for stratum, total, _active in stratum_sizes() if stratum == npc) == 2


def test_anonymised_people_stay_so(staff: User) -> None:
    rule(staff)
    row = somebody("P1", 6, phone="13812349876")
    announced(staff)
    assert carried_out(staff) == ["P1"]
    with pytest.raises(ValidationError):
        set_status(actor=staff, evaluator=row, status="active", reason="试")
    with pytest.raises(ValidationError):
        retention.hold(actor=staff, evaluator=row, reason="试")
    done = imports.apply(
        KIND, "编号,姓名,层面\nP1,张三,人大代表".encode(), {}, actor=staff, fingerprint="f", skip_problem_rows=False,
        progress=SilentProgress(),
    )  # fmt: skip
    assert [(one.row, one.column, one.code) for one in done.result.problems] == [(2, "编号", "anonymised")]
    page = client(staff).get(reverse("evaluators:evaluator-detail", args=[row.pk]))
    assert "已匿名" in page.content.decode()


def test_the_history_can_be_emptied_but_not_altered(staff: User) -> None:
    row = somebody("P1", 6)
    table = "evaluators_evaluatorchange"
    for wrong in (
        f"UPDATE {table} SET after = 'active'",
        f"UPDATE {table} SET after = '', through = 'bulk'",
        f"DELETE FROM {table}",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(wrong)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET reason = ''")
    assert row.changes.get().reason == ""
    with pytest.raises(AppendOnlyError):
        RetentionPolicy.objects.all().delete()


def test_each_night(staff: User) -> None:
    rule(staff, grace=7)
    somebody("P1", 6)
    assert retain() == 0
    RetentionNotice.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    assert retain() == 1
    assert retain() == 0


@pytest.mark.parametrize(("years", "grace"), [(51, 30), (5, 6), (5, 366)])
def test_senseless_rules_are_refused(staff: User, years: int, grace: int) -> None:
    with pytest.raises(ValidationError):
        rule(staff, years, grace)


def test_who_must_not(staff: User) -> None:
    rule(staff)
    row = somebody("P1", 6)
    announced(staff)
    held = RetentionHold.objects.create(evaluator=somebody("P2", 6), reason="x", by=staff)
    editor = user(role("editor", "registry.view", "registry.edit", "registry.contact"))
    limited = user(role("npc_office", "registry.view", "registry.retention"), ("stratum", "npc"))
    for actor in (editor, limited):
        for call in (
            lambda actor=actor: rule(actor),
            lambda actor=actor: retention.hold(actor=actor, evaluator=row, reason="x"),
            lambda actor=actor: retention.release(actor=actor, held=held),
            lambda actor=actor: retention.announce(actor=actor, progress=SilentProgress()),
            lambda actor=actor: retention.anonymise_due(actor=actor, progress=SilentProgress()),
            lambda actor=actor: retention.report(actor=actor, progress=SilentProgress()),
        ):
            with pytest.raises(PermissionDenied):
                call()
        browser = client(actor)
        assert browser.get(reverse("evaluators:retention")).status_code == 403
        for name, arguments in (
            ("retention-start", []),
            ("retention-report-start", []),
            ("evaluator-hold", [row.pk]),
            ("retention-release-start", [held.pk]),
        ):
            assert browser.post(reverse(f"evaluators:{name}", args=arguments), {"reason": "x"}).status_code == 403
    held.refresh_from_db()
    assert (held.lifted_at, RetentionNotice.objects.count()) == (None, 1)


def test_on_screen(staff: User, django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    browser = client(staff)
    page = reverse("evaluators:retention")
    row = somebody("P1", 6)
    browser.post(page, {"years": 5, "grace_days": 30, "reason": "规定"})
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("evaluators:retention-start"))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("evaluators:retention-report-start"))
    shown = browser.get(page)
    assert "P1" in shown.content.decode()
    assert [file.meta["rows"] for file in shown.context["files"]] == [1]
    hold = reverse("evaluators:evaluator-hold", args=[row.pk])
    assert browser.get(hold).status_code == 200
    browser.post(hold, {"reason": "诉讼"})
    shown = browser.get(page)
    assert shown.context["count"] == 0
    browser.post(reverse("evaluators:retention-release-start", args=[RetentionHold.objects.get().pk]))
    assert not RetentionHold.objects.filter(lifted_at=None).exists()
