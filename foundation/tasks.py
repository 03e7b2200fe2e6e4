"""The two Celery tasks behind every job."""

from __future__ import annotations

from celery import shared_task

from foundation import jobs


@shared_task(name="foundation.run_job")
def run_job(job_id: str) -> None:
    """Run one job by its id."""
    jobs.run(job_id)


@shared_task(name="foundation.sweep_jobs")
def sweep_jobs() -> int:
    """Recover jobs of dead workers; sent by beat."""
    return jobs.sweep()
