"""The test machinery itself: a page in the browser, a task through a real worker that is killed on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from foundation.audit import record
from foundation.models import AuditEntry
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
