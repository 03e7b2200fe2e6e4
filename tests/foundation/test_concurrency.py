"""Several at once, on real connections: the log stays one chain, a job runs once, an administrator remains."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from accounts import services
from accounts.models import Role, RoleGrant, User
from accounts.services.administrators import administrators
from foundation import audit, jobs
from foundation.errors import Conflict
from foundation.models import Job, JobState

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], None]) -> list[BaseException]:
    """Run each in a thread and on a connection of its own, all let loose together; what they raised."""
    gate, raised = threading.Barrier(len(deeds)), []

    def run(deed: Callable[[], None]) -> None:
        try:
            gate.wait(timeout=10)
            deed()
        except Exception as error:  # noqa: BLE001 -- the test looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def test_entries_written_at_once_are_one_chain() -> None:
    actor = User.objects.create(username="wang")

    def write() -> None:
        for number in range(10):
            with transaction.atomic():
                audit.record(actor=actor, action="test.trace", after={"n": number})

    assert at_once(write, write, write, write) == []
    report = audit.check_chain()
    assert (report.entries, report.broken_count) == (40, 0)


def test_a_job_claimed_by_four_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    monkeypatch.setattr(jobs, "_kinds", {})
    jobs.job("test.work", title="Work")(lambda progress: runs.append(1))
    row = Job.objects.create(kind="test.work", created_by=User.objects.create(username="wang"))
    assert at_once(*[lambda: jobs.run(str(row.pk))] * 4) == []
    assert runs == [1]
    row.refresh_from_db()
    assert row.state == JobState.DONE


def test_one_order_of_several_with_the_same_key_is_active(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "send", lambda pk: None)
    monkeypatch.setattr(jobs, "_kinds", {})
    jobs.job("test.work", title="Work")(lambda progress: None)
    owner = User.objects.create(username="wang")
    found: list[Job] = []

    def order() -> None:
        found.append(jobs.enqueue("test.work", params={}, user=owner, exclusive_key="one"))

    assert at_once(order, order, order) == []
    assert len(found) == 3
    assert len({row.pk for row in found}) == 1


def test_two_administrators_removing_each_other_leave_one() -> None:
    services.install_starting_roles()
    role = Role.objects.get(code="administrator")
    first, second = (User.objects.create(username=name) for name in ("first", "second"))
    grants = {user.pk: RoleGrant.objects.create(user=user, role=role) for user in (first, second)}

    def remove(actor: User, other: User) -> Callable[[], None]:
        return lambda: services.revoke_grant(actor=User.objects.get(pk=actor.pk), grant=grants[other.pk])

    raised = at_once(remove(first, second), remove(second, first))
    assert len(administrators()) == 1
    # The second finds itself the last, or without its own power already.
    assert len(raised) == 1
    assert isinstance(raised[0], Conflict | PermissionDenied)
