"""The audit log on screen: for the auditor alone, searched, paged, taken away without formulas, proved."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit_log
from accounts.services.audit_check import CHECK_JOB
from foundation import audit
from foundation.models import AuditEntry, Job
from tests.accounts.people import client_of, user
from tests.tampering import past_the_triggers

pytestmark = pytest.mark.django_db

LIST = "/accounts/audit/"


@pytest.fixture
def auditor() -> Client:
    return client_of(user("shenji", "auditor"))


def record(actor: Any, action: str = "round.draw", **values: Any) -> AuditEntry:
    with transaction.atomic():
        return audit.record(actor=actor, action=action, **values)


def text_of(answer: Any) -> str:
    return answer.content.decode()


def local(*parts: int) -> datetime:
    return timezone.make_aware(datetime(*parts))  # type: ignore[arg-type]  # noqa: DTZ001


# -- who may not -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    ["", "committee", "leader", "liaison", "assessor", "organiser", "sector_guide", "supervisor", "administrator"],
)
def test_only_the_auditor_reads_it(code: str) -> None:
    """Administrators too: they are among those whom it watches."""
    actor = user("actor", *([code] if code else []))
    entry = record(actor, label="秘密")
    client = client_of(actor)
    for address in (
        LIST,
        reverse("accounts:audit-detail", args=[entry.pk]),
        reverse("accounts:audit-export"),
        reverse("accounts:audit-check"),
    ):
        assert client.get(address).status_code == 403
    assert client.post(reverse("accounts:audit-check")).status_code == 403
    assert not Job.objects.exists()
    assert AuditEntry.objects.count() == 1


def test_an_auditor_changes_nothing() -> None:
    """No power but reading: every form of the accounts is closed (tests/accounts/test_pages.py), the log has none."""
    client = client_of(user("shenji", "auditor"))
    entry = record(user("li"))
    assert client.post(reverse("accounts:audit-detail", args=[entry.pk])).status_code == 405
    assert client.post(LIST).status_code == 405
    assert client.delete(reverse("accounts:audit-detail", args=[entry.pk])).status_code == 405


# -- list and search ---------------------------------------------------------------------------------------------------


def test_an_entry_is_shown_in_words(auditor: Client) -> None:
    li = user("li")
    record(li, "user.grant", subject=li, year=2008, reason="工作需要")
    text = text_of(auditor.get(LIST))
    for shown in ("li同志", "授予角色", "用户", "2008", "工作需要"):
        assert shown in text
    auditor.cookies["django_language"] = "en"
    assert "Role given" in text_of(auditor.get(LIST))


def test_an_action_without_a_name_shows_its_code(auditor: Client) -> None:
    record(user("li"), "no.such_action")
    assert "no.such_action" in text_of(auditor.get(LIST))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, {"A", "B", "C"}),
        ({"q": "甲"}, {"A"}),
        ({"q": "投诉"}, {"B"}),  # in the reason
        ({"who": "li"}, {"A", "C"}),  # by user name
        ({"who": "wang同"}, {"B"}),  # by name
        ({"action": "round.draw"}, {"A", "B"}),
        ({"year": "2007"}, {"B"}),
        ({"first": "2008-11-24"}, {"B", "C"}),
        ({"last": "2008-11-23"}, {"A"}),
        ({"first": "2008-11-24", "last": "2008-11-24"}, {"B"}),  # from midnight to midnight, in Shanghai
        ({"who": "li", "action": "round.open"}, {"C"}),
        ({"q": "nothing"}, set()),
    ],
)
def test_search(auditor: Client, search: dict[str, str], found: set[str]) -> None:
    li, wang = user("li"), user("wang")
    record(li, label="A 甲部门", year=2008, at=local(2008, 11, 23, 23, 59))
    record(wang, label="B 乙部门", year=2007, reason="有投诉", at=local(2008, 11, 24, 0, 0))
    record(li, "round.open", label="C 丙部门", at=local(2008, 11, 25, 0, 0))
    text = text_of(auditor.get(LIST, search))
    assert {
        name for name in "ABC" if f"{name} " in "".join(part for part in text.split(">") if "部门<" in part)
    } == found


def test_nonsense_is_said_and_narrows_nothing(auditor: Client) -> None:
    record(user("li"), label="甲部门")
    answer = auditor.get(LIST, {"year": "abc", "first": "2008-13-99"})
    assert answer.status_code == 200
    assert "甲部门" in text_of(answer)
    answer = auditor.get(LIST, {"first": "2008-11-24", "last": "2008-11-23"})
    assert "早于" in text_of(answer)
    for position in ("x", "-1", "9" * 30, "٣"):
        assert auditor.get(LIST, {"before": position, "after": position}).status_code == 200


def test_pages_go_back_and_forth_without_gap_or_overlap(auditor: Client) -> None:
    li = user("li")
    entries = [record(li).pk for _number in range(2 * audit_log.PER_PAGE + 7)]
    rows = audit_log.find(audit_log.Search())
    first = audit_log.page_of(rows)
    second = audit_log.page_of(rows, before=first.older)
    third = audit_log.page_of(rows, before=second.older)
    seen = [entry.pk for page in (first, second, third) for entry in page.entries]
    assert seen == sorted(entries, reverse=True)
    assert (first.newer, third.older, len(third.entries)) == (None, None, 7)
    assert audit_log.page_of(rows, after=third.newer) == second
    back = audit_log.page_of(rows, after=second.newer)
    assert [entry.pk for entry in back.entries] == [entry.pk for entry in first.entries]
    assert back.newer is None
    text = text_of(auditor.get(LIST, {"before": str(first.older), "who": "li"}))
    assert "who=li" in text  # the search goes along


def test_a_page_costs_the_same_queries_however_long_the_log(
    auditor: Client, django_assert_max_num_queries: Any
) -> None:
    people = [user(f"u{number}") for number in range(30)]
    for number in range(120):
        record(people[number % 30])
    auditor.get(LIST)
    with django_assert_max_num_queries(10):
        auditor.get(LIST, {"before": "100"})


def test_an_empty_result_says_what_to_do(auditor: Client) -> None:
    assert "没有符合条件的记录" in text_of(auditor.get(LIST, {"q": "nothing"}))


# -- one entry ---------------------------------------------------------------------------------------------------------


def test_before_and_after_stand_side_by_side(auditor: Client) -> None:
    li = user("li")
    entry = record(
        li,
        "user.edit",
        subject=li,
        before={"full_name": "李四", "is_active": True, "deep": {"inner": 1}},
        after={"full_name": "李五", "is_active": False, "deep": {"inner": 2}, "permissions": ["a.b", "c.d"]},
    )
    shown = {row.label: (row.before, row.after, row.changed) for row in audit_log.differences(entry)}
    # The test's own language is Chinese: names of fields, yes and no.
    assert shown["姓名"] == ("李四", "李五", True)
    assert shown["可登录"] == ("是", "否", True)
    assert shown["deep › inner"] == ("1", "2", True)
    assert shown["permissions"] == ("—", "a.b\nc.d", True)
    text = text_of(auditor.get(reverse("accounts:audit-detail", args=[entry.pk])))
    assert "李四" in text
    assert "<strong>李五</strong>" in text
    assert entry.hash in text


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, None), (None, {}), ({}, {"a": {}}), ("x", "y"), ([1], [{"a": 1}]), ({"a": None}, {"a": ""})],
)
def test_any_shape_can_be_shown(auditor: Client, before: Any, after: Any) -> None:
    entry = record(user("li"), before=before, after=after)
    assert auditor.get(reverse("accounts:audit-detail", args=[entry.pk])).status_code == 200


def test_html_in_an_entry_stays_text(auditor: Client) -> None:
    entry = record(user("li"), label="<script>x</script>", reason="<b>y</b>", after={"<i>": "<img>"})
    for address in (LIST, reverse("accounts:audit-detail", args=[entry.pk])):
        text = text_of(auditor.get(address))
        assert "<script>x" not in text
        assert "<b>y" not in text
        assert "<img>" not in text


def test_an_entry_that_is_not_there(auditor: Client) -> None:
    assert auditor.get(reverse("accounts:audit-detail", args=[999])).status_code == 404


# -- taking it away ----------------------------------------------------------------------------------------------------


def lines(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_export_has_what_the_search_found_and_is_logged(auditor: Client) -> None:
    li = user("li")
    record(li, "user.grant", label="甲", after={"role": "leader"}, reason="需要")
    record(li, "round.draw", label="乙")
    answer = auditor.get(reverse("accounts:audit-export"), {"action": "user.grant"})
    assert "attachment" in answer["Content-Disposition"]
    head, row = lines(answer)
    found = dict(zip(head, row, strict=True))
    assert (found["用户名"], found["操作"], found["操作代码"], found["对象"]) == ("li", "授予角色", "user.grant", "甲")
    assert found["变更后"] == '{"role": "leader"}'
    entry = AuditEntry.objects.get(action="audit.export")
    assert entry.after == {"search": {"action": "user.grant"}}


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1"])
def test_no_spreadsheet_runs_what_it_holds(auditor: Client, start: str) -> None:
    record(user("li"), label=start, reason=start)
    _head, row = lines(auditor.get(reverse("accounts:audit-export")))
    assert f"'{start}" in row
    assert start not in row


def test_a_search_that_makes_no_sense_is_not_exported(auditor: Client) -> None:
    answer = auditor.get(reverse("accounts:audit-export"), {"year": "abc"})
    assert answer["Location"] == f"{LIST}?year=abc"


# -- the proof ---------------------------------------------------------------------------------------------------------


def check(auditor: Client, run: Any) -> str:
    with run(execute=True):
        answer = auditor.post(reverse("accounts:audit-check"))
    assert answer["Location"].startswith("/jobs/")
    return text_of(auditor.get(reverse("accounts:audit-check")))


def test_an_untouched_log_is_proved(auditor: Client, django_capture_on_commit_callbacks: Any) -> None:
    assert "尚未核验" in text_of(auditor.get(reverse("accounts:audit-check")))
    last = record(user("li"))
    text = check(auditor, django_capture_on_commit_callbacks)
    assert "未被改动" in text
    assert last.hash in text
    entry = AuditEntry.objects.get(action="audit.check")
    assert entry.after == {"entries": 1, "broken": 0, "lost": 0, "newest": last.hash}


def test_an_altered_entry_is_named(auditor: Client, django_capture_on_commit_callbacks: Any) -> None:
    li = user("li")
    entries = [record(li) for _number in range(3)]
    with past_the_triggers(AuditEntry) as cursor:
        cursor.execute("UPDATE foundation_auditentry SET reason = 'x' WHERE id = %s", [entries[1].pk])
    text = check(auditor, django_capture_on_commit_callbacks)
    assert "有 1 条记录与上一条不衔接" in text
    assert reverse("accounts:audit-detail", args=[entries[1].pk]) in text


def test_a_log_cut_off_at_its_end_is_noticed_by_the_next_check(
    auditor: Client, django_capture_on_commit_callbacks: Any
) -> None:
    li = user("li")
    first, second = record(li), record(li)
    check(auditor, django_capture_on_commit_callbacks)
    with past_the_triggers(AuditEntry) as cursor:
        cursor.execute("DELETE FROM foundation_auditentry WHERE id >= %s", [second.pk])
    assert audit.check_chain().broken_count == 0  # the chain alone does not show it
    assert audit.check_chain().head_id == first.pk
    text = check(auditor, django_capture_on_commit_callbacks)
    assert "以前核验过的记录已丢失" in text


def test_one_check_at_a_time(auditor: Client) -> None:
    """The second order, before the first has run, gets the first."""
    for _time in range(2):
        auditor.post(reverse("accounts:audit-check"))
    assert Job.objects.filter(kind=CHECK_JOB).count() == 1
    text = text_of(auditor.get(reverse("accounts:audit-check")))
    assert "立即核验" not in text


def test_the_job_checks_the_permission_again() -> None:
    from django.core.exceptions import PermissionDenied

    from accounts.services import check_audit_log
    from foundation.jobs import SilentProgress

    with pytest.raises(PermissionDenied):
        check_audit_log(actor=user("li", "administrator"), progress=SilentProgress())
    assert not AuditEntry.objects.exists()
