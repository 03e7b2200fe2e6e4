"""From creating a round to opening it, through the services alone."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.services import console
from departments.models import Department, DepartmentYear, Lineage
from evaluation.models import Invitation, Round, RoundMove
from evaluation.refusals import Refused, Stale
from evaluation.selectors import draw_count, standing_draw, standing_snapshot
from evaluation.services import (
    configure,
    create_round,
    draw_evaluators,
    edit_basics,
    edits_since,
    freeze_register,
    guards,
    move,
    open_round,
    reschedule,
    unfreeze,
    verify_draw,
    void_draw,
)
from evaluators.candidates import opaque_id, salt_of
from evaluators.draw.commitment import verify_commitment
from evaluators.models import Draw, DrawnPlace, Evaluator, EvaluatorStatus, Snapshot, Unit
from evaluators.services.snapshots import folder
from foundation import files
from foundation.jobs import SilentProgress
from foundation.models import AuditEntry, StoredFile
from tests.evaluation_rounds import city

pytestmark = pytest.mark.django_db


def codes_of(refusal: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [problem.code for problem in refusal.value.problems]


def frozen(**changes: object) -> Round:
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    return evaluation


def drawn() -> Round:
    evaluation = frozen()
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    return evaluation


def test_departments_that_change_while_the_register_is_read_are_not_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluators.candidates._REPORT_EVERY", 1)
    evaluation = city.draft()

    def leave(_done: int, _total: int, _message: str) -> None:
        row = DepartmentYear.objects.filter(year=2008).order_by("department__code").last()
        if row is not None and DepartmentYear.objects.filter(year=2008).count() == before:
            row.delete()

    before = DepartmentYear.objects.filter(year=2008).count()
    with pytest.raises(Refused) as refusal:
        freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE, progress=SilentProgress(leave))
    assert codes_of(refusal) == ["changed_meanwhile"]
    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.ballot_definition) == ("draft", None)
    assert not Snapshot.objects.exists()


# Creating


def test_a_new_round_has_a_complete_configuration() -> None:
    made = create_round(actor=console(), year=2008, title="2008年度")
    assert made.state == "draft"
    assert [row["code"] for row in made.configuration["strata"]][:2] == ["leaders", "npc"]
    assert not [
        problem
        for problem in guards.missing(made, "freeze")
        if problem.url_name == "evaluation:section-edit" and problem.url_args[1] not in ("basics", "strata")
    ]


def test_a_year_has_one_round() -> None:
    create_round(actor=console(), year=2008, title="a")
    with pytest.raises(ValidationError):
        create_round(actor=console(), year=2008, title="b")


def test_copying_takes_configuration_and_departments() -> None:
    first = city.draft(2007)
    second = create_round(actor=console(), year=2008, title="2008", copy_from=first)
    assert second.configuration == first.configuration
    assert second.copied_from == first
    assert DepartmentYear.objects.filter(year=2008).count() == 10


def test_copying_leaves_departments_that_are_there() -> None:
    first = city.draft(2007)
    city.departments(2008, per_group=1)
    create_round(actor=console(), year=2008, title="2008", copy_from=first)
    assert DepartmentYear.objects.filter(year=2008).count() == 5


@pytest.mark.parametrize("role", ["leader", "auditor", "administrator", "organiser", "liaison"])
def test_only_staff_create_and_configure(role: str) -> None:
    outsider = city.user(role)
    with pytest.raises(PermissionDenied):
        create_round(actor=outsider, year=2008, title="a")
    made = create_round(actor=console(), year=2008, title="a")
    with pytest.raises(PermissionDenied):
        configure(actor=outsider, round=made, section="scale", changes={"scale": []}, version=0)
    with pytest.raises(PermissionDenied):
        freeze_register(actor=outsider, round=made, seed_source="x")
    with pytest.raises(PermissionDenied):
        draw_evaluators(actor=outsider, round=made, public_seed=city.SEED, witnesses=city.WITNESSES)
    with pytest.raises(PermissionDenied):
        open_round(actor=outsider, round=made)
    with pytest.raises(PermissionDenied):
        move(round=made, verb="freeze", actor=outsider)
    assert Round.objects.get().state == "draft"


# Configuring


def test_a_form_saved_over_a_newer_one_is_refused_and_says_what_changed() -> None:
    made = create_round(actor=console(), year=2008, title="a")
    shown = made.version
    colleague = city.user("committee", name="wang")
    ours = {"min_valid": 7}
    configure(actor=colleague, round=made, section="ballot", changes={"min_cell": 8}, version=shown)
    with pytest.raises(Stale) as stale:
        configure(actor=console(), round=made, section="ballot", changes=ours, version=shown)
    edit = edits_since(made, shown)[0]
    assert (edit.who, edit.section, edit.changes) == ("wang", "ballot", [("min_cell", 5, 8)])
    # Saved again over the newer version, both changes are there.
    configure(actor=console(), round=made, section="ballot", changes=ours, version=stale.value.version)
    assert (made.configuration["min_valid"], made.configuration["min_cell"]) == (7, 8)


def test_only_what_changed_is_audited() -> None:
    made = create_round(actor=console(), year=2008, title="a")
    scale = [dict(row) for row in made.configuration["scale"]]
    scale[1]["value"] = "70"
    configure(actor=console(), round=made, section="scale", changes={"scale": scale}, version=0)
    entry = AuditEntry.objects.filter(action="round.configure").get()
    assert entry.before == {"scale.B.value": "80"}
    assert entry.after == {"scale.B.value": "70", "section": "scale", "version": 1}


def test_saving_without_change_writes_nothing() -> None:
    made = create_round(actor=console(), year=2008, title="a")
    changes = {"scale": made.configuration["scale"]}
    configure(actor=console(), round=made, section="scale", changes=changes, version=0)
    assert made.version == 0
    assert not AuditEntry.objects.filter(action="round.configure").exists()


def test_a_section_changes_nothing_of_another() -> None:
    made = create_round(actor=console(), year=2008, title="a")
    with pytest.raises(ValueError, match="items"):
        configure(actor=console(), round=made, section="scale", changes={"items": []}, version=0)


def test_basics_set_the_grace_of_the_ballot_rules_too() -> None:
    made = create_round(actor=console(), year=2008, title="a")
    now = timezone.now()
    edit_basics(
        actor=console(), round=made, version=0, title="b", theme="t", opens_at=now,
        closes_at=now + timedelta(days=1), grace_minutes=20,
    )  # fmt: skip
    assert (made.title, made.grace_minutes, made.configuration["ballot"]["grace_minutes"]) == ("b", 20, 20)
    with pytest.raises(ValidationError):
        edit_basics(
            actor=console(), round=made, version=1, title="b", theme="", opens_at=now, closes_at=now, grace_minutes=1
        )


# Freezing


def test_freezing_fixes_rules_register_and_hashes() -> None:
    evaluation = frozen()
    snapshot = standing_snapshot(2008)
    assert snapshot is not None
    assert evaluation.state == "configured"
    assert evaluation.configuration_fingerprint == guards.configuration_of(evaluation).fingerprint()
    assert evaluation.populations == {"npc": 60, "residents": 100, "media": 4}
    assert len(evaluation.ballot_definition["departments"]) == 10
    assert evaluation.baselines == []
    content = files.read(snapshot.registry_file)
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert len(rows) == 164
    assert {row["cell"] for row in rows} == {"鼓楼区|", "玄武区|"}
    # No name, no phone, no registry code in the file that goes out.
    assert b"npc-0001" not in content
    assert "张".encode() not in content
    assert [step.verb for step in RoundMove.objects.all()] == ["freeze"]
    # npc: 10 seats over two cells of 30; residents: 20 over two of 50.
    assert {(row["stratum"], row["size"], row["seats"]) for row in snapshot.chances} == {
        ("npc", 30, 5), ("residents", 50, 10), ("media", 2, 2),
    }  # fmt: skip


def test_a_commitment_can_be_checked_with_the_own_salt() -> None:
    frozen()
    snapshot = standing_snapshot(2008)
    person = Evaluator.objects.get(code="npc-0001")
    candidate = opaque_id(snapshot.pk, "person", person.pk)
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(files.read(snapshot.registry_file).decode()))}
    salt = salt_of(snapshot.pk, candidate)
    assert verify_commitment(rows[candidate]["commitment"], salt, person.name, person.phone)
    assert not verify_commitment(rows[candidate]["commitment"], salt, "李四", person.phone)


def test_freezing_lists_everything_that_is_missing() -> None:
    made = create_round(actor=console(), year=2008, title="a")
    with pytest.raises(Refused) as refusal:
        freeze_register(actor=console(), round=made, seed_source=" ")
    assert codes_of(refusal) == ["no_departments", "dates_missing", *["stratum_empty"] * 10, "seed_source_missing"]
    assert made.state == "draft"
    assert not Snapshot.objects.exists()


def test_classes_of_the_register_must_be_known() -> None:
    evaluation = city.draft()
    Evaluator.objects.filter(code="npc-0001").update(weight_class="vip")
    with pytest.raises(Refused) as refusal:
        freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert codes_of(refusal) == ["class_unknown"]


def test_a_group_needs_departments_and_a_department_a_weighed_group() -> None:
    evaluation = city.draft()
    groups = [row for row in evaluation.configuration["groups"] if row["code"] != "party"]
    configure(
        actor=console(), round=evaluation, section="weights", changes={"groups": groups}, version=evaluation.version
    )
    DepartmentYear.objects.filter(year=2008, group__code="vertical").delete()
    with pytest.raises(Refused) as refusal:
        freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert sorted(codes_of(refusal)) == ["group_empty", "group_unweighed"]


def test_unequal_chances_need_a_reason() -> None:
    evaluation = city.draft()
    # A third cell of one person in npc: with 10 seats over 61 it gets none (30·10/61 = 4.92 each, 10/61 = 0.16).
    city.people("npc", 1, start=900, district="高淳县")
    with pytest.raises(Refused) as refusal:
        freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert codes_of(refusal) == ["unfair_chances"]
    assert "高淳县" in refusal.value.line
    snapshot = freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE, chances_reason="远郊一人")
    assert snapshot.chances_reason == "远郊一人"
    assert [row["flag"] for row in snapshot.chances if row["cell"] == "高淳县|"] == ["zero"]


def test_who_is_left_out_and_why() -> None:
    evaluation = city.draft()
    Evaluator.objects.filter(code="npc-0001").update(status=EvaluatorStatus.MOVED)
    city.people("party", 1)
    employer = DepartmentYear.objects.filter(year=2008).first().department
    Evaluator.objects.filter(code="npc-0002").update(employer=employer)
    plans = city.strata_plans(
        evaluation, npc={"recusal": "round"}, residents={"quota": 20}, media={"mode": "all", "quota": 0}
    )
    configure(
        actor=console(), round=evaluation, section="strata", changes={"strata": plans}, version=evaluation.version
    )
    snapshot = freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert evaluation.populations == {"npc": 58, "residents": 100, "media": 4}
    assert snapshot.exclusion_counts == {
        "npc": {"inactive": 1, "rotation": 0, "recusal": 1, "stratum_not_in_round": 0},
        "party": {"inactive": 0, "rotation": 0, "recusal": 0, "stratum_not_in_round": 1},
    }
    content = files.read(snapshot.exclusions_file)
    assert content.decode().splitlines() == [
        "code,stratum,reason", "npc-0001,npc,inactive", "npc-0002,npc,recusal", "party-0001,party,stratum_not_in_round",
    ]  # fmt: skip
    assert snapshot.exclusions_file.encrypted
    assert snapshot.exclusions_hash == snapshot.exclusions_file.sha256


def test_rotation_leaves_out_who_was_invited_in_the_last_rounds() -> None:
    evaluation = city.draft(2007)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    following = create_round(
        actor=console(), year=2008, title="b", copy_from=evaluation, opens_at=evaluation.opens_at,
        closes_at=evaluation.closes_at,
    )  # fmt: skip
    plans = city.strata_plans(following, npc={"rotation_rounds": 1}, residents={}, media={"mode": "all", "quota": 0})
    configure(actor=console(), round=following, section="strata", changes={"strata": plans}, version=0)
    freeze_register(actor=console(), round=following, seed_source=city.SOURCE)
    assert following.populations == {"npc": 50, "residents": 100, "media": 4}


def test_unfreezing_voids_the_snapshot_and_needs_a_reason() -> None:
    evaluation = frozen()
    with pytest.raises(Refused) as refusal:
        unfreeze(actor=console(), round=evaluation, reason=" ")
    assert codes_of(refusal) == ["reason_missing"]
    unfreeze(actor=console(), round=evaluation, reason="名册有误")
    assert (evaluation.state, evaluation.frozen_at, evaluation.populations) == ("draft", None, None)
    assert Snapshot.objects.get().void_reason == "名册有误"
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert [s.number for s in Snapshot.objects.filter(year=2008)] == [2, 1]


def test_a_frozen_round_cannot_be_configured_but_its_dates_moved_with_a_reason() -> None:
    evaluation = frozen()
    with pytest.raises(Refused) as refusal:
        configure(actor=console(), round=evaluation, section="scale", changes={"scale": []}, version=evaluation.version)
    assert codes_of(refusal) == ["frozen"]
    later = timezone.now() + timedelta(days=9)
    with pytest.raises(Refused):
        reschedule(actor=console(), round=evaluation, opens_at=evaluation.opens_at, closes_at=later, reason="")
    reschedule(actor=console(), round=evaluation, opens_at=evaluation.opens_at, closes_at=later, reason="国庆假期")
    assert evaluation.closes_at == later


@pytest.mark.parametrize("verb", ["freeze", "draw", "open", "unfreeze", "void_draw"])
def test_no_bare_move_without_the_work_of_its_verb(verb: str) -> None:
    evaluation = city.draft()
    states = {"freeze": "draft", "draw": "configured", "open": "drawn", "unfreeze": "configured", "void_draw": "drawn"}
    Round.objects.filter(pk=evaluation.pk).update(state=states[verb], frozen_at=timezone.now())
    if verb == "freeze":
        Round.objects.filter(pk=evaluation.pk).update(frozen_at=None)
    with pytest.raises(Refused):
        move(round=evaluation, verb=verb, actor=console(), reason="x")
    assert not RoundMove.objects.exists()


# Drawing


def test_the_draw_invites_the_main_places() -> None:
    evaluation = drawn()
    record = standing_draw(2008)
    assert evaluation.state == "drawn"
    # npc 10 and residents 20 by quota, media all 4; reserves 2 and 4 are not invited.
    assert Invitation.objects.filter(round=evaluation).count() == 34
    assert DrawnPlace.objects.filter(draw=record, role="reserve").count() == 6
    assert record.summary["strata"]["residents"] == {"quota": 20, "chosen": 20, "reserve": 4, "shortfall": 0}
    invitation = Invitation.objects.filter(stratum__code="npc").first()
    assert invitation.district in {"鼓楼区", "玄武区"}
    assert (invitation.weight_class, invitation.recused, invitation.code_hash) == ("", [], None)


def with_enterprises(quota: int) -> Round:
    """A draft with a stratum of eight units, three codes each."""
    evaluation = city.draft()
    city.units("enterprises", 8)
    plans = [
        *evaluation.configuration["strata"],
        {"code": "enterprises", "label": "企业", "mode": "random", "drawn_by": "unit", "ballots_per_unit": 3,
         "quota": quota, "cell_by": ["district"]},
    ]  # fmt: skip
    configure(
        actor=console(), round=evaluation, section="strata", changes={"strata": plans}, version=evaluation.version
    )
    groups = city.weights(evaluation, npc="40", residents="40", media="10", enterprises="10")
    configure(
        actor=console(), round=evaluation, section="weights", changes={"groups": groups}, version=evaluation.version
    )
    return evaluation


def test_the_codes_of_a_unit_leave_out_what_its_own_list_says_and_a_unit_without_anything_left_is_not_drawn() -> None:
    evaluation = with_enterprises(quota=8)
    some, every = Unit.objects.order_by("code")[:2]
    old, new = (Department.objects.get(code=code) for code in ("D-party-1", "D-party-2"))
    DepartmentYear.objects.filter(year=2008, department=old).delete()
    Lineage.objects.create(predecessor=old, successor=new, kind="merged", year=2008)
    some.recused.set([old, Department.objects.get(code="D-economy-1")])
    every.recused.set(Department.objects.all())
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    assert standing_snapshot(2008).exclusion_counts["enterprises"]["recusal"] == 1
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    rows = Invitation.objects.filter(stratum__code="enterprises")
    # What the old one did, its successor does now: the list follows.
    assert [row.recused for row in rows.filter(unit=some)] == [["D-economy-1", "D-party-2"]] * 3
    assert rows.filter(unit=every).count() == 0
    assert {tuple(row.recused) for row in rows.exclude(unit=some)} == {()}


def test_a_stratum_drawn_by_unit_gets_codes_to_hand_out() -> None:
    evaluation = with_enterprises(quota=4)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    # Candidates are units; scoring multiplies by the ballots of each.
    assert evaluation.populations["enterprises"] == 8
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    rows = Invitation.objects.filter(stratum__code="enterprises")
    assert rows.count() == 12
    assert rows.filter(evaluator=None, unit__isnull=False, district="鼓楼区").count() == 12
    assert rows.values("unit").distinct().count() == 4


def test_recusal_follows_the_rule_of_the_stratum_and_the_lineage_of_the_employer() -> None:
    evaluation = city.draft()
    party = DepartmentYear.objects.filter(year=2008, group__code="party").order_by("department__code")
    old, new = party[0].department, party[1].department
    DepartmentYear.objects.filter(year=2008, department=old).delete()
    Lineage.objects.create(predecessor=old, successor=new, kind="merged", year=2008)
    Evaluator.objects.filter(stratum__code="media").update(employer=old)
    economy = DepartmentYear.objects.filter(year=2008, group__code="economy").first().department
    Evaluator.objects.filter(stratum__code="npc").update(employer=economy)
    plans = city.strata_plans(
        evaluation, npc={"recusal": "group"}, residents={}, media={"mode": "all", "quota": 0, "recusal": "department"}
    )
    configure(
        actor=console(), round=evaluation, section="strata", changes={"strata": plans}, version=evaluation.version
    )
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    assert Invitation.objects.filter(stratum__code="media").first().recused == [new.code]
    assert Invitation.objects.filter(stratum__code="npc").first().recused == ["D-economy-1", "D-economy-2"]
    assert Invitation.objects.filter(stratum__code="residents").first().recused == []


def test_a_weight_class_of_few_counts_with_the_default() -> None:
    evaluation = city.draft()
    classes = [*evaluation.configuration["weight_classes"], {"code": "veteran", "label": "资深", "weight": "2"}]
    configure(
        actor=console(), round=evaluation, section="classes", changes={"weight_classes": classes},
        version=evaluation.version,
    )  # fmt: skip
    # All 60 of npc are veterans (10 drawn, at least 5: kept); all 4 of media too (4 drawn, below 5: default).
    Evaluator.objects.filter(stratum__code__in=["npc", "media"]).update(weight_class="veteran")
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    record = draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    assert set(Invitation.objects.filter(stratum__code="npc").values_list("weight_class", flat=True)) == {"veteran"}
    assert set(Invitation.objects.filter(stratum__code="media").values_list("weight_class", flat=True)) == {""}
    assert record.summary["small_classes"] == [{"stratum": "media", "weight_class": "veteran", "count": 4}]


@pytest.mark.parametrize("seed", ["", "  ", "1  2", " 12", "12\n", "１２", "12;13"])
def test_a_seed_of_another_form_is_refused(seed: str) -> None:
    evaluation = frozen()
    with pytest.raises(Refused) as refusal:
        draw_evaluators(actor=console(), round=evaluation, public_seed=seed, witnesses=city.WITNESSES)
    assert codes_of(refusal) == ["bad_public_seed"]


def test_wrong_order_is_impossible() -> None:
    evaluation = city.draft()
    for attempt in (
        lambda: draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES),
        lambda: open_round(actor=console(), round=evaluation),
        lambda: unfreeze(actor=console(), round=evaluation, reason="x"),
        lambda: void_draw(actor=console(), round=evaluation, reason="x"),
    ):
        with pytest.raises(Refused) as refusal:
            attempt()
        assert codes_of(refusal) == ["wrong_state"]


def test_an_altered_register_file_is_refused() -> None:
    evaluation = frozen()
    content = files.read(standing_snapshot(2008).registry_file)
    altered = files.store(
        content.replace("鼓楼区".encode(), "玄武区".encode(), 1), kind="draw.registry", name="registry.csv",
        content_type="text/csv", permission="round.view", user=None,
    )  # fmt: skip
    Snapshot.objects.update(registry_file=altered)
    with pytest.raises(Refused) as refusal:
        draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    assert codes_of(refusal) == ["snapshot_changed"]
    assert not Draw.objects.exists()
    StoredFile.objects.filter(pk=altered.pk).update(sha256="0" * 64)
    with pytest.raises(Refused):
        draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)


def test_who_changed_since_freezing_is_listed_and_a_vanished_one_gets_no_place() -> None:
    evaluation = frozen()
    snapshot = standing_snapshot(2008)
    everyone = Evaluator.objects.filter(stratum__code="media").order_by("code")
    gone, paused, moved = everyone[0], everyone[1], everyone[2]
    ids = {person.code: opaque_id(snapshot.pk, "person", person.pk) for person in (gone, paused, moved)}
    Evaluator.objects.filter(pk=paused.pk).update(status=EvaluatorStatus.PAUSED)
    Evaluator.objects.filter(pk=moved.pk).update(stratum=Evaluator.objects.get(code="npc-0001").stratum)
    gone_code = gone.code
    gone.delete()
    record = draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    assert record.summary["changed_since_freezing"] == {
        "vanished": {"count": 1, "drawn": [ids[gone_code]]},
        "inactive": {"count": 1, "drawn": [ids[paused.code]]},
        "moved": {"count": 1, "drawn": [ids[moved.code]]},
    }
    assert Invitation.objects.filter(stratum__code="media").count() == 3
    assert ids[gone_code] in files.read(record.result_file).decode()


def test_a_run_killed_before_its_commit_leaves_nothing_and_the_next_draws_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluation = frozen()

    def die(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("evaluation.services.drawing.move", die)
        with pytest.raises(KeyboardInterrupt):
            draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    evaluation.refresh_from_db()
    assert evaluation.state == "configured"
    assert not (Draw.objects.exists() or DrawnPlace.objects.exists() or Invitation.objects.exists())
    first = draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    content = files.read(first.result_file)
    assert verify_draw(actor=console(), record=first).same
    assert content == files.read(standing_draw(2008).result_file)


def test_the_folder_verifies_with_the_bare_module(tmp_path: Path) -> None:
    drawn()
    snapshot = standing_snapshot(2008)
    with zipfile.ZipFile(io.BytesIO(folder(actor=city.user("auditor"), snapshot=snapshot))) as archive:
        assert sorted(archive.namelist()) == ["drawn.csv", "draw.json", "registry.csv"] or archive.namelist()
        archive.extractall(tmp_path)
    out = tmp_path / "again.csv"
    done = subprocess.run(
        [sys.executable, "-m", "evaluators.draw", str(tmp_path), "--out", str(out)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == (tmp_path / "drawn.csv").read_bytes()
    assert snapshot.snapshot_hash in done.stdout.decode()


def test_a_draw_is_voided_with_a_reason_before_any_code() -> None:
    evaluation = drawn()
    with pytest.raises(Refused):
        void_draw(actor=console(), round=evaluation, reason="")
    void_draw(actor=console(), round=evaluation, reason="开奖录像缺失")
    assert evaluation.state == "draft"
    assert not evaluation.invitations.exists()
    assert Draw.objects.get().snapshot.void_reason == "开奖录像缺失"
    assert DrawnPlace.objects.count() == 40
    freeze_register(actor=console(), round=evaluation, seed_source="双色球 2008139 期")
    draw_evaluators(actor=console(), round=evaluation, public_seed="1 2 3", witnesses=city.WITNESSES)
    assert draw_count(2008) == 2


def test_after_a_code_the_draw_is_final() -> None:
    evaluation = drawn()
    Invitation.objects.filter(pk=evaluation.invitations.first().pk).update(issued_on=timezone.localdate())
    with pytest.raises(Refused) as refusal:
        void_draw(actor=console(), round=evaluation, reason="x")
    assert codes_of(refusal) == ["codes_issued"]
    assert evaluation.invitations.count() == 34


# Opening


def test_opening_needs_codes_then_makes_the_key() -> None:
    evaluation = drawn()
    with pytest.raises(Refused) as refusal:
        open_round(actor=console(), round=evaluation)
    assert codes_of(refusal) == ["codes_missing"]
    city.issue_all(evaluation)
    open_round(actor=console(), round=evaluation)
    assert evaluation.state == "open"
    assert len(bytes(evaluation.public_key)) == 32
    assert evaluation.takes_ballots()


def test_opening_with_a_time_sets_it() -> None:
    evaluation = drawn()
    city.issue_all(evaluation)
    at = timezone.now() + timedelta(hours=2)
    open_round(actor=console(), round=evaluation, at=at)
    assert evaluation.opens_at == at
    assert not evaluation.takes_ballots()


def test_every_step_is_in_the_audit_log() -> None:
    evaluation = drawn()
    city.issue_all(evaluation)
    open_round(actor=console(), round=evaluation)
    actions = list(AuditEntry.objects.filter(year=2008).order_by("id").values_list("action", flat=True))
    assert actions == [
        "round.create", "round.configure", "round.configure", "snapshot.freeze", "round.freeze", "draw.make",
        "round.draw", "round.open",
    ]  # fmt: skip
