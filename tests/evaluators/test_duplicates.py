"""Who stands in the register twice: what is suggested and what is not; merging, undoing, and what forbids them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.forms.models import model_to_dict
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from evaluation.models import Round
from evaluation.selectors import resting
from evaluation.states import RoundState
from evaluators import duplicates, listing, selectors
from evaluators.candidates import StratumRule, collect
from evaluators.importing import KIND
from evaluators.likeness import SAME, SLIP, VARIANT, kind_of
from evaluators.models import Draw, DrawnPlace, DuplicatePair, Evaluator, Merge, PairState, Snapshot
from evaluators.services import merging
from evaluators.services.registry import save_evaluator, set_status
from foundation import files, imports
from foundation.errors import Conflict
from foundation.jobs import SilentProgress
from foundation.models import AuditEntry
from tests.evaluators.registry import client, person, role, unit, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return user("committee")


def found() -> dict[tuple[str, str], tuple[str, ...]]:
    pairs, left_out = duplicates.find_pairs(SilentProgress())
    assert left_out == 0
    code = dict(Evaluator.objects.values_list("pk", "code"))
    return {(code[pair.first], code[pair.second]): pair.reasons for pair in pairs}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("张三", "张三", SAME),
        ("ＡＢＣ", "abc", VARIANT),  # width and case
        ("阿不都·热合曼", "阿不都热合曼", VARIANT),
        ("刘峰", "劉峯", VARIANT),  # traditional and variant forms
        ("肖建国", "萧建国", VARIANT),
        ("王晓明", "王晓鸣", SLIP),  # one character of three
        ("王晓明", "王明晓", SLIP),  # two changed places
        ("张伟", "张强", ""),  # of two characters any other name is one off
        ("王晓明", "李晓光", ""),
        ("阿不都热合曼买买提", "阿不都热合满买买堤", ""),  # 2 of 9 off: ratio 78 %, less than 85
        ("阿卜杜热合曼买买提江", "阿不都热合曼买买提江", ""),  # 2 of 10 off: 80 %
    ],
)
def test_how_names_are_alike(one: str, other: str, kind: str) -> None:
    assert kind_of(one, other) == kind_of(other, one) == kind


def test_what_is_suggested(db: None) -> None:
    here, there = unit("U1"), unit("U2")
    person("A1", "张三", phone="13800001234")
    person("A2", "张三", phone="13911111234")  # same name, same tail
    person("B1", "李四", unit=here)
    person("B2", "李四", unit=here)  # same name, same unit
    person("C1", "王五", phone="13822222222")
    person("C2", "赵六", phone="13822222222")  # same number
    person("D1", "钱七", email="x@example.cn")
    person("D2", "孙八", email="X@example.cn")  # same address, capitals aside
    person("E1", "刘建峰", unit=there)
    person("E2", "劉建峯", unit=there)  # written differently
    person("F1", "周晓明", unit=there, phone="13800007777")
    person("F2", "周晓鸣", unit=there, phone="13911117777")  # one character apart, same unit and tail
    person("G1", "吴晓明", unit=there)
    person("G2", "吴晓鸣", unit=there)  # one character apart alone: two people of one office
    person("H1", "张三", unit=here)  # same name as A1, nothing else
    assert found() == {
        ("A1", "A2"): ("name_tail",),
        ("B1", "B2"): ("name_unit",),
        ("C1", "C2"): ("phone",),
        ("D1", "D2"): ("email",),
        ("E1", "E2"): ("variant_unit",),
        ("F1", "F2"): ("slip_both",),
    }


def test_an_offices_number_suggests_nobody(db: None) -> None:
    """Nine people share a number: it is an office's. Eight would still be suggested."""
    for number in range(9):
        person(f"P{number}", "赵钱孙李周吴郑王冯"[number] + "甲", phone="13822222222")
    assert found() == {}
    Evaluator.objects.get(code="P8").delete()
    assert len(found()) == 28  # 8 · 7 / 2


def test_large_blocks_are_cut_and_still_found(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(duplicates, "_BLOCK", 3)
    here = unit("U1")
    for number, name in enumerate(["甲一", "乙二", "丙三", "刘建峰", "劉建峯", "丁四"]):
        person(f"P{number}", name, unit=here)
    assert found() == {("P3", "P4"): ("variant_unit",)}


def test_same_name_and_number_is_nearly_sure_and_a_frequent_name_less(db: None) -> None:
    person("A1", "张三", phone="13800001234")
    person("A2", "张三", phone="13800001234")
    person("A3", "张三", phone="13911111234")
    likelihood = {(pair.first, pair.second): pair.likelihood for pair in duplicates.find_pairs(SilentProgress())[0]}
    first, second, third = Evaluator.objects.order_by("code").values_list("pk", flat=True)
    assert likelihood[first, second] == 99
    # Two numbers that end alike: doubt 0.25 + 3 people of that name / 500 = 0.256.
    assert likelihood[first, third] == 74


def test_decided_pairs_are_not_suggested_again(staff: User) -> None:
    here = unit("U1")
    for code in ("P1", "P2"):
        person(code, "李四", unit=here)
    assert merging.refresh_suggestions(actor=staff, progress=SilentProgress())["new"] == 1
    pair = DuplicatePair.objects.get()
    merging.decide(actor=staff, pair=pair, state="different")
    again = merging.refresh_suggestions(actor=staff, progress=SilentProgress())
    assert (again["new"], again["gone"]) == (0, 0)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (PairState.DIFFERENT, staff)


def test_what_no_longer_holds_is_no_longer_suggested(staff: User) -> None:
    here = unit("U1")
    for code in ("P1", "P2"):
        person(code, "李四", unit=here)
    merging.refresh_suggestions(actor=staff, progress=SilentProgress())
    Evaluator.objects.filter(code="P2").update(name="王五")
    assert merging.refresh_suggestions(actor=staff, progress=SilentProgress())["gone"] == 1
    assert not DuplicatePair.objects.exists()


def values(row: Evaluator) -> dict[str, Any]:
    row.refresh_from_db()
    found = model_to_dict(row)
    return found | {name: bytes(getattr(row, name)) for name in ("phone_hash", "phone_tail_hash", "email_hash")}


@pytest.fixture
def two(db: None) -> tuple[Evaluator, Evaluator]:
    kept = person("P1", "李四", phone="13800000001", unit=unit("U1"))
    other = person("P2", "李四", "media", phone="13900000002", email="l@example.cn", unit=unit("U2"), status="paused")
    return kept, other


def test_merging_and_undoing_gives_back_both_exactly(staff: User, two: tuple[Evaluator, Evaluator]) -> None:
    kept, other = two
    before = values(kept), values(other)
    record = merging.merge(actor=staff, survivor=kept, other=other, take=["phone", "email", "unit", "name"])
    kept.refresh_from_db()
    assert (kept.phone, kept.email, kept.unit_id, kept.stratum.code) == (
        "13900000002", "l@example.cn", other.unit_id, "npc",
    )  # fmt: skip
    assert record.taken == ["unit", "phone", "email"]  # the name was the same
    # The merged entry keeps all it had; it can be neither drawn nor changed, and is in no list.
    after = values(other)
    assert after == before[1] | {"status": "merged", "merged_into": kept.pk}
    with pytest.raises(ValidationError):
        set_status(actor=staff, evaluator=other, status="active", reason="试")
    assert [row.code for row in listing.page_of(staff, selectors.Search()).people] == ["P1"]
    merging.undo(actor=staff, record=record)
    assert (values(kept), values(other)) == before
    with pytest.raises(Conflict):
        merging.undo(actor=staff, record=record)
    assert list(other.changes.values_list("field", "before", "after", "through")) == [
        ("status", "paused", "merged", "merge"),
        ("status", "merged", "paused", "undo"),
    ]
    log = json.dumps(list(AuditEntry.objects.values("before", "after", "subject_label", "reason")), ensure_ascii=False)
    assert not any(word in log for word in ("李四", "0002", "example.cn"))


def test_what_undoing_needs_is_stored_encrypted(staff: User, two: tuple[Evaluator, Evaluator]) -> None:
    merging.merge(actor=staff, survivor=two[0], other=two[1], take=["phone", "name"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT before, after FROM evaluators_merge")
        cells = cursor.fetchone() or ()
    assert not any(b"1380" in bytes(cell) or "李".encode() in bytes(cell) for cell in cells)


def test_undoing_is_refused_when_it_would_lose_something(staff: User, two: tuple[Evaluator, Evaluator]) -> None:
    kept, other = two
    record = merging.merge(actor=staff, survivor=kept, other=other, take=["unit"])
    # Another field changed since: that stays.
    kept.refresh_from_db()
    set_status(actor=staff, evaluator=kept, status="moved", reason="迁居")
    assert merging.undo_problems(Merge.objects.get(pk=record.pk)) == []
    # The very field: refused.
    save_evaluator(
        actor=staff, evaluator=kept, code="P1", name="李四", stratum=kept.stratum, unit=unit("U3"), phone="13800000001"
    )
    with pytest.raises(Conflict):
        merging.undo(actor=staff, record=record)


def test_undoing_is_refused_once_the_survivor_is_merged_itself(staff: User, two: tuple[Evaluator, Evaluator]) -> None:
    third = person("P3", "李四")
    first = merging.merge(actor=staff, survivor=two[0], other=two[1])
    second = merging.merge(actor=staff, survivor=third, other=Evaluator.objects.get(code="P1"))
    with pytest.raises(Conflict):
        merging.undo(actor=staff, record=first)
    merging.undo(actor=staff, record=second)
    merging.undo(actor=staff, record=first)
    assert set(Evaluator.objects.values_list("status", flat=True)) == {"active", "paused"}


def drawn(row: Evaluator, staff: User, state: RoundState, year: int = 2026) -> Round:
    round = Round.objects.create(year=year, title="示范", state=state)
    stored = files.store(b"x", kind="t", name="t", content_type="text/csv", permission="round.draw", user=staff)
    snapshot = Snapshot.objects.create(
        year=year, number=1, registry_file=stored, snapshot_hash="h", plan={}, plan_hash="h", seed_source="s",
        frozen_at=timezone.now(), frozen_by=staff,
    )  # fmt: skip
    draw = Draw.objects.create(
        snapshot=snapshot, public_seed="1", seed="s", result_file=stored, drawn_at=timezone.now(), drawn_by=staff
    )
    place = DrawnPlace.objects.create(
        draw=draw, candidate="c1", evaluator=row, stratum=row.stratum, role="main", order=1
    )
    round.invitations.create(place=place, evaluator=row, stratum=row.stratum)
    return round


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("state", [RoundState.DRAWN, RoundState.OPEN])
def test_nobody_drawn_is_merged_while_the_vote_runs(
    staff: User, two: tuple[Evaluator, Evaluator], which: int, state: RoundState
) -> None:
    drawn(two[which], staff, state)
    with pytest.raises(Conflict, match="2026"):
        merging.merge(actor=staff, survivor=two[0], other=two[1])
    assert not Merge.objects.exists()


def test_past_rounds_stay_as_they_were_and_still_count_for_resting(
    staff: User, two: tuple[Evaluator, Evaluator]
) -> None:
    kept, other = two
    round = drawn(other, staff, RoundState.CLOSED, 2025)
    merging.merge(actor=staff, survivor=kept, other=other)
    assert round.invitations.get().evaluator == other
    # Drawn last year under the old code: the person rests under the new one.
    assert kept.pk in resting(2026, 1)[0]


def test_a_merged_entry_is_no_candidate(staff: User, two: tuple[Evaluator, Evaluator]) -> None:
    merging.merge(actor=staff, survivor=two[0], other=two[1])
    rules = [StratumRule(code, cell_by=()) for code in ("npc", "media")]
    assert len(collect(uuid4(), rules, SilentProgress()).registry.ids) == 1


def imported(staff: User, *lines: str) -> imports.Preview:
    return imports.apply(
        KIND, "\n".join(lines).encode(), {}, actor=staff, fingerprint="f", skip_problem_rows=False,
        progress=SilentProgress(),
    )  # fmt: skip


def test_an_import_of_the_old_code_reaches_the_survivor(staff: User, two: tuple[Evaluator, Evaluator]) -> None:
    merging.merge(actor=staff, survivor=two[0], other=two[1], take=["phone"])
    done = imported(staff, "编号,姓名,层面,手机,区县", "P2,李四,人大代表,13900000002,鼓楼区")
    assert (done.result.problems, done.result.change) == ([], 1)
    assert [one.code for one in done.result.warnings] == ["merged_code"]
    assert Evaluator.objects.get(code="P1").district == "鼓楼区"
    assert Evaluator.objects.get(code="P2").district == ""
    # Both codes in one list: the survivor's own row counts.
    done = imported(staff, "编号,姓名,层面,区县", "P2,李四,人大代表,玄武区", "P1,李四,人大代表,秦淮区")
    assert (done.result.problems, done.result.change, done.result.unchanged) == ([], 1, 1)
    assert Evaluator.objects.get(code="P1").district == "秦淮区"


def test_who_must_not(staff: User, two: tuple[Evaluator, Evaluator]) -> None:
    looker = user(role("looker", "registry.view", "registry.contact"))
    clerk = user(role("clerk", "registry.view", "registry.edit"))
    media = user(role("media_editor", "registry.view", "registry.edit"), ("stratum", "media"))
    pair = DuplicatePair.objects.create(first=two[0], second=two[1], likelihood=90, found_at=timezone.now())
    for actor in (looker, media):
        for call in (
            lambda actor=actor: merging.merge(actor=actor, survivor=two[0], other=two[1]),
            lambda actor=actor: merging.decide(actor=actor, pair=pair, state="different"),
            lambda actor=actor: merging.refresh_suggestions(actor=actor, progress=SilentProgress()),
        ):
            with pytest.raises(PermissionDenied):
                call()
        assert client(actor).get(reverse("evaluators:duplicate-list")).status_code == 403
        assert client(actor).get(reverse("evaluators:duplicate-pair", args=[pair.pk])).status_code == 403
    # Whoever may not see contact data cannot move it from one entry to the other.
    with pytest.raises(PermissionDenied):
        merging.merge(actor=clerk, survivor=two[0], other=two[1], take=["phone"])
    text = client(clerk).get(reverse("evaluators:duplicate-pair", args=[pair.pk])).content.decode()
    assert "13800000001" not in text
    assert "l@example.cn" not in text
    assert 'name="field-phone"' not in text
    shown = client(clerk).post(reverse("evaluators:duplicate-pair", args=[pair.pk]), {"action": "contact"})
    assert "13800000001" not in shown.content.decode()
    record = merging.merge(actor=staff, survivor=two[0], other=two[1], take=["phone"])
    for actor in (looker, media, clerk):
        with pytest.raises(PermissionDenied):
            merging.undo(actor=actor, record=record)


def test_going_through_the_suggestions_on_screen(
    staff: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    here = unit("U1")
    for number in range(3):
        person(f"P{number}", "李四", unit=here, phone=f"1380000000{number}")
    browser = client(staff)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("evaluators:duplicate-start"))
    first, second = DuplicatePair.objects.order_by("pk")
    text = browser.get(reverse("evaluators:duplicate-list")).content.decode()
    assert "P0 / P1" in text
    address = reverse("evaluators:duplicate-pair", args=[first.pk])
    assert "13800000001" not in browser.get(address).content.decode()
    shown = browser.post(address, {"action": "contact"}).content.decode()
    assert "13800000001" in shown
    assert AuditEntry.objects.filter(action="evaluator.contact_seen").count() == 2
    sent = {"action": "merge", "survivor": "first", "field-phone": "second", "field-name": "first"}
    after = browser.post(address, sent)
    assert after["Location"] == reverse("evaluators:duplicate-pair", args=[second.pk])
    assert Evaluator.objects.get(code="P0").phone == "13800000001"
    assert Evaluator.objects.get(code="P1").status == "merged"
    assert browser.post(after["Location"], {"action": "different"})["Location"] == reverse("evaluators:duplicate-list")
    # From the person's page back.
    record = Merge.objects.get()
    detail = browser.get(reverse("evaluators:evaluator-detail", args=[record.merged_id])).content.decode()
    undo = reverse("evaluators:merge-undo", args=[record.pk])
    assert undo in detail
    assert browser.get(undo).status_code == 200
    browser.post(undo)
    assert Evaluator.objects.get(code="P0").phone == "13800000000"
    assert Merge.objects.get().undone_by == staff
