"""The ceremony of the draw: witnesses, what changed since freezing, a second draw, the folder, a killed worker."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from accounts.services import console
from evaluation.models import Invitation, Round
from evaluation.refusals import Refused
from evaluation.selectors import comparison_of, standing_draw, standing_snapshot
from evaluation.services import draw_evaluators, freeze_register, void_draw
from evaluation.services.register_changes import compare_register
from evaluators.candidates import opaque_id
from evaluators.draw import draw
from evaluators.models import Draw, DrawnPlace, Evaluator, EvaluatorStatus, Snapshot
from evaluators.services.snapshots import candidates_of, plan_of
from foundation import files
from foundation.jobs import enqueue
from foundation.models import AuditEntry, Job, JobState
from tests.evaluation_rounds import city
from tests.processes import CeleryProcess, wait_for

pytestmark = pytest.mark.django_db


def frozen() -> Round:
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    return evaluation


def drawn(evaluation: Round, public_seed: str = city.SEED) -> Draw:
    return draw_evaluators(actor=console(), round=evaluation, public_seed=public_seed, witnesses=city.WITNESSES)


def logged_in(role: str) -> Client:
    client = Client()
    client.force_login(city.user(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def put_in_its_place(content: bytes) -> None:
    """Write over the stored register as somebody with the disk would, database and all."""
    file = standing_snapshot(2008).registry_file
    altered = files.store(
        content, kind=file.kind, name=file.name, content_type=file.content_type, permission=file.permission, user=None
    )
    Snapshot.objects.update(registry_file=altered)


# Witnesses


@pytest.mark.parametrize("nobody", ["", "  \n "])
def test_nobody_draws_without_witnesses(nobody: str) -> None:
    evaluation = frozen()
    with pytest.raises(Refused) as refusal:
        draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=nobody)
    assert refusal.value.code == "witnesses_missing"
    page = logged_in("committee").post(
        reverse("evaluation:draw-detail", args=(2008,)), {"public_seed": city.SEED, "witnesses": nobody}
    )
    assert page.status_code == 200
    assert not Draw.objects.exists()
    assert not Job.objects.exists()


def test_the_sheet_has_a_line_to_sign_for_every_witness() -> None:
    record = drawn(frozen())
    page = logged_in("committee").get(reverse("evaluation:draw-sheet", args=(2008,))).content.decode()
    assert "<div>见证人：张三</div>" in page
    assert "<div>见证人：李四</div>" in page
    for fact in (record.seed, record.public_seed, record.snapshot.snapshot_hash, record.snapshot.plan_hash):
        assert fact in page


# What changed since freezing


def test_an_altered_register_is_refused_and_the_altered_rows_are_named() -> None:
    evaluation = frozen()
    header, first, second, *rest = files.read(standing_snapshot(2008).registry_file).decode().splitlines()
    moved_id, stratum, cell, unit, commitment = first.split(",")
    removed_id = second.split(",")[0]
    there = f"{moved_id},{stratum},栖霞区,{unit},{commitment}"
    put_in_its_place(("\n".join([header, there, *rest, f"zzzz,npc,,,{commitment}"]) + "\n").encode())
    with pytest.raises(Refused) as refusal:
        drawn(evaluation)
    assert refusal.value.code == "snapshot_changed"
    for words in (
        "多出 1 个候选编号（zzzz）",
        f"缺少 1 个候选编号（{removed_id}）",
        f"{moved_id} cell: {cell} → 栖霞区",
    ):
        assert words in refusal.value.line
    logged = AuditEntry.objects.get(action="snapshot.altered").after
    assert logged["added"] == ["zzzz"]
    assert logged["removed"] == [removed_id]
    assert logged["changed"] == [{"id": moved_id, "column": "cell", "before": cell, "after": "栖霞区"}]
    assert not Draw.objects.exists()


def test_without_the_sealed_copy_the_published_sizes_still_tell_the_cells() -> None:
    evaluation = frozen()
    Snapshot.objects.update(copy_file=None)
    lines = files.read(standing_snapshot(2008).registry_file).decode().splitlines()
    first = next(line for line in lines if ",npc,鼓楼区|," in line)
    put_in_its_place(("\n".join(line for line in lines if line != first) + "\n").encode())
    with pytest.raises(Refused) as refusal:
        drawn(evaluation)
    # 60 people of npc, half of them in 鼓楼区.
    assert "npc 鼓楼区|: 30 → 29" in refusal.value.line


def test_a_register_that_is_gone_is_said_to_be_gone() -> None:
    evaluation = frozen()
    file = standing_snapshot(2008).registry_file
    default_storage.delete(files._path(file))
    with pytest.raises(Refused) as refusal:
        drawn(evaluation)
    assert "文件缺失" in refusal.value.line


def test_who_changed_since_freezing_is_shown_before_the_draw(django_capture_on_commit_callbacks: Any) -> None:
    evaluation = frozen()
    snapshot = standing_snapshot(2008)
    gone, paused, moved, other = Evaluator.objects.filter(stratum__code="residents").order_by("code")[:4]
    ids = [opaque_id(snapshot.pk, "person", one.pk) for one in (gone, paused, moved)]
    Evaluator.objects.filter(pk=paused.pk).update(status=EvaluatorStatus.PAUSED)
    Evaluator.objects.filter(pk=moved.pk).update(stratum=Evaluator.objects.get(code="npc-0001").stratum)
    Evaluator.objects.filter(pk=other.pk).update(name="王五")  # changes nothing that the draw knows
    gone.delete()
    staff = logged_in("committee")
    page = reverse("evaluation:draw-detail", args=(2008,))
    assert "尚未比对" in staff.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(reverse("evaluation:draw-compare", args=(2008,))).status_code == 302
    assert Job.objects.get().state == JobState.DONE
    assert "已不在评议人库 1，已停用 1，已转入其他层面 1" in staff.get(page).content.decode()
    logged = AuditEntry.objects.get(action="snapshot.compare").after
    assert [logged[key]["ids"] for key in ("vanished", "inactive", "moved")] == [[one] for one in ids]
    evaluation.refresh_from_db()
    assert evaluation.state == "configured"


def test_comparing_needs_the_right_to_draw_and_a_frozen_register() -> None:
    evaluation = city.draft()
    with pytest.raises(Refused):
        compare_register(actor=console(), round=evaluation)
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    with pytest.raises(PermissionDenied):
        compare_register(actor=city.user("leader"), round=evaluation)
    url = reverse("evaluation:draw-compare", args=(2008,))
    assert logged_in("auditor").post(url).status_code == 403
    drawn(evaluation)
    with pytest.raises(Refused):
        compare_register(actor=console(), round=evaluation)
    assert comparison_of(standing_snapshot(2008)) is None


# A second draw


def test_a_second_draw_is_counted_on_the_later_pages_and_the_first_can_be_redone(tmp_path: Path) -> None:
    evaluation = frozen()
    first = files.read(drawn(evaluation).result_file)
    staff = logged_in("committee")
    later = [
        reverse(f"evaluation:{name}", args=(2008,))
        for name in ("round-detail", "draw-detail", "draw-sheet", "code-list", "return-detail", "round-count")
    ]
    assert not [url for url in later if "抽选 2 次" in staff.get(url).content.decode()]
    void_draw(actor=console(), round=evaluation, reason="开奖录像缺失")
    freeze_register(actor=console(), round=evaluation, seed_source="双色球 2008139 期")
    drawn(evaluation, "1 2 3")
    for url in later:
        page = staff.get(url).content.decode()
        assert "抽选 2 次" in page, url
    assert "第 1 号快照已作废：开奖录像缺失" in staff.get(later[2]).content.decode()
    packed = staff.get(reverse("evaluation:draw-earlier-download", args=(2008, 1)))
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        archive.extractall(tmp_path)
    assert (tmp_path / "drawn.csv").read_bytes() == first
    # The folder alone: no package of the site can be found from there.
    command = [sys.executable, "-S", "-m", "draw", ".", "--out", "again.csv"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env={})
    assert (tmp_path / "again.csv").read_bytes() == first
    assert "python3 -m draw . --out again.csv" in (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert staff.get(reverse("evaluation:draw-earlier-download", args=(2008, 3))).status_code == 404


# A killed worker


@pytest.mark.worker
@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_draw_leaves_nothing_and_the_job_draws_the_same(
    start_celery: Callable[..., CeleryProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv("TEST_DRAW_TRACE", str(trace))
    include = "tests.evaluation_rounds.killed_draw"
    evaluation = frozen()
    snapshot = standing_snapshot(2008)
    promised = draw(candidates_of(snapshot), plan_of(snapshot), city.SEED).csv()
    worker = start_celery("worker", include=include)
    row = enqueue(
        "evaluation.draw",
        params={
            "round_id": evaluation.pk,
            "user_id": city.user("committee").pk,
            "public_seed": city.SEED,
            "witnesses": city.WITNESSES,
        },
        user=console(),
        permission="round.draw",
        exclusive_key="evaluation.draw:2008",
    )
    wait_for(trace.exists, "the worker is in the middle of the draw", 60)
    worker.kill()
    evaluation.refresh_from_db()
    assert evaluation.state == "configured"
    assert not Draw.objects.exists()
    assert not DrawnPlace.objects.exists()
    assert not Invitation.objects.exists()
    start_celery("worker", include=include)
    start_celery("beat")
    wait_for(lambda: Job.objects.get(pk=row.pk).state == JobState.DONE, "another worker has drawn", 90)
    assert files.read(standing_draw(2008).result_file) == promised
    assert Invitation.objects.count() == 34  # 10 of npc, 20 residents, all 4 of media
    assert Draw.objects.count() == 1
