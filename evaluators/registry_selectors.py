"""Reading the registry: search that goes by keyed hashes, counts that stay fast however long it gets."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.utils.functional import cached_property

from evaluators.contact import email_hash, phone_hash, phone_tail_hash
from evaluators.models import Evaluator, EvaluatorStatus, Stratum, Unit
from foundation.tables.cleaning import clean_phone, is_phone

COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts to ten thousand and no further: the page of a long list costs what a short one's does."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return len(rows.order_by()[: COUNTED + 1].values_list("pk", flat=True))
        return len(rows)


def people() -> QuerySet[Evaluator]:
    """Everybody in the registry, without contact data."""
    return Evaluator.objects.select_related("stratum", "unit").defer("phone", "email")


def search(rows: QuerySet[Evaluator], text: str) -> QuerySet[Evaluator]:
    """By name, code, unit, e-mail address, whole number or its last four digits."""
    text = text.strip()
    if not text:
        return rows
    if "@" in text:
        return rows.filter(email_hash=email_hash(text))
    digits = clean_phone(text)
    if is_phone(digits):
        return rows.filter(phone_hash=phone_hash(digits))
    if digits.isascii() and digits.isdecimal() and len(digits) == 4:
        return rows.filter(Q(phone_tail_hash=phone_tail_hash(digits)) | Q(code=text))
    units = Unit.objects.filter(Q(name__contains=text) | Q(code=text)).values("pk")[:500]
    return rows.filter(Q(name__startswith=text) | Q(code=text) | Q(unit__in=units))


def stratum_sizes() -> list[tuple[Stratum, int, int]]:
    """Each stratum with its people and those of them who can be drawn."""
    counts = {
        row["stratum"]: (row["people"], row["active"])
        for row in Evaluator.objects.order_by()
        .values("stratum")
        .annotate(people=Count("pk"), active=Count("pk", filter=Q(status=EvaluatorStatus.ACTIVE)))
    }
    return [(row, *counts.get(row.pk, (0, 0))) for row in Stratum.objects.all()]


def units(text: str = "") -> QuerySet[Unit]:
    """Units by name or code."""
    rows = Unit.objects.select_related("stratum")
    return rows.filter(Q(name__contains=text.strip()) | Q(code=text.strip())) if text.strip() else rows


def masked(phone: str) -> str:
    """A number as those see it who may not: the last four digits."""
    return f"*******{phone[-4:]}" if phone else ""
