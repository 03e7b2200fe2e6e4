"""One status for many people: prepared, looked at, done in the background, undone for exactly those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluators.commitments import RUNNING, drawn_in
from evaluators.models import (
    CHOSEN_STATUSES,
    BulkChange,
    BulkItem,
    BulkState,
    ChangeThrough,
    Evaluator,
    EvaluatorCount,
    EvaluatorStatus,
    Stratum,
    Unit,
)
from evaluators.search_words import unseal
from evaluators.selectors import GROUPED_BY, Search, find
from evaluators.services import history
from foundation import audit
from foundation.counting import compact
from foundation.database import bulk_write, set_by_id
from foundation.errors import Conflict
from foundation.jobs import JobRefused, Progress
from foundation.tables.cleaning import clean_text

BULK_STATUS, BULK_UNDO = "evaluators.bulk_status", "evaluators.bulk_undo"
MOST_CODES = 200_000
_AT_ONCE = 5_000
_UNKNOWN_SHOWN = 20


@dataclass
class Preview:
    """What a bulk change would do now: who changes, who has the status already, who cannot be changed, whom nobody
    knows, and how many of those who change were drawn in a round whose vote is not over."""

    change: int = 0
    same: int = 0
    fixed: int = 0
    drawn: int = 0
    unknown: list[str] = field(default_factory=list)
    unknown_count: int = 0


@transaction.atomic
def prepare(*, actor: User, status: str, reason: str, selection: dict[str, Any]) -> BulkChange:
    """Note what is to be done; nothing changes yet. ``selection``: ``codes``, or filters as ``search_of`` reads them.

    Raises PermissionDenied, ValidationError.
    """
    require(actor, "registry.edit")
    reason = clean_text(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    if status not in dict(CHOSEN_STATUSES):
        raise ValidationError({"status": _("There is no such status.")})
    if "codes" in selection and not 0 < len(selection["codes"]) <= MOST_CODES:
        raise ValidationError({"codes": _("Give at least one code, and at most %(n)s.") % {"n": MOST_CODES}})
    row = BulkChange(status=status, reason=reason[:300], selection=selection, created_by=actor)
    row.people = preview(row).change
    row.save()
    return row


def search_of(selection: dict[str, Any]) -> Search:
    """The filters of a selection."""
    return Search(
        text=unseal(selection.get("words") or ""),
        stratum=Stratum.objects.filter(pk=selection.get("stratum") or 0).first(),
        unit=Unit.objects.filter(pk=selection.get("unit") or 0).first(),
        district=selection.get("district") or "",
        status=selection.get("status") or "",
    )


def _selected(change: BulkChange) -> Iterator[QuerySet[Evaluator]]:
    """Everybody meant, in parts that a statement can hold."""
    codes = change.selection.get("codes")
    if codes is None:
        search = search_of(change.selection)
        found = {"stratum": search.stratum, "unit": search.unit, "words": search.text}
        lost = any(change.selection.get(name) and not value for name, value in found.items())
        # A filter that means nothing any more finds nobody, rather than everybody.
        yield Evaluator.objects.none() if lost else find(Evaluator.objects.all(), search)
        return
    for at in range(0, len(codes), _AT_ONCE):
        yield Evaluator.objects.filter(code__in=codes[at : at + _AT_ONCE])


def _changeable(rows: QuerySet[Evaluator], status: str) -> QuerySet[Evaluator]:
    return rows.filter(anonymised_at=None).exclude(status__in=[status, EvaluatorStatus.MERGED])


def preview(change: BulkChange) -> Preview:
    """What it would do now."""
    seen = Preview()
    known: set[str] = set()
    free = Q(anonymised_at=None) & ~Q(status=EvaluatorStatus.MERGED)
    for rows in _selected(change):
        numbers = rows.order_by().aggregate(
            total=Count("pk"),
            change=Count("pk", filter=free & ~Q(status=change.status)),
            same=Count("pk", filter=free & Q(status=change.status)),
        )
        seen.change += numbers["change"]
        seen.same += numbers["same"]
        seen.fixed += numbers["total"] - numbers["change"] - numbers["same"]
        seen.drawn += drawn_in(RUNNING).filter(evaluator__in=_changeable(rows, change.status)).count()
        if "codes" in change.selection:
            known.update(rows.values_list("code", flat=True))
    missing = [code for code in change.selection.get("codes", ()) if code not in known]
    seen.unknown, seen.unknown_count = missing[:_UNKNOWN_SHOWN], len(missing)
    return seen


def _set(status_of: Iterable[tuple[int, str]]) -> None:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    set_by_id(Evaluator, ["status", "updated_at"], [[pk, status, now] for pk, status in status_of])


def carry_out(*, actor: User, change: BulkChange, progress: Progress) -> BulkChange:
    """Do it: everybody who was shown, or nobody.

    Raises PermissionDenied, JobRefused: it was done already, or the register has changed since it was looked at.
    """
    require(actor, "registry.edit")
    with transaction.atomic():
        row = BulkChange.objects.select_for_update().get(pk=change.pk)
        if row.state != BulkState.DRAFT:
            raise JobRefused(_("This bulk change has been made already."), "done_already")
        before: dict[int, str] = {}
        for rows in _selected(row):
            able = _changeable(rows, row.status).order_by("pk").select_for_update(of=("self",))
            before.update(able.values_list("pk", "status"))
        if len(before) != row.people:
            raise JobRefused(
                _("The register has changed: now %(now)s people would be changed, not %(then)s. Look at it again.")
                % {"now": len(before), "then": row.people},
                "changed_meanwhile",
            )
        progress.report(0, 1, _("Changing the status"))
        _set((pk, row.status) for pk in before)
        bulk_write(BulkItem, ("change_id", "evaluator_id", "before"), [(row.pk, *one) for one in before.items()])
        history.keep(
            actor=actor,
            changed=(history.Changed(pk, "status", old, row.status) for pk, old in before.items()),
            through=ChangeThrough.BULK,
            reason=row.reason,
        )
        row.state, row.done_at = BulkState.DONE, timezone.now()
        row.save()
        compact(EvaluatorCount, GROUPED_BY, "people")
        _record(actor, "evaluators.bulk_status", row)
        progress.confirm()
    return row


def undo(*, actor: User, change: BulkChange, progress: Progress) -> BulkChange:
    """Give back exactly those people the status they had. Whoever has been changed since is left alone, and counted.

    Raises PermissionDenied, JobRefused: it was not done, or undone already.
    """
    require(actor, "registry.edit")
    with transaction.atomic():
        row = BulkChange.objects.select_for_update().get(pk=change.pk)
        if row.state != BulkState.DONE:
            raise JobRefused(_("This bulk change is not in force."), "not_done")
        items = dict(row.items.values_list("evaluator_id", "before"))
        keys = sorted(items)
        back: list[int] = []
        for at in range(0, len(keys), _AT_ONCE):
            rows = Evaluator.objects.filter(pk__in=keys[at : at + _AT_ONCE], status=row.status, anonymised_at=None)
            back += rows.select_for_update().order_by("pk").values_list("pk", flat=True)
        touched = _changed_since(row, back)
        back = [pk for pk in back if pk not in touched]
        progress.report(0, 1, _("Changing the status"))
        _set((pk, items[pk]) for pk in back)
        history.keep(
            actor=actor,
            changed=(history.Changed(pk, "status", row.status, items[pk]) for pk in back),
            through=ChangeThrough.UNDO,
            reason=row.reason,
        )
        row.state, row.undone_at, row.undone_by = BulkState.UNDONE, timezone.now(), actor
        row.left_alone = len(items) - len(back)
        row.save()
        compact(EvaluatorCount, GROUPED_BY, "people")
        _record(actor, "evaluators.bulk_undo", row)
        progress.confirm()
    return row


def _changed_since(change: BulkChange, keys: list[int]) -> set[int]:
    """Who was given another status after the bulk change, even if it is the same one again by now."""
    found: set[int] = set()
    for at in range(0, len(keys), _AT_ONCE):
        later = Evaluator.objects.filter(
            pk__in=keys[at : at + _AT_ONCE], changes__field="status", changes__at__gt=change.done_at
        )
        found.update(later.values_list("pk", flat=True))
    return found


def _record(actor: User, action: str, row: BulkChange) -> None:
    by = "codes" if "codes" in row.selection else "filters"
    audit.record(
        actor=actor,
        action=action,
        subject=row,
        label=str(row.pk),
        after={"status": row.status, "people": row.people - row.left_alone, "selected_by": by},
        reason=row.reason,
    )


@transaction.atomic
def discard(*, actor: User, change: BulkChange) -> None:
    """Forget a bulk change that was not made. Raises PermissionDenied, Conflict."""
    require(actor, "registry.edit")
    row = BulkChange.objects.select_for_update().get(pk=change.pk)
    if row.state != BulkState.DRAFT:
        raise Conflict(_("This bulk change has been made already."))
    row.delete()


@transaction.atomic
def look_again(*, actor: User, change: BulkChange) -> Preview:
    """What it would do now; from here on this is what was looked at. Raises PermissionDenied."""
    require(actor, "registry.edit")
    seen = preview(change)
    if change.state == BulkState.DRAFT and change.people != seen.change:
        BulkChange.objects.filter(pk=change.pk, state=BulkState.DRAFT).update(people=seen.change)
        change.people = seen.change
    return seen
