"""The two Celery tasks behind every job."""

from __future__ import annotations

from celery import shared_task

from foundation import import_jobs, jobs


@shared_task(name="foundation.run_job")
def run_job(job_id: str) -> None:
    """Run one job by its id."""
    jobs.run(job_id)


@shared_task(name="foundation.sweep_jobs")
def sweep_jobs() -> int:
    """Recover jobs of dead workers; sent by beat."""
    return jobs.sweep()


@shared_task(name="foundation.erase_old_uploads")
def erase_old_uploads() -> int:
    """Erase imported lists that nobody stored; sent by beat."""
    return import_jobs.erase_old_uploads()
