"""The list of the drawn is confidential: whoever looks at it or takes it is written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.drawn import TAKEN, VIEWED, DrawnSearch, find, with_particulars
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.selectors import standing_draw
from evaluators.models import Draw, DrawnPlace
from foundation import audit, files
from foundation.jobs import Progress, SilentProgress
from foundation.models import StoredFile
from foundation.tables import Sheet, xlsx_bytes
from foundation.tables.cleaning import clean_text

LIST_KIND = "evaluation.drawn_list"
KEPT = timedelta(days=7)
MOST_REASON = 300
_CHUNK = 500


@transaction.atomic
def record_view(
    *, actor: User, round: Round, record: Draw, search: DrawnSearch, rows: int, page: int, show_contact: bool
) -> None:
    """Somebody looks at a page of the list; ``rows``: how many fit the search. Raises PermissionDenied."""
    require(actor, "round.draw")
    if show_contact:
        require(actor, "registry.contact")
    audit.record(
        actor=actor,
        action=VIEWED,
        subject=record,
        label=_label(record),
        year=round.year,
        after={"rows": rows, "page": page, "contact": show_contact, **search.told()},
    )


def export_drawn(
    *,
    actor: User,
    round: Round,
    search: DrawnSearch,
    with_contact: bool,
    reason: str,
    progress: Progress | None = None,
) -> StoredFile:
    """Write those of the drawn who fit into an Excel file, kept encrypted for a week.

    Each time somebody fetches it is in the audit log, as is the making with its reason. With contact data only those
    fetch it who may see such data. ``meta`` of the file says how many ``rows`` it has.
    Raises PermissionDenied, ValidationError (no reason), Refused (nobody drawn, nobody fits).
    """
    require(actor, "round.draw")
    if with_contact:
        require(actor, "registry.contact")
    reason = check_reason(reason)
    progress = progress or SilentProgress()
    record = standing_draw(round.year)
    if record is None:
        raise Refused(Missing("not_drawn", _("Nobody has been drawn yet.")))
    places = find(record, round, search)
    total = places.count()
    if not total:
        raise Refused(Missing("nobody", _("Nobody of the drawn fits this search.")))
    content = xlsx_bytes([_sheet(places, round, total, with_contact, progress)])
    with transaction.atomic():
        progress.confirm()
        stored = files.store(
            content,
            kind=LIST_KIND,
            name=_("List of the drawn %(year)s (%(count)s).xlsx") % {"year": round.year, "count": total},
            content_type=files.XLSX,
            permission="round.draw",
            user=actor,
            year=round.year,
            encrypted=True,
            meta={
                "rows": total,
                "contact": with_contact,
                "audited": True,
                **({"also_needs": ["registry.contact"]} if with_contact else {}),
            },
        )
        audit.record(
            actor=actor,
            action=TAKEN,
            subject=record,
            label=_label(record),
            year=round.year,
            after={"rows": total, "contact": with_contact, "sha256": stored.sha256, **search.told()},
            reason=reason,
        )
    return stored


def check_reason(reason: str) -> str:
    """The reason, cleaned. Raises ValidationError for none or an over-long one."""
    cleaned = clean_text(reason)
    if not cleaned:
        raise ValidationError(_("Say what the list is needed for."))
    if len(cleaned) > MOST_REASON:
        raise ValidationError(_("Use %(most)s characters at most.") % {"most": MOST_REASON})
    return cleaned


def stored_lists(round: Round) -> list[StoredFile]:
    """The lists made for a round that are still there, newest first."""
    kept = StoredFile.objects.filter(kind=LIST_KIND, year=round.year, erased_at=None)
    return list(kept.select_related("created_by"))


def erase_old_lists(*kinds: str) -> int:
    """Erase lists (of these kinds of file, or of the drawn) made more than a week ago; returns how many."""
    return files.erase_made_before(timezone.now() - KEPT, *(kinds or (LIST_KIND,)))


def _label(record: Draw) -> str:
    return f"{record.snapshot.year}-{record.snapshot.number}"


def _sheet(places: QuerySet[DrawnPlace], round: Round, total: int, with_contact: bool, progress: Progress) -> Sheet:
    headers = [_("No."), _("Stratum"), _("Name"), _("Code"), _("Unit"), _("District"), _("Ballots"), _("Stand-in")]
    if with_contact:
        headers += [_("Mobile"), _("E-mail address")]
    return Sheet(
        name=_("List of the drawn"),
        headers=headers,
        rows=_rows(places, round, total, with_contact, progress),
        frozen_columns=3,
        title=_("Confidential: who judges in %(year)s") % {"year": round.year},
    )


def _rows(
    places: QuerySet[DrawnPlace], round: Round, total: int, with_contact: bool, progress: Progress
) -> Iterator[list[object]]:
    waiting = iter(places.select_related("evaluator", "unit", "stratum").iterator(chunk_size=_CHUNK))
    done = 0
    while batch := list[DrawnPlace](islice(waiting, _CHUNK)):
        for row in with_particulars(batch, round, show_contact=with_contact):
            person = row.place.evaluator
            done += 1
            line: list[object] = [
                row.place.order,
                str(row.place.stratum),
                person.name if person else "",
                person.code if person else "",
                row.place.unit.name if row.place.unit else "",
                row.district,
                row.ballots or 1,
                _("replaced") if row.is_replaced else _("stand-in") if row.is_stand_in else "",
            ]
            if with_contact:
                line += [row.phone, person.email if person else ""]
            yield line
        progress.report(done, total, _("Writing the list of the drawn"))
