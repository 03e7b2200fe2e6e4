"""People who stand in the register twice: suggestions, decisions, merging and undoing it.

A merged entry stays as it was, with the status "merged" and a pointer to its survivor: past rounds go on pointing to
it, it can never be drawn, an import of its code reaches the survivor, and undoing gives it back exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from accounts.policies import require
from evaluators.commitments import RUNNING, years_in
from evaluators.contact import email_hash, phone_hash, phone_tail_hash
from evaluators.duplicates import find_pairs
from evaluators.models import ChangeThrough, DuplicatePair, Evaluator, EvaluatorStatus, Merge, PairState
from evaluators.services import history
from foundation import audit
from foundation.errors import Conflict
from foundation.jobs import Progress

FIND_DUPLICATES = "evaluators.find_duplicates"
#: What the survivor can take over from the other entry.
FIELDS = (
    "name", "stratum", "unit", "district", "industry", "phone", "email", "weight_class", "employer", "proposed_by",
    "status",
)  # fmt: skip
CONTACT = frozenset({"phone", "email"})
_BATCH = 2_000


def refresh_suggestions(*, actor: User, progress: Progress) -> dict[str, int]:
    """Search the register and keep what is found beside what was decided before, which is not suggested again.

    Returns how many pairs are new, known and gone, and how many were too many. Raises PermissionDenied.
    """
    require(actor, "registry.edit")
    pairs, left_out = find_pairs(progress)
    now = timezone.now()
    with transaction.atomic():
        progress.confirm()
        known = {
            (first, second): pk
            for pk, first, second in DuplicatePair.objects.values_list("pk", "first_id", "second_id").iterator()
        }
        fresh = [pair for pair in pairs if (pair.first, pair.second) not in known]
        DuplicatePair.objects.bulk_create(
            (
                DuplicatePair(
                    first_id=pair.first,
                    second_id=pair.second,
                    reasons=list(pair.reasons),
                    likelihood=pair.likelihood,
                    found_at=now,
                )
                for pair in fresh
            ),
            batch_size=_BATCH,
        )
        found = {(pair.first, pair.second) for pair in pairs}
        gone = [pk for key, pk in known.items() if key not in found]
        removed = _forget(gone)
        audit.record(
            actor=actor,
            action="duplicates.find",
            after={"found": len(pairs), "new": len(fresh), "gone": removed, "too_many": left_out},
        )
    return {"found": len(pairs), "new": len(fresh), "gone": removed, "too_many": left_out}


def _forget(keys: list[int]) -> int:
    """Drop suggestions that no longer hold; what somebody decided stays."""
    count = 0
    for at in range(0, len(keys), _BATCH):
        rows = DuplicatePair.objects.filter(pk__in=keys[at : at + _BATCH], state__in=[PairState.OPEN, PairState.LATER])
        count += rows.delete()[0]
    return count


@transaction.atomic
def decide(*, actor: User, pair: DuplicatePair, state: str) -> DuplicatePair:
    """Say that two entries are two people (never suggested again), to be looked at later, or open again.

    Raises PermissionDenied, Conflict for a pair that was merged.
    """
    require(actor, "registry.edit")
    if state not in (PairState.OPEN, PairState.LATER, PairState.DIFFERENT):
        raise ValueError(f"no decision: {state}")
    row = DuplicatePair.objects.select_for_update().get(pk=pair.pk)
    if row.state == PairState.MERGED:
        raise Conflict(_("These two have been merged meanwhile."))
    before, row.state = row.state, PairState(state)
    row.decided_at, row.decided_by = timezone.now(), actor
    row.save()
    audit.record(
        actor=actor,
        action="duplicates.decide",
        subject=row,
        label=f"{row.first.code} / {row.second.code}",
        before={"state": before},
        after={"state": state},
    )
    return row


def field_label(name: str) -> str:
    """What a field of a person is called."""
    if name == "name":
        return pgettext("person", "name")
    return str(getattr(Evaluator._meta.get_field(name), "verbose_name", name))


def problems(survivor: Evaluator, other: Evaluator) -> list[str]:
    """Why two entries cannot be merged now; empty if they can."""
    found = []
    for row in (survivor, other):
        if row.status == EvaluatorStatus.MERGED:
            found.append(_("%(code)s has already been merged into another entry.") % {"code": row.code})
        if row.anonymised_at is not None:
            found.append(_("%(code)s has been anonymised.") % {"code": row.code})
    for pk, year in years_in([survivor.pk, other.pk], RUNNING).items():
        code = survivor.code if pk == survivor.pk else other.code
        found.append(
            _("%(code)s was drawn for %(year)s, and the vote is not over. Merge after it has been closed.")
            % {"code": code, "year": year}
        )
    return found


@transaction.atomic
def merge(*, actor: User, survivor: Evaluator, other: Evaluator, take: Iterable[str] = ()) -> Merge:
    """Merge ``other`` into ``survivor``, which takes over the values of the fields ``take``.

    Raises:
        PermissionDenied: without ``registry.edit``, or taking over contact data without ``registry.contact``.
        Conflict: one of them was drawn in a round whose vote is not over, was merged or anonymised.
        ValidationError: a field that there is not, or one and the same entry.
    """
    require(actor, "registry.edit")
    wanted = [name for name in FIELDS if name in set(take)]
    if len(wanted) != len(set(take)) or survivor.pk == other.pk:
        raise ValidationError(_("These two cannot be merged."))
    if CONTACT & set(wanted):
        require(actor, "registry.contact")
    row, merged = _locked(survivor.pk, other.pk)
    if reasons := problems(row, merged):
        raise Conflict(" ".join(reasons))
    wanted = [name for name in wanted if _value(row, name) != _value(merged, name)]
    followed, old = history.state_of(row), {name: _value(row, name) for name in wanted}
    merged_followed = history.state_of(merged)
    for name in wanted:
        _put(row, name, _value(merged, name))
    now = timezone.now()
    record = Merge.objects.create(
        survivor=row,
        merged=merged,
        status_before=merged.status,
        taken=wanted,
        before=json.dumps(old, ensure_ascii=False),
        after=json.dumps({name: _value(row, name) for name in wanted}, ensure_ascii=False),
        at=now,
        by=actor,
    )
    row.save()
    merged.status, merged.merged_into = EvaluatorStatus.MERGED, row
    merged.save(update_fields=["status", "merged_into", "updated_at"])
    reason = f"{merged.code} → {row.code}"
    history.note(actor=actor, row=row, before=followed, through=ChangeThrough.MERGE, reason=reason, at=now)
    history.note(actor=actor, row=merged, before=merged_followed, through=ChangeThrough.MERGE, reason=reason, at=now)
    _settle_pairs(actor, row, merged)
    audit.record(
        actor=actor,
        action="evaluator.merge",
        subject=row,
        after={"merged": merged.code, "taken": wanted},
    )
    return record


def _locked(*keys: int) -> list[Evaluator]:
    """The people of these keys in the order of the arguments, locked in the order of the keys."""
    rows = {row.pk: row for row in Evaluator.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    return [rows[pk] for pk in keys]


def _value(row: Evaluator, name: str) -> Any:
    """A field's value as JSON holds it: keys for related rows."""
    if name in ("stratum", "unit", "employer"):
        return getattr(row, f"{name}_id")
    return getattr(row, name) or ""


def _put(row: Evaluator, name: str, value: Any) -> None:
    if name in ("stratum", "unit", "employer"):
        setattr(row, f"{name}_id", value)
        return
    setattr(row, name, value)
    if name == "phone":
        row.phone_hash, row.phone_tail_hash = phone_hash(value), phone_tail_hash(value)
    elif name == "email":
        row.email_hash = email_hash(value)


def _settle_pairs(actor: User, survivor: Evaluator, merged: Evaluator) -> None:
    """The pair of the two is merged; other suggestions about the merged entry are made anew by the next search."""
    now = timezone.now()
    first, second = sorted((survivor.pk, merged.pk))
    DuplicatePair.objects.filter(first=first, second=second).update(
        state=PairState.MERGED, decided_at=now, decided_by=actor
    )
    about = Q(first=merged) | Q(second=merged)
    DuplicatePair.objects.filter(about, state__in=[PairState.OPEN, PairState.LATER]).delete()


def undo_problems(record: Merge) -> list[str]:
    """Why a merging cannot be undone now; empty if it can."""
    row, merged = record.survivor, record.merged
    found = []
    if record.undone_at is not None:
        return [_("This merging has been undone already.")]
    if merged.anonymised_at is not None or row.anonymised_at is not None:
        return [_("One of the two has been anonymised; what the other one was is no longer known.")]
    if row.status == EvaluatorStatus.MERGED:
        found.append(_("%(code)s itself has been merged since. Undo that first.") % {"code": row.code})
    after = json.loads(str(record.after or "{}"))
    changed = [name for name in record.taken if _value(row, name) != after.get(name)]
    if changed:
        labels = ", ".join(field_label(name) for name in changed)
        found.append(
            _("What was taken over has been changed since: %(fields)s. Undoing would lose that change.")
            % {"fields": labels}
        )
    later = Merge.objects.filter(survivor=row, undone_at=None, pk__gt=record.pk)
    if any(set(one.taken) & set(record.taken) for one in later):
        found.append(_("A later merging took over the same fields. Undo that first."))
    for pk, year in years_in([row.pk], RUNNING).items():
        if pk == row.pk and record.taken:
            found.append(
                _("%(code)s was drawn for %(year)s, and the vote is not over. Undo after it has been closed.")
                % {"code": row.code, "year": year}
            )
    return found


@transaction.atomic
def undo(*, actor: User, record: Merge) -> Merge:
    """Take back a merging: the survivor gets back the values it had, the other entry stands again as it was.

    What was changed since in other fields of the survivor stays. Raises PermissionDenied, Conflict with the reasons.
    """
    require(actor, "registry.edit")
    done = Merge.objects.select_for_update().get(pk=record.pk)
    if CONTACT & set(done.taken):
        require(actor, "registry.contact")
    row, merged = _locked(done.survivor_id, done.merged_id)
    done.survivor, done.merged = row, merged
    if reasons := undo_problems(done):
        raise Conflict(" ".join(reasons))
    followed, merged_followed = history.state_of(row), history.state_of(merged)
    for name, value in json.loads(str(done.before or "{}")).items():
        _put(row, name, value)
    row.save()
    merged.status, merged.merged_into = EvaluatorStatus(done.status_before), None
    merged.save(update_fields=["status", "merged_into", "updated_at"])
    done.undone_at, done.undone_by = timezone.now(), actor
    done.save(update_fields=["undone_at", "undone_by"])
    reason = f"{merged.code} → {row.code}"
    for one, before in ((row, followed), (merged, merged_followed)):
        history.note(actor=actor, row=one, before=before, through=ChangeThrough.UNDO, reason=reason, at=done.undone_at)
    first, second = sorted((row.pk, merged.pk))
    DuplicatePair.objects.filter(first=first, second=second).update(
        state=PairState.LATER, decided_at=done.undone_at, decided_by=actor
    )
    audit.record(actor=actor, action="evaluator.unmerge", subject=row, after={"merged": merged.code})
    return done
