"""Scoring as jobs."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from evaluation.models import Round
from evaluation.tasks import refusing
from foundation.jobs import Progress, job
from scoring.models import ScoreRun
from scoring.services import make_quality_report, score_round, store_audit_bundle
from scoring.services.sensitivity import report_sensitivity


@job("scoring.score", title=_("Score the round"))
def score(progress: Progress, *, round_id: int, user_id: int, reason: str = "") -> dict:
    """Score a round; started again after a killed worker it finds the same input and the same result."""
    run = refusing(
        lambda: score_round(
            actor=User.objects.get(pk=user_id),
            round=Round.objects.get(pk=round_id),
            reason=reason,
            progress=progress,
        )
    )
    return {"run": str(run.pk), "number": run.number}


@job("scoring.audit_bundle", title=_("Audit bundle"))
def audit_bundle(progress: Progress, *, round_id: int, user_id: int) -> dict:
    """Write the audit bundle; started again it finds the file that was kept."""
    file = refusing(
        lambda: store_audit_bundle(
            actor=User.objects.get(pk=user_id), round=Round.objects.get(pk=round_id), progress=progress
        )
    )
    return {"file": str(file.pk), "url": reverse("foundation:file-download", args=[file.pk])}


@job("scoring.quality", title=_("Report on data quality"))
def quality(progress: Progress, *, round_id: int, user_id: int) -> dict:
    """Make a report; one that is started again after a killed worker starts afresh."""
    report = refusing(
        lambda: make_quality_report(
            actor=User.objects.get(pk=user_id), round=Round.objects.get(pk=round_id), progress=progress
        )
    )
    return {"report": report.pk}


@job("scoring.sensitivity", title=_("See how far the weights can move"))
def sensitivity(progress: Progress, *, run_id: str, user_id: int) -> dict:
    """Make the report on a run's weights; a run that finds it made is done."""
    run = ScoreRun.objects.select_related("round").get(pk=run_id)
    refusing(lambda: report_sensitivity(actor=User.objects.get(pk=user_id), run=run, progress=progress))
    return {"run": run_id}
