"""What else changed since the published year before (口径变化), for the departments of a run, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.utils.translation import gettext as _

from departments.models import Lineage, LineageKind
from evaluation.models import Round
from evaluation.selectors import configuration_of
from foundation.formats import points
from scoring.core.basis import Basis
from scoring.core.shifts import ADDED, BACK, DROPPED, GROUP, OMITTED, WEIGHT, Judged, Shift, shifts
from scoring.explanations import Labels
from scoring.models import Publication, ScoreRun


@dataclass(frozen=True)
class Shifts:
    """By department code what changed; ``known`` is false where the year before was not published by this system."""

    known: bool
    words: Mapping[str, list[str]]

    def of(self, code: str) -> list[str] | None:
        """The changes of a department; None where nobody knows, or where it was not judged the year before."""
        return self.words.get(code)


def shifts_of(run: ScoreRun) -> Shifts:
    """For every department of a run that was judged the year before, itself or under its earlier name; three queries.

    What others were merged into, or split off from, is told by its baseline; its group and strata have no one before.
    """
    last = (
        Publication.objects.select_related("round")
        .defer("round__ballot_definition", "round__baselines", "round__counting_report")
        .filter(round__year=run.round.year - 1)
        .first()
    )
    if last is None:
        return Shifts(False, {})
    then, now = _judged(last.run_id), _judged(run.pk)
    renamed = dict(
        Lineage.objects.filter(year=run.round.year, kind=LineageKind.RENAMED).values_list(
            "successor__code", "predecessor__code"
        )
    )
    labels = _Names(last.round, run.round)
    words = {}
    for code, judged in now.items():
        before = then.get(renamed.get(code, code))
        if before is not None:
            words[code] = [labels.say(shift) for shift in shifts(before, judged)]
    return Shifts(True, words)


@lru_cache(maxsize=32)
def _judged(run_id: UUID) -> Mapping[str, Judged]:
    """How each department of a run was judged, kept in memory: a stored run never changes."""
    run = ScoreRun.objects.only("basis", "result").get(pk=run_id)
    definition = Basis.from_json(run.basis).definition
    return {
        row["code"]: Judged(definition, row["group"], tuple(row["omitted_strata"])) for row in run.result["departments"]
    }


class _Names:
    """Names of strata and groups, this year's where it has one."""

    def __init__(self, before: Round, now: Round) -> None:
        then, today = (Labels.of(configuration_of(round)) for round in (before, now))
        self.strata = {**then.strata, **today.strata}
        self.groups = {**then.groups, **today.groups}

    def say(self, shift: Shift) -> str:
        """A shift as a phrase."""
        name = self.strata.get(shift.stratum, shift.stratum)
        weights = [points(value, 2) for value in (shift.before, shift.now)]
        values = {"stratum": name, "before": weights[0], "now": weights[1]}
        if shift.kind == GROUP:
            groups = [self.groups.get(str(code), str(code)) for code in (shift.before, shift.now)]
            return _("group: %(before)s, now %(now)s") % {"before": groups[0], "now": groups[1]}
        return {
            ADDED: _("stratum %(stratum)s judges it for the first time, weight %(now)s"),
            DROPPED: _("stratum %(stratum)s no longer judges it, weight last year %(before)s"),
            WEIGHT: _("weight of stratum %(stratum)s: %(before)s, now %(now)s"),
            OMITTED: _("stratum %(stratum)s gave too few valid answers, other than last year"),
            BACK: _("stratum %(stratum)s counts again, which last year gave too few valid answers"),
        }[shift.kind] % values
