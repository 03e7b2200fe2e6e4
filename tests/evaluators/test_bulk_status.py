"""One status for many people: who is meant, what is shown, done as shown or not at all, undone for exactly those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from evaluators.models import BulkChange, BulkState, Evaluator, EvaluatorChange, Stratum
from evaluators.search_words import seal
from evaluators.services import bulk_status, merging
from evaluators.services.registry import set_status
from foundation.jobs import JobRefused, SilentProgress
from foundation.models import AuditEntry
from foundation.tables import Sheet, xlsx_bytes
from tests.evaluators.registry import client, person, role, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return user("committee")


@pytest.fixture
def people(staff: User) -> list[Evaluator]:
    """Three active, one paused, one moved, one merged, one anonymised."""
    rows = [person(f"P{number}", f"甲{number}") for number in range(3)]
    rows += [person("P3", status="paused"), person("P4", status="moved"), person("P5"), person("P6")]
    merging.merge(actor=staff, survivor=rows[0], other=rows[5])
    Evaluator.objects.filter(code="P6").update(anonymised_at=timezone.now())
    return rows


def prepared(staff: User, **selection: Any) -> BulkChange:
    return bulk_status.prepare(actor=staff, status="moved", reason="区划调整", selection=selection)


def done(staff: User, change: BulkChange) -> BulkChange:
    return bulk_status.carry_out(actor=staff, change=change, progress=SilentProgress())


def statuses() -> dict[str, str]:
    return dict(Evaluator.objects.values_list("code", "status"))


def test_what_is_shown(staff: User, people: list[Evaluator]) -> None:
    codes = [row.code for row in people] + ["X1", "X2"]
    seen = bulk_status.preview(prepared(staff, codes=codes))
    assert (seen.change, seen.same, seen.fixed, seen.unknown) == (4, 1, 2, ["X1", "X2"])


def test_done_and_undone_for_exactly_those(staff: User, people: list[Evaluator]) -> None:
    before = statuses()
    change = done(staff, prepared(staff, codes=[row.code for row in people]))
    assert statuses() == before | dict.fromkeys(["P0", "P1", "P2", "P3"], "moved")
    assert list(
        EvaluatorChange.objects.filter(through="bulk").order_by("evaluator__code").values_list("before", "reason")
    ) == [("active", "区划调整")] * 3 + [("paused", "区划调整")]
    # One of them is changed since, and changed back to the same status: somebody has decided about that one.
    set_status(actor=staff, evaluator=people[1], status="active", reason="误")
    set_status(actor=staff, evaluator=people[1], status="moved", reason="确已迁出")
    set_status(actor=staff, evaluator=people[2], status="deceased", reason="核实")
    change = bulk_status.undo(actor=staff, change=change, progress=SilentProgress())
    assert statuses() == before | {"P1": "moved", "P2": "deceased"}
    assert (change.state, change.left_alone) == (BulkState.UNDONE, 2)
    for again in (bulk_status.undo, bulk_status.carry_out):
        with pytest.raises(JobRefused):
            again(actor=staff, change=change, progress=SilentProgress())
    actions = AuditEntry.objects.filter(action__startswith="evaluators.bulk").values_list("action", "after__people")
    assert sorted(actions) == [("evaluators.bulk_status", 4), ("evaluators.bulk_undo", 2)]


def test_as_it_was_shown_or_not_at_all(staff: User, people: list[Evaluator]) -> None:
    change = prepared(staff, stratum=Stratum.objects.get(code="npc").pk)
    assert change.people == 4
    person("P9")
    before = statuses()
    with pytest.raises(JobRefused) as refusal:
        done(staff, change)
    assert refusal.value.code == "changed_meanwhile"
    assert statuses() == before
    assert bulk_status.look_again(actor=staff, change=change).change == 5
    done(staff, change)
    assert statuses()["P9"] == "moved"


def test_by_the_words_of_a_search(staff: User, people: list[Evaluator]) -> None:
    change = prepared(staff, words=seal("甲1"))
    assert "甲" not in str(change.selection)
    done(staff, change)
    assert [code for code, status in statuses().items() if status == "moved"] == ["P1", "P4"]


def test_what_is_refused(staff: User, people: list[Evaluator]) -> None:
    for wrong in (
        {"status": "merged", "reason": "x"},
        {"status": "gone", "reason": "x"},
        {"status": "moved", "reason": " "},
    ):
        with pytest.raises(ValidationError):
            bulk_status.prepare(actor=staff, selection={"codes": ["P1"]}, **wrong)
    with pytest.raises(ValidationError):
        prepared(staff, codes=[])


def test_who_must_not(staff: User, people: list[Evaluator]) -> None:
    change = prepared(staff, codes=["P1"])
    looker = user(role("looker", "registry.view"))
    limited = user(role("npc_office", "registry.view", "registry.edit"), ("stratum", "npc"))
    for actor in (looker, limited):
        for call in (
            lambda actor=actor: prepared(actor, codes=["P1"]),
            lambda actor=actor: done(actor, change),
            lambda actor=actor: bulk_status.undo(actor=actor, change=change, progress=SilentProgress()),
            lambda actor=actor: bulk_status.discard(actor=actor, change=change),
        ):
            with pytest.raises(PermissionDenied):
                call()
        for address in (reverse("evaluators:bulk-list"), reverse("evaluators:bulk-detail", args=[change.pk])):
            assert client(actor).get(address).status_code == 403
            assert client(actor).post(address, {"action": "do"}).status_code == 403
    assert statuses()["P1"] == "active"


def test_on_screen(
    staff: User, people: list[Evaluator], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    browser = client(staff)
    sheet = xlsx_bytes([Sheet(name="a", headers=["姓名", "编号"], rows=[["甲2", "P2"]])])
    sent = {
        "new_status": "paused",
        "reason": "外出学习",
        "codes": "P0，P1\nP1",
        "file": SimpleUploadedFile("a.xlsx", sheet),
    }
    to = browser.post(reverse("evaluators:bulk-list"), sent)["Location"]
    change = BulkChange.objects.get()
    assert change.selection == {"codes": ["P0", "P1", "P2"]}
    assert browser.get(to).context["seen"].change == 3
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(to, {"action": "do"})
    assert statuses() | dict.fromkeys(["P0", "P1", "P2"], "paused") == statuses()
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(to, {"action": "undo"})
    assert statuses()["P0"] == "active"
    # From a search: its filters say who, and a stratum that there is not means nobody.
    to = browser.post(reverse("evaluators:bulk-list") + "?stratum=999999", {"new_status": "paused", "reason": "试"})[
        "Location"
    ]
    assert browser.get(to).context["seen"].change == 0


def test_a_list_that_cannot_be_read_is_said(staff: User) -> None:
    sent = {"new_status": "paused", "reason": "试", "file": SimpleUploadedFile("a.xlsx", b"nothing")}
    page = client(staff).post(reverse("evaluators:bulk-list"), sent)
    assert page.status_code == 200
    assert page.context["form"].errors["file"]
    assert not BulkChange.objects.exists()
