"""From the report of canvassing to the decision on it; every step audited, the decision by two persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from assessment.canvassing.evidence import Evidence
from assessment.canvassing.secrets import CaseKey, case_key, secret_hash
from assessment.marks import MOST_WORDS
from assessment.models import (
    Assessment,
    CanvassingReport,
    CanvassingState,
    CanvassingStep,
    CanvassingStepKind,
)
from assessment.selectors import marks_of
from assessment.services import set_assessment
from departments.models import Department, DepartmentYear
from evaluation.refusals import Missing, Refused
from foundation import audit, files
from foundation.models import StoredFile
from foundation.tables.cleaning import clean_text

EVIDENCE_KIND = "canvassing.evidence"
MOST_TEXT = 4_000
MOST_CONTACT = 200
MOST_REASON = 2_000
_STEPS = {
    CanvassingState.RECEIVED: (CanvassingStepKind.TAKEN_UP,),
    CanvassingState.EXAMINING: (CanvassingStepKind.ASSIGNED, CanvassingStepKind.PROPOSED),
    CanvassingState.PROPOSED: (CanvassingStepKind.CONFIRMED, CanvassingStepKind.SENT_BACK),
}


@dataclass(frozen=True)
class Decision:
    """What is proposed: founded or unfounded, why, the words of a veto ("" for none), what the reporter is told."""

    outcome: str
    reason: str
    veto: str = ""
    answer: str = ""


def may_follow(report: CanvassingReport, kind: CanvassingStepKind) -> bool:
    """True if this step can be taken now."""
    return kind in _STEPS.get(CanvassingState(report.state), ())


@transaction.atomic
def receive_report(
    *,
    token: bytes,
    year: int,
    department: Department | None,
    what: str,
    happened_on: date | None = None,
    contact: str = "",
    evidence: Evidence | None = None,
) -> CaseKey:
    """Take in a report from anybody; the same ``token`` again gives the same case, once.

    Of the reporter only what they say themselves is kept (encrypted), and the day. Raises ValidationError (nothing or
    too much said, a department that does not take part in the year).
    """
    key = case_key(token)
    if CanvassingReport.objects.filter(number=key.number).exists():
        return key
    what, contact = what.strip(), clean_text(contact)
    if not what:
        raise ValidationError({"what": _("Say what happened.")})
    if len(what) > MOST_TEXT or len(contact) > MOST_CONTACT:
        raise ValidationError(_("That is too long."))
    if department and not DepartmentYear.objects.filter(department=department, year=year).exists():
        raise ValidationError({"department": _("This department does not take part.")})
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    stored = None
    if evidence:
        stored = files.store(
            evidence.content,
            kind=EVIDENCE_KIND,
            name=f"{key.number_grouped}.{evidence.ending}",
            content_type=evidence.content_type,
            permission="canvassing.view",
            user=None,
            year=year,
            encrypted=True,
            meta={"audited": True},
        )
        StoredFile.objects.filter(pk=stored.pk).update(created_at=today)
    report = CanvassingReport.objects.create(
        number=key.number,
        secret_hash=secret_hash(key.secret),
        year=year,
        department=department,
        happened_on=happened_on,
        what=what,
        contact=contact,
        evidence=stored,
        reported_on=timezone.localdate(),
    )
    # The day alone, in the log too: a time of day beside that of a ballot would tell who reported.
    audit.record(
        actor=None,
        action="canvassing.receive",
        subject=report,
        year=year,
        at=today,
        after={"department": department.code if department else "", "with_evidence": stored is not None},
    )
    return key


@transaction.atomic
def record_reading(*, actor: User, report: CanvassingReport) -> None:
    """Somebody reads a report. Raises PermissionDenied."""
    require(actor, "canvassing.view")
    audit.record(actor=actor, action="canvassing.read", subject=report, year=report.year)


@transaction.atomic
def take_up(*, actor: User, report: CanvassingReport) -> None:
    """Begin the examination (received → under examination). Raises PermissionDenied, Refused."""
    row = _locked(actor, report, CanvassingStepKind.TAKEN_UP)
    _step(actor, row, CanvassingStepKind.TAKEN_UP, CanvassingState.EXAMINING)


@transaction.atomic
def assign(*, actor: User, report: CanvassingReport, department: Department, reason: str) -> None:
    """Name the department that the report is about, where the reporter did not or another is meant.

    Raises PermissionDenied, Refused (not under examination), ValidationError (no reason, does not take part).
    """
    row = _locked(actor, report, CanvassingStepKind.ASSIGNED)
    reason = _reason(reason)
    if not DepartmentYear.objects.filter(department=department, year=row.year).exists():
        raise ValidationError({"department": _("This department does not take part.")})
    before, row.department = row.department, department
    row.save(update_fields=["department"])
    CanvassingStep.objects.create(report=row, kind=CanvassingStepKind.ASSIGNED, by=actor, reason=reason)
    audit.record(
        actor=actor,
        action="canvassing.assigned",
        subject=row,
        year=row.year,
        before={"department": before.code if before else ""},
        after={"department": department.code},
        reason=reason,
    )


@transaction.atomic
def propose(*, actor: User, report: CanvassingReport, decision: Decision) -> None:
    """Propose a decision; another person confirms it or sends it back.

    Raises PermissionDenied, Refused (not under examination), ValidationError (no reason; a veto without a founded
    report, or without a department; over-long words).
    """
    row = _locked(actor, report, CanvassingStepKind.PROPOSED)
    reason, veto = _reason(decision.reason), clean_text(decision.veto)
    if decision.outcome not in (CanvassingState.FOUNDED, CanvassingState.UNFOUNDED):
        raise ValidationError({"outcome": _("Choose one of the two.")})
    if veto and decision.outcome != CanvassingState.FOUNDED:
        raise ValidationError({"veto": _("Only a founded report can lead to a veto.")})
    if veto and row.department is None:
        raise ValidationError({"veto": _("Name the department first.")})
    if len(veto) > MOST_WORDS:
        raise ValidationError({"veto": _("Use %(most)s characters at most.") % {"most": MOST_WORDS}})
    _step(
        actor,
        row,
        CanvassingStepKind.PROPOSED,
        CanvassingState.PROPOSED,
        Decision(decision.outcome, reason, veto, decision.answer.strip()[:MOST_REASON]),
    )


@transaction.atomic
def send_back(*, actor: User, report: CanvassingReport, reason: str) -> None:
    """Do not confirm: the examination goes on. Raises PermissionDenied, Refused, ValidationError (no reason)."""
    row = _locked(actor, report, CanvassingStepKind.SENT_BACK)
    _step(actor, row, CanvassingStepKind.SENT_BACK, CanvassingState.EXAMINING, Decision("", _reason(reason)))


@transaction.atomic
def confirm(*, actor: User, report: CanvassingReport) -> None:
    """Confirm what another person proposed; a founded report with a veto sets that of the department's year.

    Raises PermissionDenied (also where a veto needs the right to enter assessments), Refused (nothing proposed, the
    proposer alone, a year whose result is published), ValidationError (the veto's words grow too long).
    """
    row = _locked(actor, report, CanvassingStepKind.CONFIRMED)
    proposal = row.steps.filter(kind=CanvassingStepKind.PROPOSED).order_by("-pk").select_related("by")[0]
    if proposal.by_id == actor.pk:
        message = _("You proposed this decision; another person has to confirm it.")
        raise Refused(Missing("two_persons", message))
    if proposal.veto and row.department is not None:
        _veto(actor, row, row.department, proposal.veto)
    decision = Decision(proposal.outcome, proposal.reason, proposal.veto, proposal.answer)
    _step(
        actor,
        row,
        CanvassingStepKind.CONFIRMED,
        CanvassingState(proposal.outcome),
        decision,
        proposed_by=proposal.by,
    )


def _veto(actor: User, report: CanvassingReport, department: Department, words: str) -> None:
    """Set the veto through the assessment's own service; one that stands already keeps its words in front."""
    marks = marks_of(Assessment.objects.filter(department=department, year=report.year).first())
    veto = f"{marks.veto}；{words}" if marks.veto else words
    if len(veto) > MOST_WORDS:
        raise ValidationError(_("With the veto that stands already the words grow too long; propose shorter ones."))
    set_assessment(actor=actor, department=department, year=report.year, **{**marks.to_dict(), "veto": veto})


def _locked(actor: User, report: CanvassingReport, kind: CanvassingStepKind) -> CanvassingReport:
    """The report, locked, if this person may take this step now. Raises PermissionDenied, Refused."""
    require(actor, "canvassing.decide")
    row = CanvassingReport.objects.select_for_update(of=("self",)).select_related("department").get(pk=report.pk)
    if not may_follow(row, kind):
        message = _("The report is in another state meanwhile: %(state)s.") % {"state": row.get_state_display()}
        raise Refused(Missing("wrong_state", message, "", "canvassing:report-detail", (row.pk,), _("The report")))
    return row


def _reason(reason: str) -> str:
    cleaned = reason.strip()
    if not cleaned:
        raise ValidationError({"reason": _("Say why.")})
    if len(cleaned) > MOST_REASON:
        raise ValidationError({"reason": _("Use %(most)s characters at most.") % {"most": MOST_REASON}})
    return cleaned


def _step(
    actor: User,
    report: CanvassingReport,
    kind: CanvassingStepKind,
    state: CanvassingState,
    decision: Decision | None = None,
    proposed_by: User | None = None,
) -> None:
    """Write a step down, move the report to its state, and audit it."""
    decision = decision or Decision("", "")
    CanvassingStep.objects.create(
        report=report,
        kind=kind,
        by=actor,
        outcome=decision.outcome,
        reason=decision.reason,
        veto=decision.veto,
        answer=decision.answer,
        proposed_by=proposed_by,
    )
    before, report.state = report.state, state
    report.save(update_fields=["state"])
    after = {"state": str(state)}
    if decision.outcome:
        after |= {"outcome": str(decision.outcome), "veto": decision.veto}
    audit.record(
        actor=actor,
        action=f"canvassing.{kind}",
        subject=report,
        year=report.year,
        before={"state": str(before)},
        after=after,
        reason=decision.reason,
    )
