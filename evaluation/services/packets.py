"""Packets and letters with ballot codes: asked for by one person, released by another, printed, erased; spoiled slips.

What makes the codes and the PDFs once a batch is released is ``evaluation.services.letters``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from accounts.policies import require
from evaluation.ballot_code import BallotCode, CodeError
from evaluation.models import Invitation, LetterKind, LetterRun, LetterState, Round
from evaluation.refusals import Missing, Refused
from evaluation.services.codes import ISSUABLE, LIST_KIND
from evaluation.services.moves import lock
from evaluators.models import Stratum, Unit
from foundation import audit, files

PERMISSION = "round.codes"
#: Files with codes that nobody confirmed as printed are erased after so many days.
LETTER_FILE_DAYS = 14


@dataclass(frozen=True)
class Part:
    """Which part of a round is printed; empty fields do not matter."""

    stratum: Stratum | None = None
    district: str = ""
    unit: Unit | None = None


def due(round: Round, kind: str, part: Part, *, again: bool = False) -> QuerySet[Invitation]:
    """The invitations that a batch would give a code: without one, or spoiled; ``again``: all that are not used.

    A code that was ended on purpose stays ended, and nobody who was replaced gets one.
    """
    rows = round.invitations.filter(returned_on=None, replaced_on=None)
    if kind == LetterKind.PACKETS:
        rows = rows.filter(evaluator=None, unit__isnull=False)
    else:
        rows = rows.filter(evaluator__isnull=False)
    if part.stratum:
        rows = rows.filter(stratum=part.stratum)
    if part.district:
        rows = rows.filter(district=part.district)
    if part.unit:
        rows = rows.filter(unit=part.unit)
    standing = Q(revoked_on=None) | Q(spoiled_on__isnull=False)
    wanted = standing if again else Q(code_hash=None, revoked_on=None) | Q(spoiled_on__isnull=False)
    return rows.filter(wanted)


def part_of(run: LetterRun) -> Part:
    """The part of the round that a batch is for."""
    return Part(run.stratum, run.district, run.unit)


@transaction.atomic
def ask(
    *, actor: User, round: Round, kind: str, part: Part | None = None, again: bool = False, reason: str = ""
) -> LetterRun:
    """Ask for a batch; nothing is made before somebody else releases it.

    Raises PermissionDenied, Refused (wrong state, nothing due, no reason for producing again, the same waits already).
    """
    require(actor, PERMISSION)
    part = part or Part()
    locked = lock(round)
    _refuse_unless_issuable(locked)
    if again and not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why codes that were handed out are to end.")))
    count = due(locked, kind, part, again=again).count()
    if not count:
        raise Refused(Missing("nothing_due", _("Nobody here waits for a code. Nothing would be printed.")))
    waiting = LetterRun.objects.filter(
        round=locked, kind=kind, stratum=part.stratum, district=part.district, unit=part.unit,
        withdrawn_at=None, produced_at=None,
    )  # fmt: skip
    if waiting.exists():
        raise Refused(Missing("asked_already", _("The same batch has been asked for and is not finished.")))
    run = LetterRun.objects.create(
        round=locked,
        kind=kind,
        stratum=part.stratum,
        district=part.district,
        unit=part.unit,
        is_again=again,
        reason=reason.strip(),
        asked_by=actor,
    )
    _record(actor, "letters.ask", run, {"count": count}, reason=reason)
    return run


@transaction.atomic
def release(*, actor: User, run: LetterRun) -> LetterRun:
    """Let a batch be produced: by somebody else than who asked for it, and by a person, not the command line.

    Raises PermissionDenied, Refused (the same person, wrong state, released or withdrawn already).
    """
    require(actor, PERMISSION)
    _refuse_unless_issuable(lock(run.round))
    row = _locked(run)
    _refuse_unless(row, LetterState.ASKED)
    if row.asked_by_id == actor.pk or actor.is_console:
        message = _("Printing codes needs two persons: somebody else than who asked for the batch releases it.")
        raise Refused(Missing("two_persons", message))
    row.released_by, row.released_at = actor, timezone.now()
    row.save(update_fields=["released_by", "released_at"])
    _record(actor, "letters.release", row, {"asked_by": str(row.asked_by)})
    return row


@transaction.atomic
def withdraw(*, actor: User, run: LetterRun) -> None:
    """Take a batch back that nobody has released; either person may. Raises PermissionDenied, Refused."""
    require(actor, PERMISSION)
    row = _locked(run)
    _refuse_unless(row, LetterState.ASKED)
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    _record(actor, "letters.withdraw", row, None)


@transaction.atomic
def confirm_printed(*, actor: User, run: LetterRun) -> None:
    """Say that everything is on paper: its files are erased at once. Raises PermissionDenied, Refused (not ready)."""
    require(actor, PERMISSION)
    row = _locked(run)
    _refuse_unless(row, LetterState.READY)
    row.printed_by, row.printed_at = actor, timezone.now()
    _erase(row)
    row.save(update_fields=["printed_by", "printed_at", "erased_at"])
    _record(actor, "letters.printed", row, {"count": row.codes})


@transaction.atomic
def erase_forgotten() -> int:
    """Erase files with codes that nobody confirmed as printed in time; called by beat. Returns how many files."""
    before = timezone.now() - timedelta(days=LETTER_FILE_DAYS)
    count = 0
    for row in LetterRun.objects.select_for_update(of=("self",)).filter(produced_at__lt=before, erased_at=None):
        count += _erase(row)
        row.save(update_fields=["erased_at"])
        _record(None, "letters.erase", row, {"count": row.codes})
    return count + files.erase_made_before(before, LIST_KIND)


@sensitive_variables()
@transaction.atomic
def spoil(*, actor: User, round: Round, typed: str) -> Invitation:
    """End the code of a slip that came back spoiled; its seat is counted and waits for a new code.

    By the code alone: a spoiled slip counted without its code would leave that code alive beside its replacement, and
    the unit could return more ballots than it was drawn for. Raises PermissionDenied, Refused (no code of a unit of
    this round, used, ended already, wrong state).
    """
    require(actor, PERMISSION)
    locked = lock(round)
    _refuse_unless_issuable(locked)
    row = None
    try:
        code = BallotCode.read(typed)
    except CodeError:
        code = None
    if code is not None:
        row = (
            locked.invitations.select_for_update(of=("self",))
            .select_related("unit", "stratum")
            .defer("envelope")
            .filter(code_hash=code.hash, evaluator=None)
            .first()
        )
    if row is None:
        raise Refused(Missing("unknown_code", _("This is no code of a unit's packet of this round.")))
    if row.returned_on is not None:
        raise Refused(Missing("returned", _("This ballot has been returned; its code is used up.")))
    if row.revoked_on is not None:
        raise Refused(Missing("ended", _("This code has ended already.")))
    row.revoked_on = row.spoiled_on = timezone.localdate()
    row.spoiled, row.draft = row.spoiled + 1, None
    row.save(update_fields=["revoked_on", "spoiled_on", "spoiled", "draft"])
    # The unit only: which of its seats it was would lead from the log to an invitation.
    audit.record(
        actor=actor, action="codes.spoil", subject=row.unit, label=row.unit.code if row.unit else "", year=locked.year
    )
    return row


def _locked(run: LetterRun) -> LetterRun:
    return (
        LetterRun.objects.select_for_update(of=("self",))
        .select_related("round", "stratum", "unit", "asked_by", "released_by")
        .get(pk=run.pk)
    )


def _refuse_unless_issuable(round: Round) -> None:
    if round.state not in ISSUABLE:
        message = _("Codes can only be made after the draw and until the round closes.")
        raise Refused(Missing("wrong_state", message, "", "evaluation:round-detail", (round.year,), _("The round")))


def _refuse_unless(run: LetterRun, state: LetterState) -> None:
    if run.state != state:
        message = _("This batch is “%(state)s”; that is not possible any more, or not yet.") % {
            "state": run.state.label
        }
        raise Refused(Missing("wrong_step", message))


def _erase(row: LetterRun) -> int:
    """Erase the files of a batch; returns how many."""
    kept = [each.file for each in row.files.select_related("file")]
    for file in kept:
        files.erase(file)
    row.erased_at = timezone.now()
    return len(kept)


def describe(run: LetterRun) -> str:
    """The part of the round in words: for the log and the pages."""
    words = [str(run.stratum) if run.stratum else "", run.district, run.unit.name if run.unit else ""]
    return " · ".join(word for word in words if word) or _("The whole round")


def _record(
    actor: User | None, action: str, run: LetterRun, after: dict[str, object] | None, *, reason: str = ""
) -> None:
    label = f"{run.round.year} / {run.kind} / {run.pk}"
    # The log names no unit that was drawn: its code, as the register has it, is enough to find it.
    words = [str(run.stratum) if run.stratum else "", run.district, run.unit.code if run.unit else ""]
    values = {"part": " · ".join(word for word in words if word), **(after or {})}
    audit.record(
        actor=actor, action=action, subject=run, label=label, year=run.round.year, after=values, reason=reason.strip()
    )
