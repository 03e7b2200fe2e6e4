"""Pages of replacements: who sees numbers, who sees names, and that one login alone gets nowhere."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import console
from evaluation.models import Replacement, ReplacementDecision
from evaluation.services.codes import issue_codes
from evaluation.services.replacing import request_replacement
from evaluators.models import DrawnPlace, EvaluatorStatus
from foundation.models import AuditEntry
from portal.reports.replacement_sheet import replacement_sheets
from tests.evaluation_rounds import city
from tests.evaluation_rounds.test_replacing import drawn, replace, reserve, seat

pytestmark = pytest.mark.django_db

LIST = "/rounds/2008/replacements/"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def first() -> User:
    """The one who asks."""
    return city.user("committee", name="first")


@pytest.fixture
def second() -> User:
    """The one who confirms."""
    return city.user("committee", name="second")


@pytest.mark.parametrize(
    ("role", "numbers"),
    [("leader", True), ("auditor", True), ("organiser", False), ("liaison", False), ("administrator", False)],
)
def test_others_see_numbers_at_most_and_never_names(role: str, numbers: bool, first: User, second: User) -> None:
    evaluation = drawn()
    decision = replace(first, second, evaluation, seat())
    waiting = request_replacement(actor=first, round=evaluation, place=seat("npc", 1), reason="moved")
    client = browser(city.user(role))
    answer = client.get(LIST)
    assert answer.status_code == (200 if numbers else 403)
    names = [place.evaluator.code for place in (seat(), seat("npc", 1), decision.stand_in)]
    assert not [name for name in names if name in answer.content.decode()]
    ids = client.get(LIST + "replaced.csv")
    assert ids.status_code == (200 if numbers else 403)
    for page in (
        f"{LIST}find/",
        f"{LIST}place/{seat('npc', 2).pk}/",
        f"{LIST}{waiting.pk}/confirm/",
        f"{LIST}{waiting.pk}/withdraw/",
    ):
        assert client.get(page).status_code == 403
        assert client.post(page, {"q": "张", "reason": "moved"}).status_code == 403
    assert (Replacement.objects.count(), ReplacementDecision.objects.count()) == (2, 1)
    assert not AuditEntry.objects.filter(action="replacements.view", actor__username=role).exists()


def test_from_the_search_to_the_second_person(first: User, second: User) -> None:
    evaluation = drawn()
    issue_codes(actor=console(), round=evaluation)
    place, mine = seat(), browser(first)
    found = mine.post(f"{LIST}find/", {"q": place.evaluator.code})
    assert found.request["QUERY_STRING"] == ""
    assert f"{LIST}place/{place.pk}/" in found.content.decode()
    form = f"{LIST}place/{place.pk}/"
    page = mine.get(form).content.decode()
    assert "备选第 " in page
    assert not [row for row in reserve() if f">{row.evaluator.name}<" in page or row.evaluator.code in page]
    assert mine.post(form, {"reason": "other", "note": ""}).status_code == 422
    assert mine.post(form, {"reason": "refused", "mark_in_register": "on"}).status_code == 422
    mine.post(form, {"reason": "moved", "note": "社区走访", "mark_in_register": "on"})
    row = Replacement.objects.get()
    # The one who asked is told to find somebody else, by the page and by the service behind it.
    assert "须由他人确认" in mine.get(LIST).content.decode()
    confirm = f"{LIST}{row.pk}/confirm/"
    assert "须由另一人确认" in mine.get(confirm).content.decode()
    assert mine.post(confirm).status_code == 409
    assert not ReplacementDecision.objects.exists()
    other = browser(second)
    page = other.get(confirm).content.decode()
    assert "社区走访" in page
    assert "迁出" in page
    done = other.post(confirm, follow=True).content.decode()
    decision = ReplacementDecision.objects.get()
    assert f"已由{decision.stand_in.evaluator.name}递补{place.evaluator.name}" in done
    assert place.evaluator.__class__.objects.get(pk=place.evaluator_id).status == EvaluatorStatus.MOVED
    assert other.get(confirm).status_code == 404
    # Each page with names was written down.
    assert AuditEntry.objects.filter(action="replacements.view").count() >= 3


def test_withdrawing_on_the_page(first: User, second: User) -> None:
    evaluation = drawn()
    row = request_replacement(actor=first, round=evaluation, place=seat(), reason="unreachable")
    client = browser(second)
    assert client.post(f"{LIST}{row.pk}/withdraw/", {"reason": ""}).status_code == 422
    page = client.post(f"{LIST}{row.pk}/withdraw/", {"reason": "已联系上"}, follow=True).content.decode()
    assert "已撤回" in page
    assert "已联系上" in page


def test_what_was_opened_meanwhile_is_said_before_confirming(first: User, second: User) -> None:
    evaluation = drawn()
    row = request_replacement(actor=first, round=evaluation, place=seat(), reason="unreachable")
    evaluation.invitations.filter(place=seat()).update(opened_on=timezone.localdate())
    page = browser(second).get(f"{LIST}{row.pk}/confirm/").content.decode()
    assert "抽中者已联系到" in page
    assert "确认替换</button>" not in page


def test_a_place_of_another_round_is_not_found(first: User) -> None:
    drawn()
    assert browser(first).get(f"/rounds/2007/replacements/place/{seat().pk}/").status_code == 404


def test_the_codes_page_leads_to_the_request_only_while_it_is_possible(first: User) -> None:
    evaluation = drawn()
    issue_codes(actor=console(), round=evaluation)
    client = browser(first)
    link, search = f"{LIST}place/{seat().pk}/", {"q": seat().evaluator.code}
    assert link in client.get("/rounds/2008/codes/", search).content.decode()
    evaluation.invitations.filter(place=seat()).update(opened_on=timezone.localdate())
    assert link not in client.get("/rounds/2008/codes/", search).content.decode()


def test_the_list_of_the_drawn_names_who_was_replaced(first: User, second: User) -> None:
    decision = replace(first, second, drawn(), seat())
    client = browser(first)
    page = client.post("/rounds/2008/drawn/", {"q": seat().evaluator.code}, follow=True).content.decode()
    assert "已替换" in page
    page = client.post("/rounds/2008/drawn/", {"q": decision.stand_in.evaluator.code}, follow=True).content.decode()
    assert "候补递补" in page
    assert "已替换" not in page


def test_the_workbook_has_the_rates_by_stratum(first: User, second: User) -> None:
    evaluation = drawn()
    replace(first, second, evaluation, seat("npc", 0), "died")
    replace(first, second, evaluation, seat("npc", 1), "refused")
    replace(first, second, evaluation, seat("residents", 0), "moved")
    (sheet,) = replacement_sheets(evaluation, "x")
    rows = {row[0]: list(row[1:]) for row in sheet.rows}
    # Seats, replaced, rate; moved, died, refused, unreachable, other; reserve, left of it.
    assert rows["人大代表"] == [10, 2, 0.2, 0, 1, 1, 0, 0, 3, 1]
    assert rows["社区居民"] == [20, 1, 0.05, 1, 0, 0, 0, 0, 4, 3]
    assert rows["合计"] == [34, 3, float(3 / 34), 1, 1, 1, 0, 0, 7, 4]


def test_a_stand_in_gone_from_the_register_is_warned_of(first: User, second: User) -> None:
    evaluation = drawn()
    row = request_replacement(actor=first, round=evaluation, place=seat(), reason="unreachable")
    for place in reserve():
        place.evaluator.status = EvaluatorStatus.PAUSED
        place.evaluator.save(update_fields=["status"])
    page = browser(second).post(f"{LIST}{row.pk}/confirm/", follow=True).content.decode()
    assert "不是有效状态" in page
    assert DrawnPlace.objects.filter(stood_in__isnull=False).count() == 1
