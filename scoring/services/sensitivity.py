"""How far each stratum's weight could move: made once for a run and kept. It proposes no rules, so it is no trial."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.refusals import Missing, Refused
from foundation import audit
from foundation.jobs import Progress, SilentProgress
from scoring.core.model import ScoringError
from scoring.core.result_json import results_json
from scoring.core.score import score
from scoring.core.sensitivity import as_json, sensitivities
from scoring.inputs import counts_of
from scoring.models import ScoreRun, SensitivityReport
from scoring.services.whatif import refuse_unless_reproduced
from scoring.version import code_version

_STEPS = 100


def report_sensitivity(*, actor: User, run: ScoreRun, progress: Progress | None = None) -> SensitivityReport:
    """The report of a run; made on the first call. Raises PermissionDenied, Refused (not reproduced)."""
    require(actor, "scoring.view")
    progress = progress or SilentProgress()
    made = SensitivityReport.objects.filter(run=run).first()
    if made is not None:
        return made
    progress.report(0, _STEPS, _("Moving the weights"))
    counts = counts_of(run)
    given = (counts.definition, counts.departments, counts.cube)
    try:
        refuse_unless_reproduced(run, results_json(score(*given, **counts.about))["departments"])
    except ScoringError as error:
        raise Refused(Missing(error.code, str(error))) from error
    rows = sensitivities(
        *given,
        **counts.about,
        progress=lambda share: progress.report(int(99 * share), _STEPS, _("Moving the weights")),
    )
    with transaction.atomic():
        ScoreRun.objects.select_for_update().only("pk").get(pk=run.pk)
        made, new = SensitivityReport.objects.get_or_create(
            run=run, defaults={"rows": as_json(rows), "code_version": code_version(), "made_by": actor}
        )
        if new:
            label = f"{run.round.year}-{run.number}"
            audit.record(actor=actor, action="sensitivity.report", subject=made, label=label, year=run.round.year)
        progress.confirm()
    return made
