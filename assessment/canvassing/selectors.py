"""Reading reports of canvassing: for staff the list, for the reporter the state of the case."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet

from assessment.canvassing.secrets import secret_hash
from assessment.models import CANVASSING_ENDS, CanvassingReport, CanvassingStep, CanvassingStepKind
from departments.models import Department
from evaluation.crockford import normalise
from evaluation.models import Round
from evaluation.states import RoundState

_NOT_YET = (RoundState.DRAFT, RoundState.CONFIGURED)


def year_of_reports() -> int | None:
    """The year that a report of today is about: the newest round that has been drawn and is not archived."""
    rounds = Round.objects.exclude(state__in=(*_NOT_YET, RoundState.ARCHIVED)).order_by("-year")
    return rounds.values_list("year", flat=True).first()


def departments_of(year: int) -> QuerySet[Department]:
    """The departments that take part in a year, by code."""
    return Department.objects.filter(years__year=year).order_by("code")


def find(*, year: int | None = None, state: str = "", number: str = "") -> QuerySet[CanvassingReport]:
    """Reports with department, newest first; what they say is not loaded."""
    rows = CanvassingReport.objects.select_related("department").defer("what", "contact")
    if year:
        rows = rows.filter(year=year)
    if state:
        rows = rows.filter(state=state)
    if number:
        rows = rows.filter(number=normalise(number))
    return rows


def counts_by_state() -> dict[str, int]:
    """State → reports."""
    return dict(CanvassingReport.objects.order_by().values_list("state").annotate(count=Count("pk")))


def years() -> list[int]:
    """The years that have reports, newest first."""
    return list(CanvassingReport.objects.order_by("-year").values_list("year", flat=True).distinct())


def proposal_of(report: CanvassingReport) -> CanvassingStep | None:
    """The last proposal."""
    return report.steps.filter(kind=CanvassingStepKind.PROPOSED).select_related("by").order_by("-pk").first()


@dataclass(frozen=True)
class CaseState:
    """What a reporter learns: where the case stands, since when, and what the office answers at its end."""

    number: str
    state: str
    label: str
    reported_on: date
    answer: str


def look_up(number: str, secret: str) -> CaseState | None:
    """The state of a case; None where number and word do not fit, whichever it is."""
    row = CanvassingReport.objects.filter(number=normalise(number)[:8]).defer("what", "contact").first()
    given = secret_hash(secret)
    if row is None or not hmac.compare_digest(bytes(row.secret_hash), given):
        return None
    answer = ""
    if row.state in CANVASSING_ENDS:
        answer = row.steps.filter(kind=CanvassingStepKind.CONFIRMED).values_list("answer", flat=True).first() or ""
    return CaseState(row.number, row.state, row.get_state_display(), row.reported_on, answer)
