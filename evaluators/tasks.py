"""Work of the registry that runs in the background."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import console
from evaluators.models import BulkChange, EvaluatorCount, Stratum, Unit
from evaluators.search_words import unseal
from evaluators.selectors import GROUPED_BY, Search
from evaluators.services import bulk_status, confirmation, export, merging, retention
from evaluators.services.merging import FIND_DUPLICATES
from foundation.counting import compact
from foundation.jobs import Progress, SilentProgress, job


@job(export.EXPORT_KIND, title=_("Export the register"))
def export_register(
    progress: Progress, *, user_id: int, words: str, stratum: int | None, unit: int | None, district: str, status: str
) -> dict[str, Any]:
    """See ``evaluators.services.export.export_register``; ``words`` is sealed as in addresses."""
    search = Search(
        text=unseal(words),
        stratum=Stratum.objects.get(pk=stratum) if stratum else None,
        unit=Unit.objects.get(pk=unit) if unit else None,
        district=district,
        status=status,
    )
    stored = export.export_register(actor=User.objects.get(pk=user_id), search=search, progress=progress)
    return {"file": str(stored.pk), "rows": stored.meta["rows"]}


@job(FIND_DUPLICATES, title=_("Look for duplicates"))
def find_duplicates(progress: Progress, *, user_id: int) -> dict[str, int]:
    """See ``evaluators.services.merging.refresh_suggestions``."""
    return merging.refresh_suggestions(actor=User.objects.get(pk=user_id), progress=progress)


@job(bulk_status.BULK_STATUS, title=_("Change the status of many people"))
def change_statuses(progress: Progress, *, user_id: int, change: int) -> dict[str, int]:
    """See ``evaluators.services.bulk_status.carry_out``."""
    row = BulkChange.objects.get(pk=change)
    done = bulk_status.carry_out(actor=User.objects.get(pk=user_id), change=row, progress=progress)
    return {"people": done.people}


@job(bulk_status.BULK_UNDO, title=_("Undo a bulk change"))
def undo_bulk_change(progress: Progress, *, user_id: int, change: int) -> dict[str, int]:
    """See ``evaluators.services.bulk_status.undo``."""
    row = BulkChange.objects.get(pk=change)
    done = bulk_status.undo(actor=User.objects.get(pk=user_id), change=row, progress=progress)
    return {"people": done.people - done.left_alone, "left_alone": done.left_alone}


@job(confirmation.SHEETS_KIND, title=_("Make the sheets for units"))
def make_sheets(
    progress: Progress,
    *,
    user_id: int,
    year: int,
    unit: int | None,
    stratum: int | None,
    district: str,
    unconfirmed_only: bool,
) -> dict[str, Any]:
    """See ``evaluators.services.confirmation.make_sheets``."""
    stored = confirmation.make_sheets(
        actor=User.objects.get(pk=user_id),
        year=year,
        unit=Unit.objects.get(pk=unit) if unit else None,
        stratum=Stratum.objects.get(pk=stratum) if stratum else None,
        district=district,
        unconfirmed_only=unconfirmed_only,
        progress=progress,
    )
    return {"file": str(stored.pk), **stored.meta}


@job(retention.ANNOUNCE, title=_("Find out who is to be anonymised"))
def announce_retention(progress: Progress, *, user_id: int) -> dict[str, int]:
    """See ``evaluators.services.retention.announce``."""
    return retention.announce(actor=User.objects.get(pk=user_id), progress=progress)


@job(retention.REPORT, title=_("Report on who is to be anonymised"))
def report_retention(progress: Progress, *, user_id: int) -> dict[str, Any]:
    """See ``evaluators.services.retention.report``."""
    stored = retention.report(actor=User.objects.get(pk=user_id), progress=progress)
    return {"file": str(stored.pk), "rows": stored.meta["rows"]}


@shared_task(name="evaluators.retain")
def retain() -> int:
    """Anonymise those who are due, then announce the next; sent by beat each day."""
    done = retention.anonymise_due(actor=console(), progress=SilentProgress())
    retention.announce(actor=console(), progress=SilentProgress())
    return done


@shared_task(name="evaluators.erase_old_exports")
def erase_old_exports() -> int:
    """Erase exported registers after a week; sent by beat."""
    return export.erase_old_exports()


@shared_task(name="evaluators.compact_counts")
def compact_counts() -> None:
    """Sum up what the counts of the register have gathered; sent by beat."""
    compact(EvaluatorCount, GROUPED_BY, "people")
