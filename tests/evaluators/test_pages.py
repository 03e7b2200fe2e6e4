"""The pages of the registry: contact data only on request and on record, and who must not see any of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from evaluators.importing import KIND
from evaluators.models import Evaluator, Stratum, Unit
from evaluators.services import export
from foundation import files, imports, jobs
from foundation.jobs import JobRefused, SilentProgress
from foundation.models import AuditEntry, FileFetch, Job, StoredFile
from tests.evaluators.registry import client, person, role, unit, user

pytestmark = pytest.mark.django_db

PHONE, MAIL = "13812345678", "zhang@example.cn"


@pytest.fixture
def staff() -> User:
    return user("committee")


@pytest.fixture
def zhang() -> Evaluator:
    return person("P1", "张三", phone=PHONE, email=MAIL, unit=unit())


def page(name: str, *args: Any) -> str:
    return reverse(f"evaluators:{name}", args=args)


def seen() -> int:
    return AuditEntry.objects.filter(action="evaluator.contact_seen").count()


def test_contact_data_is_masked_until_asked_for(staff: User, zhang: Evaluator) -> None:
    browser = client(staff)
    text = browser.get(page("evaluator-detail", zhang.pk)).content.decode()
    assert (PHONE in text, MAIL in text, "*******5678" in text, seen()) == (False, False, True, 0)
    response = browser.post(page("contact-start", zhang.pk))
    text = response.content.decode()
    assert (PHONE in text, MAIL in text, seen()) == (True, True, 1)
    assert "no-store" in response["Cache-Control"]
    browser.get(page("evaluator-edit", zhang.pk))
    assert seen() == 2


def test_who_may_not_see_contact_data_does_not(zhang: Evaluator) -> None:
    clerk = client(user(role("clerk", "registry.view", "registry.edit")))
    for address in (page("evaluator-detail", zhang.pk), page("evaluator-edit", zhang.pk), page("evaluator-list")):
        text = clerk.get(address).content.decode()
        assert PHONE not in text
        assert MAIL not in text
    assert clerk.post(page("contact-start", zhang.pk)).status_code == 403
    assert clerk.get(page("export")).status_code == clerk.post(page("export")).status_code == 403
    sent = {"name": "张三", "stratum": zhang.stratum_id, "phone": "13900000000", "email": "", "unit_code": "U1"}
    assert clerk.post(page("evaluator-edit", zhang.pk), sent | {"district": "玄武区"}).status_code == 302
    zhang.refresh_from_db()
    assert (zhang.phone, zhang.email, zhang.district, seen()) == (PHONE, MAIL, "玄武区", 0)


def test_contact_data_of_another_stratum(zhang: Evaluator) -> None:
    office = client(user(role("media_office", "registry.view", "registry.contact"), ("stratum", "media")))
    assert office.post(page("contact-start", zhang.pk)).status_code == 404
    assert office.get(page("export")).status_code == 403
    assert seen() == 0


def test_create_with_a_look_alike(staff: User, zhang: Evaluator) -> None:
    browser = client(staff)
    sent = {"code": "P2", "name": "李四", "stratum": zhang.stratum_id, "phone": PHONE}
    text = browser.post(page("evaluator-create"), sent).content.decode()
    assert page("evaluator-detail", zhang.pk) in text
    assert not Evaluator.objects.filter(code="P2").exists()
    assert browser.post(page("evaluator-create"), sent | {"accept_look_alikes": "yes"}).status_code == 302
    made = Evaluator.objects.get(code="P2")
    text = browser.get(page("evaluator-detail", made.pk)).content.decode()
    assert page("evaluator-detail", zhang.pk) in text  # still told on the person's page
    wrong = browser.post(page("evaluator-create"), {"code": "P3", "name": "王五", "stratum": 1, "phone": "123"})
    assert "phone" in wrong.context["form"].errors
    wrong = browser.post(page("evaluator-create"), {"code": "P3", "name": "王五", "stratum": 1, "unit_code": "NONE"})
    assert "unit_code" in wrong.context["form"].errors


def test_status_on_screen(staff: User, zhang: Evaluator) -> None:
    browser = client(staff)
    assert browser.post(page("status-start", zhang.pk), {"status": "moved", "reason": ""}).status_code == 422
    assert browser.post(page("status-start", zhang.pk), {"status": "moved", "reason": "迁居"}).status_code == 302
    zhang.refresh_from_db()
    assert zhang.status == "moved"


def test_units_and_strata_on_screen(staff: User, zhang: Evaluator) -> None:
    browser = client(staff)
    sent = {"code": "U2", "name": "乙公司", "district": "鼓楼区", "is_active": "on"}
    assert browser.post(page("unit-create"), sent).status_code == 302
    made = Unit.objects.get(code="U2")
    assert browser.post(page("unit-edit", made.pk), {"name": "丙公司"}).status_code == 302
    made.refresh_from_db()
    assert (made.code, made.name, made.is_active, made.district) == ("U2", "丙公司", False, "")
    shown = browser.get(page("unit-list"), {"state": "active"})
    assert [row.code for row in shown.context["page"]] == ["U1"]
    assert '<td class="num">1</td><td class="num">1</td>' in shown.content.decode()
    assert browser.get(page("unit-detail", zhang.unit_id)).status_code == 200
    assert browser.post(page("stratum-create"), {"code": "s1", "name": "新层面", "order": 1}).status_code == 302
    stratum = Stratum.objects.get(code="s1")
    assert browser.post(page("stratum-edit", stratum.pk), {"name": "层面", "order": 2}).status_code == 302
    assert "层面" in browser.get(page("stratum-list")).content.decode()


def test_export_comes_back_unchanged_and_is_kept_encrypted(
    staff: User, zhang: Evaluator, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    person("P2", "=李四", "media", status="paused", proposed_by="+市政协")
    browser = client(staff)
    assert browser.get(page("export")).context["count"] == 2
    with django_capture_on_commit_callbacks(execute=True):
        response = browser.post(page("export"))
    job = Job.objects.get()
    assert response["Location"] == reverse("foundation:job-detail", args=[job.pk])
    assert (job.state, job.result["rows"]) == ("done", 2)
    stored = StoredFile.objects.get(kind=export.EXPORT_KIND)
    assert (stored.encrypted, stored.permission) == (True, "registry.contact")
    on_disk = (settings.MEDIA_ROOT / stored.pk.hex[:2] / stored.pk.hex).read_bytes()
    assert not on_disk.startswith(b"PK")
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.after["people"], entry.after["sha256"]) == ("evaluators.export", 2, stored.sha256)
    fetched = browser.get(reverse("foundation:file-download", args=[stored.pk]))
    content = b"".join(fetched.streaming_content)
    assert FileFetch.objects.get().user == staff
    result = imports.preview(KIND, content, {}).result
    assert (result.rows, result.unchanged, list(result.problems), list(result.warnings)) == (2, 2, [], [])
    for other in (user("leader"), user("auditor"), user(role("clerk", "registry.view", "registry.edit"))):
        assert client(other).get(reverse("foundation:file-download", args=[stored.pk])).status_code == 404


def test_export_of_a_search(staff: User, zhang: Evaluator, django_capture_on_commit_callbacks: Any) -> None:
    person("P2", "李四", "media")
    with django_capture_on_commit_callbacks(execute=True):
        client(staff).post(page("export") + f"?stratum={zhang.stratum_id}&status=active")
    assert Job.objects.get().result["rows"] == 1
    assert AuditEntry.objects.latest("id").after["stratum"] == "npc"
    with pytest.raises(JobRefused):
        export.export_register(actor=staff, search=export.Search(text="无此人"), progress=SilentProgress())


def test_exports_are_erased_after_a_week(staff: User, zhang: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = export.export_register(actor=staff, search=export.Search(), progress=SilentProgress())
    assert export.erase_old_exports() == 0
    monkeypatch.setattr(export, "KEPT", -export.KEPT)
    assert export.erase_old_exports() == 1
    stored.refresh_from_db()
    with pytest.raises(files.FileGone):
        files.read(stored)
    assert jobs.title_of(Job(kind=export.EXPORT_KIND))


ADDRESSES = (
    "evaluator-list", "evaluator-create", "evaluator-detail", "contact-start", "evaluator-edit", "status-start",
    "export", "unit-list", "unit-create", "unit-detail", "unit-edit", "stratum-list", "stratum-create", "stratum-edit",
)  # fmt: skip
WITHOUT_KEY = {name for name in ADDRESSES if name.endswith(("-list", "-create"))} | {"export"}


def addresses(row: Evaluator) -> list[str]:
    keys = {"unit-detail": row.unit_id, "unit-edit": row.unit_id, "stratum-edit": row.stratum_id}
    return [page(name) if name in WITHOUT_KEY else page(name, keys.get(name, row.pk)) for name in ADDRESSES]


@pytest.mark.parametrize(
    "code", ["", "leader", "liaison", "assessor", "organiser", "sector_guide", "supervisor", "auditor", "administrator"]
)
def test_who_is_not_of_the_committee_sees_nobody(zhang: Evaluator, code: str) -> None:
    browser = client(user(code))
    for address in addresses(zhang):
        assert {browser.get(address).status_code, browser.post(address).status_code} <= {403, 405}, address
    assert page("evaluator-list") not in browser.get("/").content.decode()
    assert not AuditEntry.objects.exists()


def test_who_may_only_look_changes_nothing(zhang: Evaluator) -> None:
    browser = client(user(role("reader", "registry.view")))
    for name in ("evaluator-list", "unit-list", "stratum-list"):
        assert browser.get(page(name)).status_code == 200
    for name in ("evaluator-create", "unit-create", "stratum-create", "export"):
        assert browser.get(page(name)).status_code == browser.post(page(name)).status_code == 403
    for name in ("contact-start", "evaluator-edit", "status-start"):
        assert browser.post(page(name, zhang.pk)).status_code == 403
    text = browser.get(page("evaluator-detail", zhang.pk)).content.decode()
    assert page("status-start", zhang.pk) not in text
    assert page("contact-start", zhang.pk) not in text


def test_in_english(staff: User, zhang: Evaluator) -> None:
    browser = client(staff)
    browser.cookies["django_language"] = "en"
    text = browser.get(page("evaluator-detail", zhang.pk)).content.decode()
    assert "People&#x27;s congress deputies" in text
    assert "Active" in text
