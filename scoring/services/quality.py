"""Writing a report on data quality: the ballots and the runs stay as they are."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of
from evaluation.states import RoundState
from foundation import audit
from foundation.jobs import Progress, SilentProgress
from scoring.inputs import read_input
from scoring.models import QualityReport, ScoreRun
from scoring.quality_content import COMPARISONS, comparisons, strata_content
from scoring.version import code_version

REPORTED_IN = (RoundState.COUNTED, RoundState.SCORED, RoundState.PUBLISHED, RoundState.ARCHIVED)


def make_quality_report(*, actor: User, round: Round, progress: Progress | None = None) -> QualityReport:
    """Look at the ballots of an opened round and write down what they show.

    The ranking is compared with that of the newest run, if it was computed from what is there now. Raises
    PermissionDenied, Refused (the box has not been opened).
    """
    require(actor, "scoring.run")
    progress = progress or SilentProgress()
    round.refresh_from_db()
    if round.state not in REPORTED_IN:
        raise Refused(Missing("not_counted", _("The box has not been opened; there are no ballots to look at.")))
    steps = COMPARISONS + 1
    progress.report(0, steps, _("Reading the ballots"))
    source = read_input(round)
    fingerprint = source.fingerprint()
    run = ScoreRun.objects.filter(round=round).order_by("-number").first()
    if run is not None and run.input_fingerprint != fingerprint:
        run = None
    min_cell = configuration_of(round).min_cell
    strata = strata_content(round, source)
    found = None
    if run is not None:
        message = _("Comparing the ranking with and without these ballots")
        progress.report(1, steps, message)
        found = comparisons(
            source, run, strata, min_cell=min_cell, tell=lambda done: progress.report(1 + done, steps, message)
        )
    with transaction.atomic():
        report = QualityReport.objects.create(
            round=round,
            run=run,
            input_fingerprint=fingerprint,
            code_version=code_version(),
            content={"min_cell": min_cell, "strata": strata, "comparisons": found},
            created_by=actor,
        )
        audit.record(
            actor=actor,
            action="quality.report",
            subject=report,
            label=str(round),
            year=round.year,
            after={"input_fingerprint": fingerprint, "number": run.number if run else None},
        )
        progress.confirm()
    progress.report(steps, steps, _("Done"))
    return report
