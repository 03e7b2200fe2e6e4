"""The sheets on which units confirm their people once a year: made, sent, and which are back."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluators.confirming import ASKED, COLUMNS, EDITABLE, MARKS
from evaluators.contact import TAIL_DIGITS
from evaluators.models import Evaluator, Stratum, Unit, UnitConfirmation
from foundation import audit, files
from foundation.jobs import JobRefused, Progress
from foundation.models import StoredFile
from foundation.tables import Sheet, xlsx_bytes

SHEETS_KIND = "evaluators.confirmation"
ZIP = "application/zip"
MOST_UNITS = 5_000
_REPORT_EVERY = 20
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_PLACE = {column.field: at for at, column in enumerate(COLUMNS)}


def make_sheets(
    *,
    actor: User,
    year: int,
    unit: Unit | None = None,
    stratum: Stratum | None = None,
    district: str = "",
    unconfirmed_only: bool = False,
    progress: Progress,
) -> StoredFile:
    """One sheet for a unit, or a zip with one for each unit of a stratum and district; kept encrypted for a week.

    A sheet has code, name and the last four digits, nothing else of anybody. Raises PermissionDenied, JobRefused
    (no unit has people to ask about, or more units than one file should hold).
    """
    require(actor, "registry.view")
    require(actor, "registry.edit")
    units = Unit.objects.filter(evaluators__status__in=ASKED).distinct().order_by("code")
    if unit is not None:
        units = units.filter(pk=unit.pk)
    if stratum is not None:
        units = units.filter(evaluators__stratum=stratum)
    if district:
        units = units.filter(district=district)
    if unconfirmed_only:
        units = units.exclude(confirmations__in=UnitConfirmation.objects.filter(year=year, returned_at__isnull=False))
    wanted = list(units[: MOST_UNITS + 1])
    if not wanted:
        raise JobRefused(_("No unit has people to ask about."), "nobody")
    if len(wanted) > MOST_UNITS:
        message = _("These are more than %(n)s units. Choose a stratum or a district.")
        raise JobRefused(message % {"n": MOST_UNITS}, "too_many")
    counts: dict[int, int] = {}
    content = _packed(wanted, year, counts, progress, alone=unit is not None)
    with transaction.atomic():
        progress.confirm()
        stored = _kept(actor, content, year, wanted, counts, alone=unit is not None)
        _note_sent(year, counts)
        audit.record(
            actor=actor,
            action="confirmation.send",
            subject=stored,
            year=year,
            after={"units": len(counts), "people": sum(counts.values()), "sha256": stored.sha256},
        )
    return stored


def _packed(units: list[Unit], year: int, counts: dict[int, int], progress: Progress, *, alone: bool) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # workbooks are compressed already
        for number, one in enumerate(units, start=1):
            rows = list(_rows(one))
            counts[one.pk] = len(rows)
            sheet = xlsx_bytes([_sheet(one, year, rows)])
            if alone:
                return sheet
            archive.writestr(f"{one.code} {_UNSAFE.sub('_', one.name)[:80]}.xlsx", sheet)
            if number % _REPORT_EVERY == 0:
                progress.report(number, len(units), _("Writing the sheets"))
    return packed.getvalue()


def _rows(unit: Unit) -> Iterator[list[str]]:
    people = Evaluator.objects.filter(unit=unit, status__in=ASKED, anonymised_at=None).order_by("code")
    for code, name, phone in people.values_list("code", "name", "phone"):
        yield [unit.code, unit.name, code, name, str(phone)[-TAIL_DIGITS:] if phone else "", "", "", ""]


def _sheet(unit: Unit, year: int, rows: list[list[str]]) -> Sheet:
    editable = frozenset(_PLACE[name] for name in EDITABLE)
    return Sheet(
        name=f"{year} {unit.code}",
        headers=[column.chinese for column in COLUMNS],
        rows=rows,
        choices={_PLACE["mark"]: MARKS},
        marked=editable,
        editable=editable,
        frozen_columns=4,
        text_columns=True,
        widths={_PLACE["mark"]: 14, _PLACE["new_name"]: 14, _PLACE["new_phone"]: 16},
    )


def _kept(
    actor: User, content: bytes, year: int, units: list[Unit], counts: dict[int, int], *, alone: bool
) -> StoredFile:
    if alone:
        name = _("Confirmation %(year)s %(unit)s.xlsx") % {"year": year, "unit": units[0].code}
    else:
        moment = f"{timezone.localtime():%Y%m%d-%H%M}"
        name = _("Confirmation %(year)s, %(n)s units, %(moment)s.zip") % {
            "year": year, "n": len(units), "moment": moment,
        }  # fmt: skip
    return files.store(
        content,
        kind=SHEETS_KIND,
        name=name,
        content_type=files.XLSX if alone else ZIP,
        permission="registry.edit",
        user=actor,
        year=year,
        encrypted=True,
        meta={"units": len(units), "rows": sum(counts.values())},
    )


def _note_sent(year: int, counts: dict[int, int]) -> None:
    """Who has got a sheet; a unit that has answered already stays answered."""
    now = timezone.now()
    rows: list[Any] = [
        UnitConfirmation(unit_id=unit, year=year, sent_at=now, people=people) for unit, people in counts.items()
    ]
    UnitConfirmation.objects.bulk_create(
        rows,
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["unit", "year"],
        update_fields=["sent_at", "people"],
    )
