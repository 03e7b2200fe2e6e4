"""Pages of jobs: one's own, others' only with their permission; stopping and sending again for the owner alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, RoleGrant, User
from foundation import jobs
from foundation.models import Job, JobState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_kinds", dict(jobs._kinds))
    jobs.job("test.work", title="导入名单")(lambda progress: {"ok": True})


def user(name: str, role: str = "") -> User:
    made = User.objects.create(username=name)
    if role:
        RoleGrant.objects.create(user=made, role=Role.objects.get(code=role))
    return made


def client_of(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def add(owner: User, **values: Any) -> Job:
    return Job.objects.create(kind="test.work", created_by=owner, **values)


def page(client: Client, row: Job, name: str = "job-detail") -> Any:
    return client.get(reverse(f"foundation:{name}", args=[row.pk]))


def post(client: Client, row: Job, name: str) -> Any:
    return client.post(reverse(f"foundation:{name}", args=[row.pk]))


def test_the_list_has_ones_own_jobs_only() -> None:
    owner, other = user("owner"), user("other")
    mine, foreign = add(owner), add(other)
    text = client_of(owner).get(reverse("foundation:job-list")).content.decode()
    assert str(mine.pk) in text
    assert str(foreign.pk) not in text


def test_an_empty_list_says_what_will_be_there() -> None:
    text = client_of(user("owner")).get(reverse("foundation:job-list")).content.decode()
    assert "暂无任务" in text


def test_the_list_is_narrowed_by_state_and_has_pages() -> None:
    owner = user("owner")
    failed = add(owner, state=JobState.FAILED)
    done = [add(owner, state=JobState.DONE) for _number in range(26)]
    client = client_of(owner)
    address = reverse("foundation:job-list")
    text = client.get(address, {"state": "failed"}).content.decode()
    assert str(failed.pk) in text
    assert str(done[0].pk) not in text
    # 25 a page, newest first: the oldest two of 27 are on the second.
    assert str(failed.pk) not in client.get(address).content.decode()
    assert str(failed.pk) in client.get(address, {"page": "2"}).content.decode()


def test_nobody_sees_anothers_job() -> None:
    row = add(user("owner"), state=JobState.FAILED)
    client = client_of(user("other", "committee"))
    assert page(client, row).status_code == 404
    assert page(client, row, "job-progress").status_code == 404
    assert post(client, row, "job-cancel").status_code == 404
    assert post(client, row, "job-retry").status_code == 404
    assert Client().get(reverse("foundation:job-detail", args=[row.pk])).status_code == 302


def test_holders_of_its_permission_see_it_but_do_not_steer_it() -> None:
    row = add(user("owner", "auditor"), state=JobState.QUEUED, permission="audit.view")
    client = client_of(user("other", "auditor"))
    answer = page(client, row)
    assert answer.status_code == 200
    assert reverse("foundation:job-cancel", args=[row.pk]) not in answer.content.decode()
    assert post(client, row, "job-cancel").status_code == 403
    Job.objects.update(state=JobState.FAILED)
    assert reverse("foundation:job-retry", args=[row.pk]) not in page(client, row).content.decode()
    assert post(client, row, "job-retry").status_code == 403
    row.refresh_from_db()
    assert row.state == JobState.FAILED


def test_an_owner_who_lost_the_permission_may_look_but_not_send_again() -> None:
    owner = user("owner")
    row = add(owner, state=JobState.FAILED, permission="registry.edit")
    client = client_of(owner)
    assert page(client, row).status_code == 200
    assert post(client, row, "job-retry").status_code == 403


def test_while_it_runs_the_script_polls_and_others_have_a_link() -> None:
    owner = user("owner")
    row = add(owner, state=JobState.RUNNING, done=30, total=120, message="读取")
    text = page(client_of(owner), row).content.decode()
    assert "http-equiv" not in text  # a page that moves by itself fails WCAG 2.2.1; without script there is a link
    assert f'href="{reverse("foundation:job-detail", args=[row.pk])}"' in text
    assert f'hx-get="{reverse("foundation:job-progress", args=[row.pk])}"' in text
    assert 'value="25"' in text  # 30 of 120
    assert "读取" in text
    fragment = page(client_of(owner), row, "job-progress")
    assert "HX-Refresh" not in fragment


def test_when_it_has_ended_the_fragment_brings_the_page_and_nothing_polls() -> None:
    owner = user("owner")
    row = add(owner, state=JobState.DONE, done_url="/rounds/2008/", back_url="/rounds/")
    assert page(client_of(owner), row, "job-progress")["HX-Refresh"] == "true"
    text = page(client_of(owner), row).content.decode()
    assert "http-equiv" not in text
    assert "hx-get" not in text
    assert '<a class="btn btn-primary" href="/rounds/2008/">' in text


def test_a_refusal_says_what_to_mend_and_an_error_nothing_private() -> None:
    owner = user("owner")
    client = client_of(owner)
    refused = add(owner, state=JobState.FAILED, error="第 3 行缺少编号。", error_code="missing")
    text = page(client, refused).content.decode()
    assert "第 3 行缺少编号。" in text
    assert "重试" in text
    broken = add(owner, state=JobState.FAILED, error_code="internal")
    assert "管理员" in page(client, broken).content.decode()


def test_stopping_and_sending_again(django_capture_on_commit_callbacks: Any) -> None:
    owner = user("owner")
    client = client_of(owner)
    row = add(owner)
    assert post(client, row, "job-cancel").status_code == 302
    row.refresh_from_db()
    assert row.state == JobState.CANCELLED
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(client, row, "job-retry")
    assert answer["Location"] == reverse("foundation:job-detail", args=[row.pk])
    row.refresh_from_db()
    assert row.state == JobState.DONE  # tests run it where it is sent


def test_a_link_changes_nothing() -> None:
    owner = user("owner")
    row = add(owner)
    client = client_of(owner)
    assert page(client, row, "job-cancel").status_code == 405
    assert page(client, row, "job-retry").status_code == 405


def test_in_english_too() -> None:
    owner = user("owner")
    client = client_of(owner)
    client.cookies["django_language"] = "en"
    text = page(client, add(owner, state=JobState.FAILED, error_code="internal")).content.decode()
    assert "Try again" in text
    assert "About this job" in text
