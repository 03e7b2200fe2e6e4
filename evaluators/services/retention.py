"""How long the register keeps the names of people who are no longer active, and taking the names away.

Every night those are announced who have been inactive for the years of the rule; when the grace period is over and
nothing speaks against it any more, what identifies them is wiped. The code, the stratum, the district and the history
of status and stratum stay, so that counts and past rounds stay true.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluators.commitments import KEPT, RUNNING, years_of
from evaluators.models import (
    DrawnPlace,
    DuplicatePair,
    Evaluator,
    EvaluatorChange,
    EvaluatorStatus,
    Merge,
    RetentionHold,
    RetentionNotice,
    RetentionPolicy,
)
from foundation import audit, files
from foundation.jobs import JobRefused, Progress
from foundation.models import StoredFile
from foundation.tables import Sheet, xlsx_bytes
from foundation.tables.cleaning import clean_text

ANNOUNCE, REPORT = "evaluators.retention_announce", "evaluators.retention_report"
LEAST_YEARS, MOST_YEARS = 1, 50
LEAST_DAYS, MOST_DAYS = 7, 365
_AT_ONCE = 1_000


def current() -> RetentionPolicy | None:
    """The rule in force; None before anybody has set one, which means that nobody is anonymised."""
    return RetentionPolicy.objects.select_related("set_by").first()


@transaction.atomic
def set_policy(*, actor: User, years: int, grace_days: int, reason: str) -> RetentionPolicy:
    """Set the rule; ``years`` 0 stops anonymising. Raises PermissionDenied, ValidationError."""
    require(actor, "registry.retention")
    if years and not LEAST_YEARS <= years <= MOST_YEARS:
        raise ValidationError(
            {"years": _("Give 0, or %(low)s to %(high)s.") % {"low": LEAST_YEARS, "high": MOST_YEARS}}
        )
    if not LEAST_DAYS <= grace_days <= MOST_DAYS:
        raise ValidationError({"grace_days": _("Give %(low)s to %(high)s.") % {"low": LEAST_DAYS, "high": MOST_DAYS}})
    reason = clean_text(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    before = current()
    row = RetentionPolicy.objects.create(years=years, grace_days=grace_days, reason=reason[:300], set_by=actor)
    old = {"years": before.years, "grace_days": before.grace_days} if before else None
    audit.record(
        actor=actor,
        action="retention.rule",
        subject=row,
        label=str(years),
        before=old,
        after={"years": years, "grace_days": grace_days},
        reason=reason,
    )
    return row


@transaction.atomic
def hold(*, actor: User, evaluator: Evaluator, reason: str) -> RetentionHold:
    """Keep somebody from being anonymised until further notice. Raises PermissionDenied, ValidationError."""
    require(actor, "registry.retention")
    row = Evaluator.objects.select_for_update().get(pk=evaluator.pk)
    if row.anonymised_at is not None:
        raise ValidationError({"reason": _("This person has been anonymised; nothing can be changed any more.")})
    if row.holds.filter(lifted_at=None).exists():
        raise ValidationError({"reason": _("This person's entry is held already.")})
    reason = clean_text(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    made = RetentionHold.objects.create(evaluator=row, reason=reason[:300], by=actor)
    RetentionNotice.objects.filter(evaluator=row).delete()
    audit.record(actor=actor, action="retention.hold", subject=row)
    return made


@transaction.atomic
def release(*, actor: User, held: RetentionHold) -> RetentionHold:
    """Lift a hold; the person is announced anew, with the whole grace period. Raises PermissionDenied."""
    require(actor, "registry.retention")
    row = RetentionHold.objects.select_for_update().get(pk=held.pk)
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by = timezone.now(), actor
        row.save()
        audit.record(actor=actor, action="retention.release", subject=row.evaluator)
    return row


def _years_back(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - years, day=28)


def due_people(rule: RetentionPolicy, today: date) -> QuerySet[Evaluator]:
    """Who has been inactive for the years of the rule and may be anonymised, as far as it stands today.

    Inactive: not active, the status not changed, not confirmed by the unit and not drawn since then. Never: whoever
    stands in a draw of a round that is not archived, and whoever is held.
    """
    limit = _years_back(today, rule.years)
    since = timezone.make_aware(datetime.combine(limit, time.min))
    mine: dict[str, Any] = {"evaluator": OuterRef("pk")}
    drawn = DrawnPlace.objects.filter(**mine).filter(
        Q(draw__snapshot__year__gte=limit.year) | Q(draw__snapshot__year__in=years_of(RUNNING, KEPT))
    )
    changed = EvaluatorChange.objects.filter(**mine, field="status", at__gte=since)
    return (
        Evaluator.objects.exclude(status=EvaluatorStatus.ACTIVE)
        .filter(anonymised_at=None, created_at__lt=since)
        .filter(Q(confirmed_year=None) | Q(confirmed_year__lt=limit.year))
        .exclude(Exists(changed))
        .exclude(Exists(drawn))
        .exclude(Exists(RetentionHold.objects.filter(**mine, lifted_at=None)))
    )


def announce(*, actor: User, progress: Progress) -> dict[str, int]:
    """Bring the announcements up to date: who is new, for whom something speaks against it now. Nobody is changed.

    Raises PermissionDenied.
    """
    require(actor, "registry.retention")
    today, rule = timezone.localdate(), current()
    with transaction.atomic():
        progress.confirm()
        due = due_people(rule, today) if rule and rule.years else Evaluator.objects.none()
        gone = RetentionNotice.objects.exclude(evaluator__in=due).delete()[0]
        fresh = list(
            due.filter(retention_notice=None)
            .annotate(last=Max("changes__at", filter=Q(changes__field="status")))
            .values_list("pk", "last", "created_at")
        )
        until = today + timedelta(days=rule.grace_days if rule else 0)
        RetentionNotice.objects.bulk_create(
            (
                RetentionNotice(
                    evaluator_id=pk, since=timezone.localdate(last or made), announced_on=today, due_on=until
                )
                for pk, last, made in fresh
            ),
            batch_size=_AT_ONCE,
        )
        if fresh or gone:
            audit.record(actor=actor, action="retention.announce", after={"new": len(fresh), "gone": gone})
    return {"new": len(fresh), "gone": gone}


def anonymise_due(*, actor: User, progress: Progress) -> int:
    """Anonymise those whose grace period is over and against whom nothing speaks; returns how many.

    Some hundreds in each transaction: what is done stays done if the work is cut off, and the next run goes on.
    Raises PermissionDenied.
    """
    require(actor, "registry.retention")
    today, count = timezone.localdate(), 0
    while True:
        with transaction.atomic():
            rule = current()
            if rule is None or not rule.years:
                return count
            keys = list(
                due_people(rule, today)
                .filter(retention_notice__due_on__lte=today)
                .order_by("pk")
                .select_for_update(of=("self",))
                .values_list("pk", flat=True)[:_AT_ONCE]
            )
            if not keys:
                return count
            _wipe(keys)
            audit.record(actor=actor, action="retention.anonymise", after={"people": len(keys), "years": rule.years})
            progress.confirm()
        count += len(keys)
        progress.report(count, count + 1, _("Anonymising"))


def _wipe(keys: list[int]) -> None:
    """Take away what tells who these people are, here and wherever else the register keeps it."""
    now = timezone.now()
    Evaluator.objects.filter(pk__in=keys).update(
        name="",
        phone=b"",
        email=b"",
        phone_hash=b"",
        phone_tail_hash=b"",
        email_hash=b"",
        unit=None,
        employer=None,
        proposed_by="",
        weight_class="",
        industry="",
        anonymised_at=now,
        updated_at=now,
    )
    Merge.objects.filter(Q(survivor__in=keys) | Q(merged__in=keys)).update(before=b"", after=b"")
    DuplicatePair.objects.filter(Q(first__in=keys) | Q(second__in=keys)).delete()
    RetentionNotice.objects.filter(evaluator__in=keys).delete()
    RetentionHold.objects.filter(evaluator__in=keys).update(reason="")
    marks = ", ".join(["%s"] * len(keys))
    table = connection.ops.quote_name(EvaluatorChange._meta.db_table)
    with connection.cursor() as cursor:  # past the model, which only grows; the trigger lets columns be emptied
        cursor.execute(f"UPDATE {table} SET reason = '' WHERE evaluator_id IN ({marks})", keys)  # noqa: S608
        cursor.execute(
            f"UPDATE {table} SET before = '', after = '' "  # noqa: S608 -- the table's own name
            f"WHERE field IN ('unit', 'employer', 'weight_class') AND evaluator_id IN ({marks})",
            keys,
        )


def report(*, actor: User, progress: Progress) -> StoredFile:
    """The announced ones as a workbook, kept encrypted for a week. Raises PermissionDenied, JobRefused (nobody)."""
    require(actor, "registry.retention")
    require(actor, "registry.view")
    rows = RetentionNotice.objects.select_related("evaluator__stratum", "evaluator__unit").order_by("due_on", "pk")
    rows = rows.defer("evaluator__phone", "evaluator__email")
    total = rows.count()
    if not total:
        raise JobRefused(_("Nobody is to be anonymised."), "nobody")
    sheet = Sheet(
        name="拟匿名处理人员",
        headers=["编号", "姓名", "层面", "单位名称", "状态", "停用起始日期", "拟匿名处理日期"],
        rows=(
            [
                row.evaluator.code, row.evaluator.name, row.evaluator.stratum.name,
                row.evaluator.unit.name if row.evaluator.unit else "", str(row.evaluator.get_status_display()),
                row.since, row.due_on,
            ]
            for row in rows.iterator(chunk_size=2_000)
        ),
        text_columns=True,
        frozen_columns=2,
    )  # fmt: skip
    content = xlsx_bytes([sheet])
    with transaction.atomic():
        progress.confirm()
        name = _("To be anonymised %(day)s.xlsx") % {"day": timezone.localdate().isoformat()}
        stored = files.store(
            content,
            kind=REPORT,
            name=name,
            content_type=files.XLSX,
            permission="registry.retention",
            user=actor,
            encrypted=True,
            meta={"rows": total},
        )
        audit.record(actor=actor, action="retention.report", subject=stored, after={"people": total})
    return stored
