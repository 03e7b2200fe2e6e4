"""The list of the drawn: who may not see it, that each look is written down, that reserves stay hidden."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.services import console
from evaluation.drawn import DrawnSearch
from evaluation.models import Invitation, Round
from evaluation.selectors import standing_draw
from evaluation.services import draw_evaluators, freeze_register
from evaluation.services.drawn_list import erase_old_lists, export_drawn
from evaluators.models import DrawnRole
from foundation import files
from foundation.access import may_fetch
from foundation.models import AuditEntry, Job, StoredFile
from tests.evaluation_rounds import city

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn() -> Round:
    """npc 10 of 60, residents 20 of 100, media all 4 drawn: 34 hold a place, 6 are in reserve."""
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    return evaluation


def client_of(*roles: str) -> Client:
    client = Client()
    client.force_login(city.user(*roles), backend="django.contrib.auth.backends.ModelBackend")
    return client


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


LIST = reverse("evaluation:drawn-list", args=(2008,))
TAKE = reverse("evaluation:drawn-take", args=(2008,))


@pytest.mark.parametrize(
    "role", ["leader", "liaison", "assessor", "organiser", "sector_guide", "supervisor", "auditor", "administrator"]
)
def test_only_those_who_draw_see_the_list(drawn: Round, role: str) -> None:
    client = client_of(role)
    assert client.get(LIST).status_code == 403
    assert client.get(TAKE).status_code == 403
    assert entries("drawn_list.view") == []


def test_each_look_stands_in_the_log_with_its_filter_and_never_with_the_words(drawn: Round) -> None:
    staff = client_of("committee")
    answer = staff.get(LIST)
    assert answer.context["page"].paginator.count == 34
    found = staff.post(LIST, {"q": "张1", "stratum": "", "district": "鼓楼区"}, follow=True)
    assert "张1" not in found.request["QUERY_STRING"]
    first, second = entries("drawn_list.view")
    assert first.after == {"rows": 34, "page": 1, "contact": False}
    assert second.after == {
        "rows": found.context["page"].paginator.count,
        "page": 1,
        "contact": False,
        "district": "鼓楼区",
        "by_words": True,
    }
    assert (first.subject_type, first.year) == ("evaluators.draw", 2008)
    # The page itself says that both were looks.
    assert found.context["times"] == 2


def test_reserves_are_hidden_until_they_are_asked(drawn: Round) -> None:
    staff = client_of("committee")
    reserve = standing_draw(2008).places.filter(role=DrawnRole.RESERVE).select_related("evaluator").first()
    assert reserve.evaluator.code not in staff.get(LIST + "?page=1").content.decode()
    Invitation.objects.create(round=drawn, place=reserve, evaluator=reserve.evaluator, stratum=reserve.stratum)
    page = staff.get(LIST + f"?stratum={reserve.stratum_id}")
    assert reserve.evaluator.code in page.content.decode()
    assert [row.is_stand_in for row in page.context["rows"]].count(True) == 1


def test_numbers_are_masked_but_for_those_who_may_see_contact_data(drawn: Round) -> None:
    staff = client_of("committee")
    assert all(row.phone.startswith("*******") for row in staff.get(LIST).context["rows"])
    assert all(row.phone.startswith("1380000") for row in staff.get(LIST + "?contact=1").context["rows"])
    assert entries("drawn_list.view")[-1].after["contact"] is True
    role = city.Role.objects.create(
        code="drawer", name="抽取", name_en="drawer", permissions=["round.draw", "round.view"]
    )
    other = city.User.objects.create_user("drawer")
    other.grants.create(role=role)
    client = Client()
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert all(row.phone.startswith("*******") for row in client.get(LIST + "?contact=1").context["rows"])
    with pytest.raises(PermissionDenied):
        export_drawn(actor=other, round=drawn, search=DrawnSearch(), with_contact=True, reason="核对")


def test_the_file_holds_the_drawn_and_each_fetch_is_logged(
    drawn: Round, django_capture_on_commit_callbacks: Any
) -> None:
    staff = client_of("committee")
    with django_capture_on_commit_callbacks(execute=True):
        sent = staff.post(TAKE, {"reason": "电话核对送达", "with_contact": "on"})
    assert sent.status_code == 302
    assert Job.objects.get(kind="evaluation.drawn_list").state == "done"
    stored = StoredFile.objects.get(kind="evaluation.drawn_list")
    assert stored.encrypted
    made = entries("drawn_list.export")[0]
    assert (made.after["rows"], made.after["contact"], made.reason) == (34, True, "电话核对送达")
    sheet = load_workbook(BytesIO(files.read(stored))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 1 + 1 + 34  # title, header, the drawn
    assert all(str(row[8]).startswith("1380000") for row in rows[2:])
    assert staff.get(reverse("foundation:file-download", args=(stored.pk,))).status_code == 200
    assert len(entries("file.fetch")) == 1
    # With contact data in it, drawing alone does not open it.
    role = city.Role.objects.create(code="drawer", name="抽取", name_en="drawer", permissions=["round.draw"])
    other = city.User.objects.create_user("drawer")
    other.grants.create(role=role)
    assert not may_fetch(other, stored)


def test_no_file_without_a_reason(drawn: Round) -> None:
    staff = client_of("committee")
    assert "reason" in staff.post(TAKE, {"reason": " \u200b "}).context["form"].errors
    with pytest.raises(ValidationError):
        export_drawn(actor=console(), round=drawn, search=DrawnSearch(), with_contact=False, reason="")
    assert not StoredFile.objects.filter(kind="evaluation.drawn_list").exists()


def test_files_are_erased_after_a_week(drawn: Round) -> None:
    stored = export_drawn(actor=console(), round=drawn, search=DrawnSearch(), with_contact=False, reason="核对")
    assert erase_old_lists() == 0
    StoredFile.objects.filter(pk=stored.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert erase_old_lists() == 1
    stored.refresh_from_db()
    assert stored.erased_at is not None


def test_before_the_draw_there_is_nothing_to_see_or_to_log() -> None:
    city.draft()
    staff = client_of("committee")
    assert staff.get(LIST).status_code == 200
    assert staff.get(TAKE).status_code == 404
    assert entries("drawn_list.view") == []


def test_a_long_page_asks_the_database_no_more_often_than_a_short_one(
    drawn: Round, django_assert_num_queries: Any
) -> None:
    staff = client_of("committee")
    media = standing_draw(2008).places.filter(stratum__code="media").values_list("stratum", flat=True).first()
    with CaptureQueriesContext(connection) as short:
        assert len(staff.get(LIST + f"?stratum={media}").context["rows"]) == 4
    # One more: the filter's stratum is read above, but not here.
    with django_assert_num_queries(len(short) - 1):
        assert len(staff.get(LIST).context["rows"]) == 34
