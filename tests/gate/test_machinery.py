"""The test machinery itself: a page in the browser, a task through a real worker that is killed on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from foundation.audit import record
from foundation.jobs import enqueue
from foundation.models import AuditEntry, Job, JobState
from tests.gate.slow_job import KIND
from tests.processes import CeleryProcess, wait_for


@pytest.mark.browser
@pytest.mark.sqlite_story
def test_login_page_in_the_browser(page: Any) -> None:
    answer = page.goto("/accounts/login/")
    assert answer.status == 200
    assert page.locator("html").get_attribute("lang") == "zh-hans"


@pytest.mark.worker
@pytest.mark.sqlite_story
def test_queued_task_outlives_a_killed_worker(start_celery: Callable[..., CeleryProcess], real_broker: str) -> None:
    import redis

    from config.celery import app

    worker = start_celery("worker")
    worker.kill()
    app.send_task("foundation.sweep_jobs")
    with redis.Redis.from_url(real_broker) as client:
        assert client.llen("celery") == 1
        worker.start()
        wait_for(lambda: "succeeded" in worker.output, "the task is done")
        assert client.llen("celery") == 0


@pytest.mark.worker
@pytest.mark.slow
@pytest.mark.sqlite_story
def test_running_job_survives_kill_9_of_its_worker(start_celery: Callable[..., CeleryProcess], tmp_path: Path) -> None:
    user = User.objects.create(username="owner")
    traces = tmp_path / "traces"
    first = start_celery("worker", include="tests.gate.slow_job")
    row = enqueue(KIND, params={"path": str(traces)}, user=user)
    wait_for(traces.exists, "the first attempt runs")
    first.kill()
    killed = time.monotonic()
    start_celery("worker", include="tests.gate.slow_job")
    start_celery("beat")
    # Dead for certain after 12 s without a heartbeat; the sweeper looks every 5 s.
    wait_for(lambda: Job.objects.get(pk=row.pk).state == JobState.DONE, "another worker has taken over", 60)
    assert Job.objects.get(pk=row.pk).result == {"attempts": 2}
    assert time.monotonic() - killed < 45  # both processes need their start on top


@pytest.mark.django_db(transaction=True)
def test_audit_entries_do_not_outlive_a_transactional_test() -> None:
    # Runs twice: whichever comes second finds the table empty, although the database refuses deletion.
    _leave_a_trace()


@pytest.mark.django_db(transaction=True)
def test_audit_entries_do_not_outlive_a_transactional_test_again() -> None:
    _leave_a_trace()


def _leave_a_trace() -> None:
    assert not AuditEntry.objects.filter(action="test.trace").exists()
    user = User.objects.create(username="tracer")
    with transaction.atomic():
        record(actor=user, action="test.trace")
