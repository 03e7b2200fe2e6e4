"""Long work: registered once per kind, sent on commit, reported, resumable after a killed worker.

An app declares in its ``tasks.py``::

    @job("evaluators.import", title=_("Import evaluators"))
    def import_evaluators(progress: Progress, *, file_id: str) -> dict: ...

and a view or service calls ``enqueue("evaluators.import", params={...}, user=request.user, ...)``. The function must be
safe to run twice: it does its writing in one transaction and calls ``progress.confirm()`` inside, which fails when
another worker has taken the job over.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from kombu.exceptions import OperationalError

from foundation.models import ACTIVE_JOB_STATES, Job, JobState

logger = logging.getLogger(__name__)


class JobRefused(Exception):
    """A job's work ended with a refusal that its user can understand and mend; ``code`` is a stable word."""

    def __init__(self, message: str, code: str = "refused") -> None:
        super().__init__(message)
        self.code = code


class JobCancelled(Exception):
    """Its user asked for the job to stop."""


class JobTakenOver(Exception):
    """Another worker runs this job now; whatever this one did must not be kept."""


@dataclass(frozen=True)
class JobKind:
    """A registered kind of job."""

    name: str
    title: str | Promise
    run: Callable[..., Any]


_kinds: dict[str, JobKind] = {}


def job(name: str, *, title: str | Promise) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the work of a kind of job."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _kinds[name] = JobKind(name, title, function)
        return function

    return register


def kind_of(job_row: Job) -> JobKind:
    """The registered kind of a job. Raises KeyError for one that this version does not know."""
    return _kinds[job_row.kind]


def title_of(job_row: Job) -> str:
    """What the job is called on screen."""
    kind = _kinds.get(job_row.kind)
    return str(kind.title) if kind else job_row.kind


def enqueue(
    kind: str,
    *,
    params: dict[str, Any],
    user: Any,
    permission: str = "",
    exclusive_key: str = "",
    done_url: str = "",
    back_url: str = "",
) -> Job:
    """Create a job and send it when the transaction commits. Returns the running one if its exclusive key is taken.

    ``params`` are JSON: ids, never objects. ``permission`` is what others need to see the job (its owner always may).
    """
    if kind not in _kinds:
        raise KeyError(kind)
    try:
        with transaction.atomic():
            row = Job.objects.create(
                kind=kind,
                params=params,
                created_by=user,
                permission=permission,
                exclusive_key=exclusive_key,
                done_url=done_url,
                back_url=back_url,
            )
            transaction.on_commit(lambda: send(row.pk))
    except IntegrityError:
        running = Job.objects.filter(exclusive_key=exclusive_key, state__in=ACTIVE_JOB_STATES).first()
        if running is None:
            raise
        return running
    return row


def send(pk: Any) -> None:
    """Hand the job's id to the broker. A broker that is down loses nothing: the sweeper sends waiting jobs again."""
    try:
        current_app.tasks["foundation.run_job"].delay(str(pk))
    except (OperationalError, ConnectionError, OSError) as error:
        logger.warning("job %s waits for the broker: %s", pk, type(error).__name__)


class Progress:
    """What a running job says of itself; also its proof that it is still the one running it."""

    def __init__(self, pk: Any, attempt: int) -> None:
        self._pk = pk
        self._attempt = attempt
        self._last = 0.0

    @property
    def _mine(self) -> Any:
        return Job.objects.filter(pk=self._pk, attempt=self._attempt, state=JobState.RUNNING)

    def report(self, done: int, total: int, message: str | Promise = "") -> None:
        """Say how far the work is (any unit); at most four times a second reaches the database.

        Raises JobCancelled when its user asked to stop, JobTakenOver when another worker runs it.
        """
        now = time.monotonic()
        if now - self._last < 0.25 and done < total:
            return
        self._last = now
        # Inside a transaction nobody would see it, and it would hold the row until the commit.
        if connection.in_atomic_block and not settings.CELERY_TASK_ALWAYS_EAGER:
            return
        updated = self._mine.update(done=done, total=total, message=str(message)[:200], heartbeat=timezone.now())
        if not updated:
            raise JobTakenOver
        if Job.objects.filter(pk=self._pk, cancel_requested=True).exists():
            raise JobCancelled

    def confirm(self) -> None:
        """Inside the transaction of the work: fail unless this worker still owns the job."""
        if not self._mine.update(heartbeat=timezone.now()):
            raise JobTakenOver


class SilentProgress(Progress):
    """For callers without a job row: commands and tests. ``tell`` receives (done, total, message)."""

    def __init__(self, tell: Callable[[int, int, str], None] | None = None) -> None:
        super().__init__(None, 0)
        self._tell = tell

    def report(self, done: int, total: int, message: str | Promise = "") -> None:
        if self._tell:
            self._tell(done, total, str(message))

    def confirm(self) -> None:
        return None


def _process_start(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _this_worker() -> str:
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_process_start(pid)}"


def _is_alive_here(worker: str) -> bool:
    """True if the worker is a process of this machine and still the same one."""
    host, _sep, rest = worker.partition(":")
    pid, _sep, start = rest.partition(":")
    return host == socket.gethostname() and pid.isdigit() and bool(start) and _process_start(int(pid)) == start


def _beat(pk: Any, attempt: int, stop: threading.Event) -> None:
    """Keep the heartbeat fresh from a thread of its own; ends with the process, so that kill -9 shows."""
    while not stop.wait(settings.JOB_HEARTBEAT_SECONDS):
        try:
            Job.objects.filter(pk=pk, attempt=attempt, state=JobState.RUNNING).update(heartbeat=timezone.now())
        except Exception:
            logger.exception("heartbeat of job %s", pk)
    connection.close()


def run(pk: str) -> None:
    """Claim and run one job; called by the Celery task. It cannot run twice at once: the claim is one update."""
    now = timezone.now()
    claimed = Job.objects.filter(pk=pk, state=JobState.QUEUED).update(
        state=JobState.RUNNING, worker=_this_worker(), heartbeat=now, started_at=now
    )
    if not claimed:
        return
    row = Job.objects.get(pk=pk)
    progress = Progress(row.pk, row.attempt)
    stop = threading.Event()
    beat = None
    if not settings.CELERY_TASK_ALWAYS_EAGER:
        beat = threading.Thread(target=_beat, args=(row.pk, row.attempt, stop), daemon=True)
        beat.start()
    try:
        result = kind_of(row).run(progress, **row.params)
        _finish(row, state=JobState.DONE, result=result)
    except JobTakenOver:
        logger.warning("job %s was taken over by another worker", pk)
    except JobCancelled:
        _finish(row, state=JobState.CANCELLED)
    except JobRefused as refusal:
        _finish(row, state=JobState.FAILED, error=str(refusal), error_code=refusal.code)
    except Exception:
        logger.exception("job %s (%s) failed", pk, row.kind)
        _finish(row, state=JobState.FAILED, error_code="internal")
    finally:
        stop.set()
        if beat is not None:
            beat.join(timeout=5)


def _finish(row: Job, **values: Any) -> None:
    Job.objects.filter(pk=row.pk, attempt=row.attempt, state=JobState.RUNNING).update(
        finished_at=timezone.now(), heartbeat=timezone.now(), **values
    )


def cancel(*, job_row: Job) -> None:
    """Ask a job to stop: at once if it still waits, else at its next report."""
    now = timezone.now()
    if not Job.objects.filter(pk=job_row.pk, state=JobState.QUEUED).update(state=JobState.CANCELLED, finished_at=now):
        Job.objects.filter(pk=job_row.pk, state=JobState.RUNNING).update(cancel_requested=True)


def can_retry(job_row: Job) -> bool:
    """True if the job ended without its work done, and this version knows its kind."""
    return job_row.state in (JobState.FAILED, JobState.CANCELLED) and job_row.kind in _kinds


def retry(*, job_row: Job) -> Job:
    """Send a failed or cancelled job again, under the same address. Returns the job that is under way.

    That is another one if its exclusive key has been taken meanwhile; a job in any other state stays as it is.
    """
    try:
        with transaction.atomic():
            moved = Job.objects.filter(pk=job_row.pk, state__in=[JobState.FAILED, JobState.CANCELLED]).update(
                state=JobState.QUEUED,
                attempt=F("attempt") + 1,
                done=0,
                total=0,
                message="",
                error="",
                error_code="",
                result=None,
                cancel_requested=False,
                heartbeat=timezone.now(),
                started_at=None,
                finished_at=None,
            )
            if moved:
                transaction.on_commit(lambda: send(job_row.pk))
    except IntegrityError:
        running = Job.objects.filter(exclusive_key=job_row.exclusive_key, state__in=ACTIVE_JOB_STATES).first()
        if running is None:
            raise
        return running
    job_row.refresh_from_db()
    return job_row


def sweep() -> int:
    """Take over jobs whose worker died and send again those whose message was lost. Returns how many."""
    now = timezone.now()
    stale = now - timedelta(seconds=settings.JOB_STALE_SECONDS)
    taken = 0
    for row in Job.objects.filter(Q(heartbeat__lt=stale) | Q(heartbeat=None), state=JobState.RUNNING):
        # On SQLite a long transaction of the job itself holds back its own heartbeat: the process tells.
        if _is_alive_here(row.worker):
            continue
        moved = Job.objects.filter(pk=row.pk, heartbeat=row.heartbeat, attempt=row.attempt).update(
            state=JobState.QUEUED, attempt=row.attempt + 1, heartbeat=now
        )
        if moved:
            taken += 1
            send(row.pk)
    for row in Job.objects.filter(state=JobState.QUEUED).filter(Q(heartbeat__lt=stale) | Q(heartbeat=None)):
        if row.heartbeat is None and row.created_at > stale:
            continue
        if Job.objects.filter(pk=row.pk, state=JobState.QUEUED, heartbeat=row.heartbeat).update(heartbeat=now):
            taken += 1
            send(row.pk)
    return taken
