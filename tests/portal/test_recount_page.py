"""Recount it yourself: what readers are told and may take, and who must not have which bundle."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.services import console
from foundation.models import AuditEntry, FileFetch, Job, JobState, StoredFile
from scoring.core.bundle import read_bundle
from scoring.core.result_json import results_text
from scoring.models import ScoreRun
from scoring.program import program, program_sha256
from scoring.services import publish_round, release_public_bundle, score_round
from tests.scoring.golden import counted_round

pytestmark = pytest.mark.django_db


def signed_in(role: str, *, scope: str = "") -> Client:
    user = User.objects.create_user(username=f"r-{role}", full_name=role)
    scoped = {"scope_kind": "department", "scope_code": scope} if scope else {}
    user.grants.create(role=Role.objects.get(code=role), **scoped)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def run() -> ScoreRun:
    round = counted_round("three-step")
    made = score_round(actor=console(), round=round)
    publish_round(actor=console(), round=round)
    return made


def release(run: ScoreRun, readers: str = "results.view") -> StoredFile:
    return release_public_bundle(actor=console(), round=run.round, readers=readers, confirmed=True)


def body(response: object) -> bytes:
    return b"".join(response)  # type: ignore[call-overload]


def test_a_reader_recounts_from_what_the_page_offers(run: ScoreRun, tmp_path: Path) -> None:
    file = release(run)
    client = signed_in("leader")
    page = client.get("/results/2007/recount/").content.decode()
    for told in (file.sha256, run.input_fingerprint, program_sha256(), f"python recount.pyz {file.name}"):
        assert told in page
    content = body(client.get("/results/2007/bundle/"))
    assert hashlib.sha256(content).hexdigest() == file.sha256
    (tmp_path / "b.zip").write_bytes(content)
    text = results_text(read_bundle(tmp_path / "b.zip").score())
    assert hashlib.sha256(text.encode()).hexdigest() in page
    assert client.get("/results/recount.pyz").content == program()
    assert FileFetch.objects.get(file=file).user.username == "r-leader"


def test_before_its_release_the_page_says_so_and_nothing_can_be_taken(run: ScoreRun) -> None:
    client = signed_in("leader")
    page = client.get("/results/2007/recount/").content.decode()
    assert "机关工委尚未提供" in page
    assert "/results/2007/bundle/" not in page
    assert client.get("/results/2007/bundle/").status_code == 404


def test_a_liaison_gets_the_bundle_only_if_it_was_released_to_liaisons(run: ScoreRun) -> None:
    release(run)
    client = signed_in("liaison", scope="D03")
    page = client.get("/results/2007/recount/")
    assert page.status_code == 200
    assert "请向机关工委索取" in page.content.decode()
    assert client.get("/results/2007/bundle/").status_code == 404
    file = release(run, "results.own")
    assert client.get("/results/2007/bundle/").status_code == 200
    assert FileFetch.objects.filter(file=file).count() == 1


@pytest.mark.parametrize("role", ["assessor", "organiser", "supervisor", "administrator"])
def test_who_sees_no_results_gets_nothing_to_recount(run: ScoreRun, role: str) -> None:
    release(run, "results.own")
    client = signed_in(role)
    for path in ("/results/2007/recount/", "/results/2007/bundle/", "/results/recount.pyz"):
        assert client.get(path).status_code == 403, path


def test_an_unpublished_round_has_no_page(run: ScoreRun) -> None:
    client = signed_in("leader")
    assert client.get("/results/2006/recount/").status_code == 404
    assert Client().get("/results/2007/recount/").status_code == 302


def test_the_committee_releases_after_a_look_at_the_cells(run: ScoreRun, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in("committee")
    path = "/scoring/2007/public-bundle/"
    assert "confirmed" not in client.get(path).content.decode()  # three-step has no cell that tells too much
    response = client.post(path, {"readers": "results.own"})
    assert (response.status_code, response["Location"]) == (302, "/results/2007/recount/")
    file = StoredFile.objects.get(kind="bundle.public")
    assert (file.meta["readers"], file.meta["run"], file.created_by.username) == (
        "results.own",
        str(run.pk),
        "r-committee",
    )
    entry = AuditEntry.objects.get(action="bundle.release")
    assert (entry.after["readers"], entry.after["sha256"]) == ("results.own", file.sha256)


def test_cells_that_tell_too_much_are_shown_and_have_to_be_confirmed() -> None:
    from tests.scoring.test_bundles import unanimous_round

    run = unanimous_round()
    client = signed_in("committee")
    path = f"/scoring/{run.round.year}/public-bundle/"
    page = client.get(path).content.decode()
    assert "意见完全一致" in page
    assert "测试部门3" in page
    assert client.post(path, {"readers": "results.view"}).status_code == 200
    assert not StoredFile.objects.exists()
    assert client.post(path, {"readers": "results.view", "confirmed": "on"}).status_code == 302
    assert StoredFile.objects.count() == 1


@pytest.mark.parametrize("role", ["leader", "auditor", "assessor", "administrator"])
def test_who_must_not_release(run: ScoreRun, role: str) -> None:
    client = signed_in(role)
    for send in (client.get, client.post):
        assert send("/scoring/2007/public-bundle/").status_code == 403
    assert not StoredFile.objects.exists()


def test_an_auditor_makes_and_takes_the_audit_bundle(run: ScoreRun, django_capture_on_commit_callbacks: object) -> None:
    client = signed_in("auditor")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        response = client.post("/scoring/2007/audit-bundle/make/")
    assert response["Location"].startswith("/jobs/")
    assert Job.objects.get(kind="scoring.audit_bundle").state == JobState.DONE
    file = StoredFile.objects.get(kind="bundle.audit")
    page = client.get("/scoring/2007/audit-bundle/").content.decode()
    assert file.sha256 in page
    assert run.input_fingerprint in page
    content = body(client.get(f"/jobs/files/{file.pk}/"))
    assert hashlib.sha256(content).hexdigest() == file.sha256
    assert BytesIO(content).read(2) == b"PK"
    assert AuditEntry.objects.get(action="file.fetch").actor.username == "r-auditor"


@pytest.mark.parametrize("role", ["committee", "leader", "liaison", "supervisor", "administrator"])
def test_who_must_not_have_the_audit_bundle(run: ScoreRun, role: str) -> None:
    from scoring.services import store_audit_bundle

    file = store_audit_bundle(actor=console(), round=run.round)
    client = signed_in(role)
    assert client.get("/scoring/2007/audit-bundle/").status_code == 403
    assert client.post("/scoring/2007/audit-bundle/make/").status_code == 403
    assert client.get(f"/jobs/files/{file.pk}/").status_code == 404
    if role == "leader":
        assert "audit-bundle" not in client.get("/results/2007/recount/").content.decode()
