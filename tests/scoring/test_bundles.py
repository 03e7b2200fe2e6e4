"""Bundles of a round: both kinds recount to the stored figures outside this system, and go only where they may."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.services import console
from assessment.models import Assessment
from evaluation.models import Ballot, Round
from evaluation.refusals import Refused
from foundation import files
from foundation.models import AuditEntry, StoredFile
from scoring.core.bundle import read_bundle
from scoring.core.figures import as_text
from scoring.models import ScoreRun
from scoring.selectors import released_bundle
from scoring.services import (
    export_bundle,
    publish_round,
    release_public_bundle,
    score_round,
    store_audit_bundle,
    withdraw_publication,
)
from scoring.services.bundles import make_bundle
from tests.scoring.golden import WITH_BALLOTS, counted_round
from tests.somebody import somebody

pytestmark = pytest.mark.django_db


def published(name: str = "three-step") -> ScoreRun:
    round = counted_round(name)
    run = score_round(actor=console(), round=round)
    publish_round(actor=console(), round=round)
    return run


def command(*arguments: object) -> tuple[int, str, str]:
    """A management command in this process: exit status, what it said, and its one line on standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*[str(argument) for argument in arguments], stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_both_kinds_of_every_golden_round_are_equal_to_their_run(name: str, tmp_path: Path) -> None:
    run = published(name)
    for kind in ([], ["--public", "--confirm-unanimous"]):
        target = tmp_path / f"b{len(kind)}"
        assert command("export_bundle", run.round.year, target, *kind)[0] == 0
        assert command("recount", target, run.round.year, "--no-rank-intervals")[0] == 0
        assert (target / "ballots.csv").exists() != bool(kind)


def test_recount_says_2_when_there_is_nothing_to_compare(tmp_path: Path) -> None:
    run = published()
    assert command("recount", tmp_path / "none", run.round.year)[0] == 2
    (tmp_path / "empty").mkdir()
    status, _out, err = command("recount", tmp_path / "empty", run.round.year)
    assert (status, err) == (2, "round.json: this file is missing")
    assert command("recount", tmp_path / "empty", 1999)[0] == 2
    assert command("recount", tmp_path / "empty", run.round.year, "--run", 9)[0] == 2


def unanimous_round() -> ScoreRun:
    """three-step where seven of one stratum say A of D03, the others nothing: alike, and enough for the score."""
    round = counted_round("three-step")
    stratum = Ballot.objects.filter(round=round).values_list("stratum__code", flat=True).distinct()
    code = sorted(stratum)[-1]
    width = len(round.ballot_definition["departments"])
    column = [row["code"] for row in round.ballot_definition["departments"]].index("D03")
    for at, row in enumerate(Ballot.objects.filter(round=round, stratum__code=code).order_by("pk")):
        answers = bytearray(row.answers)
        assert len(answers) == width
        answers[column] = 1 if at < 7 else 0
        Ballot.objects.filter(pk=row.pk).update(answers=bytes(answers))
    run = score_round(actor=console(), round=round)
    publish_round(actor=console(), round=round)
    return run


def test_unanimous_cells_are_named_and_need_a_confirmation(tmp_path: Path) -> None:
    run = unanimous_round()
    made = make_bundle(run, public=True)
    cell = next(cell for cell in made.cells if cell.department == "D03")
    assert (cell.valid, cell.unanimous) == (7, True)
    status, _out, err = command("export_bundle", run.round.year, tmp_path / "b", "--public")
    assert status == 1
    assert f"D03 {cell.item} {cell.stratum}" in err
    assert "\n" not in err
    assert list(tmp_path.iterdir()) == []
    assert not AuditEntry.objects.filter(action="bundle.export").exists()
    assert command("export_bundle", run.round.year, tmp_path / "b", "--public", "--confirm-unanimous")[0] == 0
    assert AuditEntry.objects.get(action="bundle.export").after["open_cells"] == len(made.cells)
    with pytest.raises(Refused) as refusal:
        release_public_bundle(actor=console(), round=run.round, readers="results.view", confirmed=False)
    assert refusal.value.code == "unconfirmed"
    assert not StoredFile.objects.exists()


def test_a_target_in_the_way_is_refused_and_nothing_is_on_record(tmp_path: Path) -> None:
    run = published()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("kept")
    (tmp_path / "there.zip").write_text("kept")
    for name in ("full", "there.zip", "no/such/folder"):
        assert command("export_bundle", run.round.year, tmp_path / name)[0] == 1, name
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "there.zip", "x"]
    assert not AuditEntry.objects.filter(action="bundle.export").exists()


def test_a_run_is_exported_as_it_was_whatever_changed_since(tmp_path: Path) -> None:
    run = published("banded-composite")
    Assessment.objects.filter(year=run.round.year).update(score=1, bonus=9, veto="late")
    Round.objects.filter(pk=run.round_id).update(baselines=[])
    for public in (False, True):
        export_bundle(actor=console(), round=run.round, target=tmp_path / f"{public}", public=public, confirmed=True)
        rows = read_bundle(tmp_path / f"{public}").score().departments
        assert [as_text(row.total) for row in rows] == [row["total"] for row in run.result["departments"]]


def test_other_ballots_than_those_of_the_run_give_no_audit_bundle(tmp_path: Path) -> None:
    run = published()
    row = next(row for row in Ballot.objects.filter(round=run.round) if any(row.answers))
    Ballot.objects.filter(pk=row.pk).update(answers=bytes(len(row.answers)))
    with pytest.raises(Refused) as refusal:
        export_bundle(actor=console(), round=run.round, target=tmp_path / "b", public=False)
    assert refusal.value.code == "ballots_changed"
    Ballot.objects.filter(round=run.round).delete()
    with pytest.raises(Refused) as refusal:
        export_bundle(actor=console(), round=run.round, target=tmp_path / "b", public=False)
    assert refusal.value.code == "ballots_gone"
    assert list(tmp_path.iterdir()) == []
    # the public one takes what the run keeps
    export_bundle(actor=console(), round=run.round, target=tmp_path / "b", public=True, confirmed=True)


def test_a_program_that_comes_to_other_figures_exports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = published()
    run.result["departments"][0]["total"] = "0.0000"
    monkeypatch.setattr("scoring.services.bundles.run_to_export", lambda round: run)
    for public in (False, True):
        with pytest.raises(Refused) as refusal:
            export_bundle(actor=console(), round=run.round, target=tmp_path / "b", public=public, confirmed=True)
        assert refusal.value.code == "not_recountable"


def test_an_unpublished_round_exports_its_newest_run_and_a_published_one_the_published(tmp_path: Path) -> None:
    round = counted_round("three-step")
    with pytest.raises(Refused) as refusal:
        export_bundle(actor=console(), round=round, target=tmp_path / "b", public=False)
    assert refusal.value.code == "no_run"
    first = score_round(actor=console(), round=round)
    second = score_round(actor=console(), round=round, reason="again")
    made = export_bundle(actor=console(), round=round, target=tmp_path / "b", public=False)
    assert made.run.pk == second.pk
    publish_round(actor=console(), round=round, run=first)
    made = export_bundle(actor=console(), round=round, target=tmp_path / "c", public=False)
    assert made.run.pk == first.pk


def test_the_audit_bundle_is_encrypted_kept_once_and_its_taking_on_record() -> None:
    run = published()
    auditor = somebody("auditor")
    file = store_audit_bundle(actor=auditor, round=run.round)
    assert (file.encrypted, file.permission) == (True, "bundle.audit")
    assert store_audit_bundle(actor=auditor, round=run.round).pk == file.pk
    assert [entry.actor for entry in AuditEntry.objects.filter(action="bundle.audit")] == [auditor, auditor]
    with zipfile.ZipFile(files.fetch(file, user=auditor)) as archive:
        assert "ballots.csv" in archive.namelist()
    entry = AuditEntry.objects.get(action="file.fetch")
    assert (entry.actor, entry.after) == (auditor, {"sha256": file.sha256})


@pytest.mark.parametrize("role", ["committee", "leader", "liaison", "assessor", "supervisor", "administrator"])
def test_who_must_not_have_ballots(role: str, tmp_path: Path) -> None:
    run = published()
    with pytest.raises(PermissionDenied):
        store_audit_bundle(actor=somebody(role), round=run.round)
    with pytest.raises(PermissionDenied):
        export_bundle(
            actor=User.objects.get(username=f"u-{role}"), round=run.round, target=tmp_path / "b", public=False
        )
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("role", ["leader", "liaison", "auditor", "administrator"])
def test_who_must_not_release(role: str) -> None:
    run = published()
    with pytest.raises(PermissionDenied):
        release_public_bundle(actor=somebody(role), round=run.round, readers="results.view", confirmed=True)


def test_a_withdrawn_result_takes_its_public_bundle_with_it() -> None:
    run = published()
    file = release_public_bundle(actor=console(), round=run.round, readers="results.view", confirmed=True)
    assert released_bundle(run) == file
    withdraw_publication(actor=console(), round=run.round, reason="a mistake")
    assert released_bundle(run) is None
    file.refresh_from_db()
    assert file.erased_at is not None
    with pytest.raises(Refused) as refusal:
        release_public_bundle(actor=console(), round=run.round, readers="results.view", confirmed=True)
    assert refusal.value.code == "not_published"
