"""The registry with contact data as an encrypted Excel file: the list that can be imported again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluators.importing import schema
from evaluators.models import Evaluator, EvaluatorStatus
from evaluators.selectors import Search, find
from evaluators.services.confirmation import SHEETS_KIND
from evaluators.services.retention import REPORT
from foundation import audit, files
from foundation.jobs import JobRefused, Progress
from foundation.models import StoredFile
from foundation.tables import Sheet, xlsx_bytes

EXPORT_KIND = "evaluators.export"
KEPT = timedelta(days=7)
MOST_ROWS = 1_000_000  # a sheet of Excel holds hardly more

#: The words of the list for each status; the import reads them back.
STATUS_WORDS = {
    EvaluatorStatus.ACTIVE: "有效",
    EvaluatorStatus.PAUSED: "暂停",
    EvaluatorStatus.MOVED: "迁出",
    EvaluatorStatus.DECEASED: "去世",
    EvaluatorStatus.REMOVED: "移除",
}
_FIELDS = (
    "code", "name", "stratum__name", "unit__code", "unit__name", "district", "industry", "phone", "email",
    "weight_class", "status", "employer__code", "proposed_by",
)  # fmt: skip
_STATUS_AT = _FIELDS.index("status")
_REPORT_EVERY = 1_000


def export_register(*, actor: User, search: Search, progress: Progress) -> StoredFile:
    """Write the people who fit, with their contact data, and keep the file encrypted for a week.

    ``meta`` of the file says how many ``rows`` it has. Who took it, and how many people, is in the audit log.
    Raises PermissionDenied, JobRefused (more people than a sheet holds, or nobody).
    """
    require(actor, "registry.view")
    require(actor, "registry.contact")
    rows = find(Evaluator.objects.exclude(status=EvaluatorStatus.MERGED), search).order_by("code")
    total = rows.count()
    if total > MOST_ROWS:
        raise JobRefused(_("These are more people than an Excel sheet holds. Choose a stratum."), "too_many")
    if not total:
        raise JobRefused(_("Nobody fits this search."), "nobody")
    columns = schema().columns
    sheet = Sheet(
        name="评议人",
        headers=[column.chinese for column in columns],
        rows=_rows(rows, total, progress),
        frozen_columns=2,
        text_columns=True,
    )
    content = xlsx_bytes([sheet])
    with transaction.atomic():
        progress.confirm()
        name = _("Register of evaluators %(moment)s.xlsx") % {"moment": f"{timezone.localtime():%Y%m%d-%H%M}"}
        stored = files.store(
            content,
            kind=EXPORT_KIND,
            name=name,
            content_type=files.XLSX,
            permission="registry.contact",
            user=actor,
            encrypted=True,
            meta={"rows": total},
        )
        audit.record(
            actor=actor,
            action="evaluators.export",
            subject=stored,
            after={"people": total, "sha256": stored.sha256, **_told(search)},
        )
    return stored


def _told(search: Search) -> dict[str, Any]:
    """What the audit log hears of the search: never its words, which may be a number or an address."""
    told = {
        "stratum": search.stratum.code if search.stratum else "",
        "unit": search.unit.code if search.unit else "",
        "district": search.district,
        "status": search.status,
        "by_words": bool(search.text),
    }
    return {key: value for key, value in told.items() if value}


def _rows(people: QuerySet[Evaluator], total: int, progress: Progress) -> Iterator[list[str]]:
    for done, values in enumerate(people.values_list(*_FIELDS).iterator(chunk_size=2_000), start=1):
        row = ["" if value is None else str(value) for value in values]
        row[_STATUS_AT] = STATUS_WORDS[EvaluatorStatus(row[_STATUS_AT])]
        yield row
        if done % _REPORT_EVERY == 0:
            progress.report(done, total, _("Writing the register"))


def erase_old_exports() -> int:
    """Erase registers, sheets of units and reports that were made more than a week ago; returns how many."""
    return files.erase_made_before(timezone.now() - KEPT, EXPORT_KIND, SHEETS_KIND, REPORT)
