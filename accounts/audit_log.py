"""Reading the audit log: search, pages that stay fast however long it gets, before and after side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation import audit, formats
from foundation.models import AuditEntry

PER_PAGE = 50
COUNTED = 10_000  # beyond that the exact number helps nobody and takes its time


@dataclass(frozen=True)
class Search:
    """What is looked for; empty fields do not matter. ``first`` and ``last`` are local days, both included."""

    q: str = ""
    who: str = ""
    action: str = ""
    year: int | None = None
    first: date | None = None
    last: date | None = None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def find(search: Search) -> QuerySet[AuditEntry]:
    """The entries that fit, newest first."""
    rows: QuerySet[AuditEntry] = AuditEntry.objects.order_by("-id")
    if search.q:
        rows = rows.filter(
            Q(subject_label__icontains=search.q) | Q(reason__icontains=search.q) | Q(subject_id=search.q)
        )
    if search.who:
        rows = rows.filter(Q(actor_name__icontains=search.who) | Q(actor__username__iexact=search.who))
    if search.action:
        rows = rows.filter(action=search.action)
    if search.year is not None:
        rows = rows.filter(year=search.year)
    if search.first:
        rows = rows.filter(at__gte=_midnight(search.first))
    if search.last:
        rows = rows.filter(at__lt=_midnight(search.last + timedelta(days=1)))
    return rows


@dataclass(frozen=True)
class Page:
    """Some entries, and where the newer and older ones begin; None where there are none."""

    entries: list[AuditEntry]
    newer: int | None
    older: int | None
    count: int  # at most COUNTED + 1


def page_of(rows: QuerySet[AuditEntry], *, before: int | None = None, after: int | None = None) -> Page:
    """A page by position, not by number: entries older than ``before``, or the nearest newer than ``after``.

    The database goes along the primary key from there, so the thousandth page costs what the first does.
    """
    if after is not None:
        picked = list(rows.filter(pk__gt=after).order_by("id")[: PER_PAGE + 1])
        has_newer, has_older = len(picked) > PER_PAGE, True
        entries = picked[:PER_PAGE][::-1]
    else:
        picked = list((rows.filter(pk__lt=before) if before is not None else rows)[: PER_PAGE + 1])
        has_newer, has_older = before is not None, len(picked) > PER_PAGE
        entries = picked[:PER_PAGE]
    return Page(
        entries=entries,
        newer=entries[0].pk if entries and has_newer else None,
        older=entries[-1].pk if entries and has_older else None,
        count=len(rows.order_by()[: COUNTED + 1].values_list("pk", flat=True)),
    )


def kind_label(subject_type: str) -> str:
    """What a subject of this model is, in the reader's language; empty without one."""
    if not subject_type:
        return ""
    try:
        return str(apps.get_model(subject_type)._meta.verbose_name)
    except (LookupError, ValueError):
        return subject_type


def subject_kind(entry: AuditEntry) -> str:
    """What the subject is, in the reader's language; empty without a subject."""
    return kind_label(entry.subject_type)


def _key_label(subject_type: str, key: str) -> str:
    known = audit.field_label(subject_type, key)
    if known != key:
        return known
    try:
        return str(getattr(apps.get_model(subject_type)._meta.get_field(key), "verbose_name", key))
    except (LookupError, ValueError, FieldDoesNotExist):
        return key


def _shown(value: Any) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return formats.DASH
    if value is True:
        return _("yes")
    if value is False:
        return _("no")
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "\n".join(str(one) for one in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return str(value)


@dataclass(frozen=True)
class Difference:
    """One thing before and after, as shown."""

    label: str
    before: str
    after: str
    changed: bool


def differences(entry: AuditEntry) -> list[Difference]:
    """Before and after side by side; keys within keys stand as ``outer › inner``."""
    before, after = dict(_flat(entry.before)), dict(_flat(entry.after))
    rows = []
    for path in [*after, *(path for path in before if path not in after)]:
        label = " › ".join(_key_label(entry.subject_type, key) for key in path) or _("Content")
        old, new = _shown(before.get(path)), _shown(after.get(path))
        rows.append(Difference(label, old, new, old != new))
    return rows


def _flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, (*path, str(key)))
    elif value is not None or path:
        yield path, value


def neighbours(entry: AuditEntry) -> tuple[int | None, int | None]:
    """The keys of the next older and the next newer entry."""
    keys = AuditEntry.objects.values_list("pk", flat=True)
    return (
        keys.filter(pk__lt=entry.pk).order_by("-id").first(),
        keys.filter(pk__gt=entry.pk).order_by("id").first(),
    )


def export_rows(rows: QuerySet[AuditEntry]) -> Iterator[list[Any]]:
    """Lines for a spreadsheet, in the order of ``export_headers``."""
    zone = timezone.get_current_timezone()
    action_of, kind_of = cache(audit.action_label), cache(kind_label)
    fields = (
        "pk", "at", "actor__username", "actor_name", "action", "subject_type", "subject_label", "year", "before",
        "after", "reason", "hash",
    )  # fmt: skip
    for pk, at, username, name, action, kind, label, year, before, after, reason, fingerprint in rows.values_list(
        *fields
    ).iterator(chunk_size=2000):
        yield [
            pk,
            at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
            username or "",
            name,
            action_of(action),
            action,
            kind_of(kind),
            label,
            year,
            _json(before),
            _json(after),
            reason,
            fingerprint,
        ]


def export_headers() -> list[str]:
    """The columns of the export, in the reader's language."""
    return [
        _("Number"),
        _("Time"),
        _("User name"),
        _("Name at the time"),
        _("Action"),
        _("Code of the action"),
        _("Kind of subject"),
        _("Subject"),
        _("Round"),
        _("Before"),
        _("After"),
        _("Reason"),
        _("Fingerprint"),
    ]


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
