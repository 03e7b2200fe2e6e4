"""Replacing somebody drawn by the next in reserve: one person asks, another confirms, both stay on record (draw.md, 7).

Days are written, never a time of day: this says when somebody was not reached, not when anybody voted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.policies import require
from evaluation.models import (
    DecisionKind,
    Invitation,
    Replacement,
    ReplacementDecision,
    ReplacementReason,
    Round,
)
from evaluation.recusal import recusal_rules
from evaluation.refusals import Missing, Refused
from evaluation.replacements import confirmed, next_in_reserve
from evaluation.selectors import configuration_of
from evaluation.services.codes import ISSUABLE
from evaluation.services.drawing import class_of, invitations_of
from evaluation.services.moves import lock
from evaluators.candidates import PERSON, Known, holder_of
from evaluators.draw import BadInput, Place
from evaluators.models import DrawnPlace, Evaluator, EvaluatorStatus
from evaluators.services.registry import set_status
from foundation import audit
from foundation.files import FileGone

#: What the register can be told of a person who is replaced.
STATUS_OF_REASON = {
    ReplacementReason.MOVED: EvaluatorStatus.MOVED,
    ReplacementReason.DIED: EvaluatorStatus.DECEASED,
}


@dataclass(frozen=True)
class Confirmed:
    """A confirmed replacement. ``stand_in_is_active``: the register has the stand-in as somebody who can be asked."""

    decision: ReplacementDecision
    invitations: int
    stand_in_is_active: bool


@transaction.atomic
def request_replacement(
    *,
    actor: User,
    round: Round,
    place: DrawnPlace,
    reason: str,
    note: str = "",
    mark_in_register: bool = False,
) -> Replacement:
    """Ask that the next in reserve stands in for a place. Nothing changes until somebody else confirms it.

    Args:
        place: of the draw in force: a person, or a unit with all that it was to hand out.
        reason: one of `ReplacementReason`; another reason than those named needs ``note``.
        mark_in_register: at the confirmation the person is also marked as moved away or deceased.

    Raises:
        PermissionDenied: without ``round.draw``; with ``mark_in_register`` also without ``registry.edit``.
        Refused: everything that stands in the way.
    """
    require(actor, "round.draw")
    if mark_in_register:
        require(actor, "registry.edit")
    locked = lock(round)
    place = _place(place.pk)
    problems = [*_unclear(place, reason, note, mark_in_register), *in_the_way(locked, place)]
    if not problems and _waits(place):
        problems.append(Missing("asked_already", _("This replacement has been asked for already.")))
    if not problems and _next(place) is None:
        problems.append(used_up(place))
    if problems:
        raise Refused(problems)
    row = Replacement.objects.create(
        round=locked,
        place=place,
        reason=reason,
        note=note.strip(),
        new_status=STATUS_OF_REASON[ReplacementReason(reason)] if mark_in_register else "",
        requested_by=actor,
        requested_on=timezone.localdate(),
    )
    _record(actor, "replacement.request", row, {"candidate": place.candidate, "new_status": row.new_status})
    return row


@transaction.atomic
def confirm_replacement(*, actor: User, replacement: Replacement) -> Confirmed:
    """Let the next in reserve take the seat: the old code ends, the stand-in gets an invitation of its own.

    Replacements of a round follow one another (its row is locked), so that two clerks at once use two reserves. The
    stand-in comes from the published result alone; a ballot under way finds the seat taken or is found opened here.

    Raises:
        PermissionDenied: without ``round.draw``; where the register is to be told also without ``registry.edit``.
        Refused: the same person, decided already, opened meanwhile, closed, reserves used up.
    """
    require(actor, "round.draw")
    locked = lock(replacement.round)
    row = _waiting(replacement)
    if row.new_status:
        require(actor, "registry.edit")
    if row.requested_by_id == actor.pk:
        raise Refused(second_person())
    place = _place(row.place_id)
    invitations = list(_seats(locked, place).select_for_update().order_by("pk"))
    problems = list(in_the_way(locked, place))
    if problems:
        raise Refused(problems)
    found = _next(place)
    if found is None:
        raise Refused(used_up(place))
    successor = _place(DrawnPlace.objects.only("pk").get(draw=place.draw, candidate=found.id).pk)
    today = timezone.localdate()
    for invitation in invitations:
        invitation.replaced_on, invitation.revoked_on, invitation.draft = today, invitation.revoked_on or today, None
        invitation.save(update_fields=["replaced_on", "revoked_on", "draft"])
    holder = holder_of(successor)
    made = _invite(locked, successor, holder)
    number = (confirmed(place.draw).aggregate(last=Max("number"))["last"] or 0) + 1
    decision = ReplacementDecision.objects.create(
        replacement=row,
        kind=DecisionKind.CONFIRMED,
        draw=place.draw,
        place=place,
        requested_by_id=row.requested_by_id,
        decided_by=actor,
        decided_on=today,
        number=number,
        stand_in=successor,
    )
    _tell_register(actor, row, place)
    _record(
        actor,
        "replacement.confirm",
        row,
        {"candidate": place.candidate, "stand_in": successor.candidate, "number": number, "invitations": made},
    )
    return Confirmed(decision, made, holder.is_active)


@transaction.atomic
def withdraw_replacement(*, actor: User, replacement: Replacement, reason: str) -> ReplacementDecision:
    """Drop a replacement that waits, one's own or another's, with a reason. Possible at any time.

    Raises PermissionDenied, Refused (no reason, decided already).
    """
    require(actor, "round.draw")
    lock(replacement.round)
    row = _waiting(replacement)
    if not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why.")))
    place = _place(row.place_id)
    decision = ReplacementDecision.objects.create(
        replacement=row,
        kind=DecisionKind.WITHDRAWN,
        draw=place.draw,
        place=place,
        requested_by_id=row.requested_by_id,
        decided_by=actor,
        decided_on=timezone.localdate(),
        note=reason.strip(),
    )
    _record(actor, "replacement.withdraw", row, {"candidate": place.candidate}, reason.strip())
    return decision


@transaction.atomic
def record_list_view(*, actor: User, round: Round) -> None:
    """Somebody looks at the names of those replaced or to be replaced. Raises PermissionDenied."""
    require(actor, "round.draw")
    audit.record(actor=actor, action="replacements.view", subject=round, year=round.year)


def in_the_way(round: Round, place: DrawnPlace) -> Iterator[Missing]:
    """What forbids to replace a place now, apart from the reserves: the round's state, an opened code, no seat."""
    if round.state not in ISSUABLE or (round.closes_at is not None and round.closes_at <= timezone.now()):
        message = _("Somebody can only be replaced after the draw and until the round closes.")
        yield Missing("wrong_state", message, "", "evaluation:round-detail", (round.year,), _("The round"))
        return
    invitations = list(_seats(round, place).values_list("opened_on", "opened_before", "returned_on"))
    if not invitations or place.draw.snapshot.voided_at is not None:
        yield Missing("no_seat", _("This place holds no seat: it is in reserve, or has been replaced already."))
        return
    opened = sum(1 for opened_on, before, returned_on in invitations if opened_on or before or returned_on)
    if opened:
        message = ngettext(
            "%(count)s ballot of this place has been opened: whoever was drawn was reached and judges.",
            "%(count)s ballots of this place have been opened: whoever was drawn was reached and judges.",
            opened,
        ) % {"count": opened}
        yield Missing("opened", message, _("A code that was lost can be replaced by a new one."))


def second_person() -> Missing:
    """What to say to whoever asked and wants to confirm as well."""
    message = _("You have asked for this replacement yourself; somebody else has to confirm it.")
    return Missing("second_person", message)


def used_up(place: DrawnPlace) -> Missing:
    """What to say where nobody in reserve is left for a place."""
    message = _(
        "Nobody is left in reserve for stratum %(stratum)s who keeps the limit of each unit. The seat stays as it is "
        "and counts as not returned."
    ) % {"stratum": place.stratum}
    return Missing("reserves_used_up", message)


def _place(pk: int) -> DrawnPlace:
    return DrawnPlace.objects.select_related("draw__snapshot", "draw__result_file", "stratum").get(pk=pk)


def _seats(round: Round, place: DrawnPlace) -> QuerySet[Invitation]:
    """The invitations with which a place serves now."""
    return round.invitations.filter(place=place, replaced_on=None).defer("envelope", "draft")


def _waits(place: DrawnPlace) -> bool:
    return Replacement.objects.filter(place=place, decision=None).exists()


def _waiting(replacement: Replacement) -> Replacement:
    """The replacement as it is now, read under the lock of its round."""
    row = Replacement.objects.select_related("round", "place__stratum", "decision").get(pk=replacement.pk)
    if hasattr(row, "decision"):
        message = _("This replacement has been decided already: %(kind)s.") % {"kind": row.decision.get_kind_display()}
        raise Refused(Missing("decided_already", message))
    return row


def _unclear(place: DrawnPlace, reason: str, note: str, mark_in_register: bool) -> Iterator[Missing]:
    """What is wrong with the request itself."""
    if reason not in ReplacementReason.values:
        yield Missing("unknown_reason", _("Choose a reason."))
    elif reason == ReplacementReason.OTHER and not note.strip():
        yield Missing("note_missing", _("Say what the other reason is."))
    elif mark_in_register and (place.evaluator_id is None or ReplacementReason(reason) not in STATUS_OF_REASON):
        message = _("The register can only be told of a person who moved away or died.")
        yield Missing("nothing_to_mark", message)


def _next(place: DrawnPlace) -> Place | None:
    """`next_in_reserve`, its failures as refusals."""
    try:
        return next_in_reserve(place)
    except (FileGone, BadInput) as error:
        message = _("The stored result of the draw is missing or damaged. Restore it from the backup first.")
        raise Refused(Missing("result_damaged", message)) from error


def _invite(round: Round, place: DrawnPlace, holder: Known) -> int:
    """Give a reserve the invitations of a seat, with recusal and weight class of its own; returns how many."""
    configuration = configuration_of(round)
    if holder.kind == PERSON and round.invitations.filter(evaluator_id=holder.pk).exists():
        message = _("The next in reserve is drawn already under another entry of the register. Undo the merging first.")
        raise Refused(Missing("drawn_twice", message))
    made = invitations_of(
        round,
        place,
        holder,
        configuration.default_class.code,
        configuration,
        place.stratum.code,
        recusal_rules(round.year),
    )
    name = class_of(configuration, holder)
    if holder.kind == PERSON and _is_kept(round, place, name):
        for invitation in made:
            invitation.weight_class = name
    Invitation.objects.bulk_create(made)
    return len(made)


def _is_kept(round: Round, place: DrawnPlace, name: str) -> bool:
    """True if a weight class, the stand-in counted, is held by enough of those who serve in the stratum."""
    configuration = configuration_of(round)
    if not configuration.merge_small_classes:
        return True
    serving = round.invitations.filter(stratum=place.stratum, replaced_on=None, weight_class=name).count()
    return serving + 1 >= configuration.min_cell


def _tell_register(actor: User, row: Replacement, place: DrawnPlace) -> None:
    """Mark the replaced person as was asked for, unless the register says so already."""
    if not row.new_status or place.evaluator_id is None:
        return
    person = Evaluator.objects.select_for_update().get(pk=place.evaluator_id)
    if person.status == row.new_status:
        return
    reason = _("Replaced in the round of %(year)s: %(reason)s") % {
        "year": row.round.year,
        "reason": row.get_reason_display(),
    }
    set_status(actor=actor, evaluator=person, status=row.new_status, reason=reason)


def _record(actor: User, action: str, row: Replacement, after: dict[str, object], reason: str = "") -> None:
    label = row.get_reason_display()
    audit.record(
        actor=actor,
        action=action,
        subject=row,
        label=f"{row.round.year} / {row.place.stratum.code} / {row.place_id}",
        year=row.round.year,
        after={key: value for key, value in after.items() if value != ""},
        reason=reason or (f"{label}: {row.note}" if row.note else label),
    )
