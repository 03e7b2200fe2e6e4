"""``manage.py recount BUNDLE ROUND``: count a bundle again and name each difference from the stored run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from departments.models import Department
from evaluation.management.rounds import RoundCommand
from evaluation.models import Round
from scoring.core.bundle import read_bundle
from scoring.core.bundle_files import BundleError
from scoring.core.differences import Difference
from scoring.core.recount import differences
from scoring.models import ScoreRun
from scoring.selectors import run_to_export, stored_run

DIFFERENT, UNREADABLE = 1, 2


class Command(RoundCommand):
    help = (
        "Counts a bundle again and compares it with the published run of a round (else its newest). "
        "Exit status 0: equal; 1: each difference is named; 2: there is nothing to compare."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder or zip")
        super().add_arguments(parser)
        parser.add_argument("--run", type=int, metavar="N", help="compare with this run of the round")
        parser.add_argument("--no-rank-intervals", action="store_true", help="skip the bootstrap of the ranks")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._run(self.round(options), options["run"])
            bundle = read_bundle(options["bundle"])
            found = differences(bundle, stored_run(run), intervals=not options["no_rank_intervals"])
        except BundleError as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        except CommandError as error:
            error.returncode = UNREADABLE
            raise
        names = dict(Department.objects.values_list("code", "full_name"))
        for row in found:
            self.stdout.write(_line(row, names))
        place = {"year": run.round.year, "number": run.number, "count": len(found)}
        if found:
            message = _("%(count)s differences from run %(number)s of %(year)s.") % place
            raise CommandError(message, returncode=DIFFERENT)
        if bundle.ballots is None:
            self.stdout.write(
                _("Equal to run %(number)s of %(year)s, uncertainty apart (no public bundle has it).") % place
            )
        else:
            self.stdout.write(_("Equal to run %(number)s of %(year)s in every figure.") % place)

    @staticmethod
    def _run(round: Round, number: int | None) -> ScoreRun:
        if number is None:
            run = run_to_export(round)
        else:
            run = ScoreRun.objects.select_related("round").filter(round=round, number=number).first()
        if run is None:
            raise CommandError(_("There is no such run of %(year)s.") % {"year": round.year})
        return run


def _line(row: Difference, names: dict[str, str]) -> str:
    """One difference: department, figure, stored, recounted."""
    return _("%(figure)s: stored %(stored)s, recounted %(recounted)s") % {
        "figure": f"{row.code} {names.get(row.code, '')} {row.figure}".strip(),
        "stored": _value(row.first),
        "recounted": _value(row.second),
    }


def _value(value: Any) -> str:
    """Lists (strata, reasons, intervals) with commas; nothing as a dash."""
    if isinstance(value, list | tuple):
        value = ", ".join(str(entry) for entry in value)
    return "—" if value is None or value == "" else str(value)
