"""Jobs: claimed once, taken over from a dead worker, stopped, sent again, never half kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from foundation import jobs
from foundation.models import Job, JobState

LONG_AGO = timedelta(seconds=600)


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create(username="owner")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is handed to the broker, instead of being run."""
    ids: list[Any] = []
    monkeypatch.setattr(jobs, "send", ids.append)
    return ids


@pytest.fixture(autouse=True)
def _own_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(jobs, "_kinds", dict(jobs._kinds))
    yield


def kind(work: Any, name: str = "test.work") -> str:
    jobs.job(name, title="Work")(work)
    return name


def add(owner: User, work: Any = lambda progress: {"ok": True}, **values: Any) -> Job:
    return Job.objects.create(kind=kind(work), created_by=owner, **values)


def running(owner: User, worker: str = "elsewhere:1:1", age: timedelta = LONG_AGO, **values: Any) -> Job:
    """A job that a worker has claimed and not been heard of since."""
    return add(owner, state=JobState.RUNNING, worker=worker, heartbeat=timezone.now() - age, **values)


# -- from order to result ----------------------------------------------------------------------------------------------


def test_a_job_runs_with_its_parameters_and_keeps_its_result(owner: User) -> None:
    row = add(owner, lambda progress, *, n: {"double": 2 * n}, params={"n": 21})
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.result, row.percent) == (JobState.DONE, {"double": 42}, 100)
    assert row.started_at is not None
    assert row.finished_at is not None


def test_it_is_sent_when_the_transaction_commits(
    owner: User, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    name = kind(lambda progress: None)
    with django_capture_on_commit_callbacks(execute=True):
        row = jobs.enqueue(name, params={}, user=owner)
        assert sent == []
    assert sent == [row.pk]


def test_an_undone_order_is_no_order(owner: User, sent: list[Any]) -> None:
    name = kind(lambda progress: None)
    with pytest.raises(ValueError, match="undone"), transaction.atomic():
        jobs.enqueue(name, params={}, user=owner)
        raise ValueError("undone")
    assert sent == []
    assert not Job.objects.exists()


def test_an_unknown_kind_is_refused(owner: User) -> None:
    with pytest.raises(KeyError):
        jobs.enqueue("test.nothing", params={}, user=owner)


def test_of_two_with_one_key_the_second_gets_the_first(owner: User, sent: list[Any]) -> None:
    name = kind(lambda progress: None)
    first = jobs.enqueue(name, params={}, user=owner, exclusive_key="draw:2008")
    assert jobs.enqueue(name, params={}, user=owner, exclusive_key="draw:2008").pk == first.pk
    assert jobs.enqueue(name, params={}, user=owner, exclusive_key="draw:2009").pk != first.pk
    Job.objects.filter(pk=first.pk).update(state=JobState.DONE)
    assert jobs.enqueue(name, params={}, user=owner, exclusive_key="draw:2008").pk != first.pk


def test_without_a_broker_the_order_stands(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        def delay(self, pk: str) -> None:
            raise ConnectionError("down")

    monkeypatch.setattr(jobs, "current_app", type("App", (), {"tasks": {"foundation.run_job": Down()}}))
    row = add(owner)
    jobs.send(row.pk)  # says so in the log, and nothing else
    row.refresh_from_db()
    assert row.state == JobState.QUEUED


# -- how it ends -------------------------------------------------------------------------------------------------------


def test_a_refusal_is_kept_in_its_words(owner: User) -> None:
    def refuse(progress: jobs.Progress) -> None:
        raise jobs.JobRefused("两行编号相同。", "duplicate")

    row = add(owner, refuse)
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.error, row.error_code) == (JobState.FAILED, "两行编号相同。", "duplicate")


def test_an_error_is_not_shown_to_anybody(owner: User, caplog: pytest.LogCaptureFixture) -> None:
    def fail(progress: jobs.Progress) -> None:
        raise RuntimeError("password=secret")

    row = add(owner, fail)
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.error, row.error_code) == (JobState.FAILED, "", "internal")
    assert "RuntimeError" in caplog.text  # for the administrator


def test_progress_is_seen_and_never_full_before_the_end(owner: User) -> None:
    seen: list[int] = []

    def work(progress: jobs.Progress) -> None:
        progress.report(50, 200, "Reading")
        seen.append(Job.objects.get().percent)
        progress.report(200, 200, "Reading")
        seen.append(Job.objects.get().percent)

    row = add(owner, work)
    jobs.run(str(row.pk))
    # 50 of 200 is 25 %; 200 of 200 is 99 % while it runs.
    assert seen == [25, 99]
    row.refresh_from_db()
    assert (row.message, row.percent) == ("Reading", 100)


# -- one worker only ---------------------------------------------------------------------------------------------------


def test_the_same_message_twice_runs_it_once(owner: User) -> None:
    runs: list[int] = []
    row = add(owner, lambda progress: runs.append(1))
    jobs.run(str(row.pk))
    jobs.run(str(row.pk))
    assert runs == [1]


def test_a_claimed_job_is_not_claimed_again(owner: User) -> None:
    runs: list[int] = []
    row = add(owner, lambda progress: runs.append(1), state=JobState.RUNNING, worker="elsewhere:1:1")
    jobs.run(str(row.pk))
    assert runs == []


def test_a_job_taken_over_while_it_works_keeps_nothing(owner: User) -> None:
    def work(progress: jobs.Progress) -> None:
        Job.objects.update(attempt=1)  # the sweeper, meanwhile
        with transaction.atomic():
            User.objects.create(username="half-done")
            progress.confirm()

    row = add(owner, work)
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert row.state == JobState.RUNNING  # the other worker's to finish
    assert not User.objects.filter(username="half-done").exists()


def test_a_job_taken_over_hears_of_it_at_its_next_report(owner: User) -> None:
    row = running(owner)
    progress = jobs.Progress(row.pk, attempt=0)
    Job.objects.filter(pk=row.pk).update(attempt=1)
    with pytest.raises(jobs.JobTakenOver):
        progress.report(1, 1)
    with pytest.raises(jobs.JobTakenOver):
        progress.confirm()


def test_a_late_finish_of_the_first_worker_changes_nothing(owner: User) -> None:
    def work(progress: jobs.Progress) -> dict[str, str]:
        Job.objects.update(attempt=1, state=JobState.RUNNING, worker="second")
        return {"by": "first"}

    row = add(owner, work)
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.result, row.worker) == (JobState.RUNNING, None, "second")


# -- the sweeper -------------------------------------------------------------------------------------------------------


def test_the_job_of_a_dead_worker_is_sent_again_and_finished(owner: User, sent: list[Any]) -> None:
    row = running(owner)
    assert jobs.sweep() == 1
    assert sent == [row.pk]
    row.refresh_from_db()
    assert (row.state, row.attempt) == (JobState.QUEUED, 1)
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.attempt, row.result) == (JobState.DONE, 1, {"ok": True})


def test_two_sweepers_take_it_over_once(owner: User, sent: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    row = running(owner)

    def second_sweeper_first(worker: str) -> bool:
        monkeypatch.setattr(jobs, "_is_alive_here", lambda _worker: False)
        assert jobs.sweep() == 1
        return False

    monkeypatch.setattr(jobs, "_is_alive_here", second_sweeper_first)
    assert jobs.sweep() == 0
    assert sent == [row.pk]
    row.refresh_from_db()
    assert row.attempt == 1


def test_a_worker_heard_of_lately_is_left_alone(owner: User, sent: list[Any]) -> None:
    running(owner, age=timedelta(seconds=1))
    assert jobs.sweep() == 0
    assert sent == []


def test_a_silent_worker_of_this_machine_that_lives_is_left_alone(owner: User, sent: list[Any]) -> None:
    """On SQLite its own long transaction holds its heartbeat back."""
    running(owner, worker=jobs._this_worker())
    assert jobs.sweep() == 0


def test_another_process_with_the_number_of_a_dead_worker_is_not_that_worker(owner: User, sent: list[Any]) -> None:
    host, pid, start = jobs._this_worker().split(":")
    assert pid == str(os.getpid())
    running(owner, worker=f"{host}:{pid}:{int(start) - 1}")
    assert jobs.sweep() == 1


def test_a_lost_message_is_sent_again(owner: User, sent: list[Any]) -> None:
    fresh = add(owner)
    old = add(owner)
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - LONG_AGO)
    assert jobs.sweep() == 1
    assert sent == [old.pk]
    assert jobs.sweep() == 0  # it waits its turn now
    assert fresh.pk not in sent


# -- stopping and sending again ----------------------------------------------------------------------------------------


def test_a_waiting_job_stops_at_once(owner: User) -> None:
    runs: list[int] = []
    row = add(owner, lambda progress: runs.append(1))
    jobs.cancel(job_row=row)
    row.refresh_from_db()
    assert row.state == JobState.CANCELLED
    jobs.run(str(row.pk))
    assert runs == []


def test_a_running_job_stops_at_its_next_report(owner: User) -> None:
    def work(progress: jobs.Progress) -> None:
        jobs.cancel(job_row=Job.objects.get())
        progress.report(1, 1)
        raise AssertionError("went on")

    row = add(owner, work)
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert row.state == JobState.CANCELLED


def test_a_finished_job_is_not_stopped(owner: User) -> None:
    row = add(owner)
    jobs.run(str(row.pk))
    jobs.cancel(job_row=row)
    row.refresh_from_db()
    assert (row.state, row.cancel_requested) == (JobState.DONE, False)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_a_failed_job_is_sent_again_under_its_address(
    owner: User, sent: list[Any], state: str, django_capture_on_commit_callbacks: Any
) -> None:
    row = add(owner, state=state, error="Mend it.", error_code="bad", cancel_requested=True, done=5, total=9)
    assert jobs.can_retry(row)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.retry(job_row=row).pk == row.pk
    assert sent == [row.pk]
    assert (row.state, row.error, row.cancel_requested, row.done) == (JobState.QUEUED, "", False, 0)
    jobs.run(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.attempt) == (JobState.DONE, 1)


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.DONE])
def test_any_other_job_is_left_as_it_is(owner: User, sent: list[Any], state: str) -> None:
    row = add(owner, state=state)
    assert not jobs.can_retry(row)
    jobs.retry(job_row=row)
    row.refresh_from_db()
    assert (row.state, row.attempt) == (state, 0)
    assert sent == []


def test_sending_again_gives_way_to_one_under_way(owner: User, sent: list[Any]) -> None:
    failed = add(owner, state=JobState.FAILED, exclusive_key="draw:2008")
    under_way = add(owner, exclusive_key="draw:2008")
    assert jobs.retry(job_row=failed).pk == under_way.pk
    failed.refresh_from_db()
    assert failed.state == JobState.FAILED


@pytest.mark.django_db(transaction=True)
def test_nothing_is_reported_inside_a_transaction_of_a_real_worker(settings: Any) -> None:
    """It would hold the job's row until the commit, and nobody would see it."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    owner = User.objects.create(username="owner")
    row = running(owner)
    progress = jobs.Progress(row.pk, attempt=0)
    with transaction.atomic():
        progress.report(5, 5)
    row.refresh_from_db()
    assert row.done == 0
    assert not connection.in_atomic_block
    progress.report(5, 5)
    row.refresh_from_db()
    assert row.done == 5
