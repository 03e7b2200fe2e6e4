"""Reading the registry: search by keyed hashes, pages by position and capped counts, so that a million stay fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.policies import scope_of
from evaluators.contact import TAIL_DIGITS, email_hash, phone_hash, phone_tail_hash
from evaluators.models import Evaluator, EvaluatorStatus, Stratum, Unit
from foundation.tables.cleaning import clean_code, clean_phone, clean_text, is_phone

PER_PAGE = 50
COUNTED = 10_000  # beyond that the exact number helps nobody and takes its time
_UNITS_SEARCHED = 500
_DUPLICATES_SHOWN = 10


@dataclass(frozen=True)
class Search:
    """What is looked for in the registry; empty fields do not matter."""

    text: str = ""
    stratum: Stratum | None = None
    unit: Unit | None = None
    district: str = ""
    status: str = ""


@dataclass(frozen=True)
class Page:
    """Some people in the order of their codes; the keys after and before which the next ones stand, None at the end."""

    people: list[Evaluator]
    previous: int | None
    next: int | None
    count: int  # at most COUNTED + 1


def visible_to(user: Any, permission: str = "registry.view") -> QuerySet[Evaluator]:
    """The people for whom the user holds the permission: everybody, or those of some strata. Without contact data."""
    rows = Evaluator.objects.defer("phone", "email")
    scope = scope_of(user, permission)
    return rows if scope.everything else rows.filter(stratum__code__in=scope.codes.get("stratum", ()))


def covers(user: Any, permission: str, evaluator: Evaluator) -> bool:
    """True if the user holds the permission for this person."""
    return scope_of(user, permission).covers("stratum", evaluator.stratum.code)


def find(rows: QuerySet[Evaluator], search: Search) -> QuerySet[Evaluator]:
    """Those of the people who fit."""
    rows = _with_text(rows, search.text)
    if search.stratum:
        rows = rows.filter(stratum=search.stratum)
    if search.unit:
        rows = rows.filter(unit=search.unit)
    if search.district:
        rows = rows.filter(district=search.district)
    if search.status:
        rows = rows.filter(status=search.status)
    return rows


def _with_text(rows: QuerySet[Evaluator], text: str) -> QuerySet[Evaluator]:
    """By the beginning of the name, code, unit, e-mail address, whole number or its last four digits."""
    text = clean_text(text)
    if not text:
        return rows
    if "@" in text or "＠" in text:
        return rows.filter(email_hash=email_hash(clean_code(text)))
    digits = clean_phone(text)
    if is_phone(digits):
        return rows.filter(phone_tail_hash=phone_tail_hash(digits), phone_hash=phone_hash(digits))
    if digits.isascii() and digits.isdigit() and len(digits) == TAIL_DIGITS:
        return rows.filter(Q(phone_tail_hash=phone_tail_hash(digits)) | Q(code=digits))
    code = clean_code(text)
    # Looked up first: with a subquery in the alternative no index would be used.
    named = Unit.objects.filter(Q(name__contains=text) | Q(code=code)).values_list("pk", flat=True)
    return rows.filter(Q(name__startswith=text) | Q(code=code) | Q(unit__in=list(named[:_UNITS_SEARCHED])))


def page_of(rows: QuerySet[Evaluator], *, after: int | None = None, before: int | None = None) -> Page:
    """A page by position: the people behind the person with key ``after``, or those right before ``before``.

    The database goes along the codes from there, so the last page costs what the first does.
    """
    count = rows.order_by()[: COUNTED + 1].count()
    rows = rows.select_related("stratum", "unit")
    turn = after if before is None else before
    place = Evaluator.objects.filter(pk=turn).values_list("code", flat=True).first() if turn is not None else None
    if before is not None and place is not None:
        picked = list(rows.filter(code__lt=place).order_by("-code")[: PER_PAGE + 1])
        people = picked[:PER_PAGE][::-1]
        has_previous, has_next = len(picked) > PER_PAGE, True
    else:
        picked = list((rows if place is None else rows.filter(code__gt=place)).order_by("code")[: PER_PAGE + 1])
        people = picked[:PER_PAGE]
        has_previous, has_next = place is not None, len(picked) > PER_PAGE
    return Page(
        people=people,
        previous=people[0].pk if people and has_previous else None,
        next=people[-1].pk if people and has_next else None,
        count=count,
    )


def look_alikes(row: Evaluator) -> list[tuple[Evaluator, list[str]]]:
    """People who may be the same as ``row`` (stored or not): each with what is the same, of phone, email, unit.

    ``unit`` stands for the same name in the same unit.
    """
    alike = Q()
    if row.phone_hash:
        alike |= Q(phone_tail_hash=row.phone_tail_hash, phone_hash=row.phone_hash)
    if row.email_hash:
        alike |= Q(email_hash=row.email_hash)
    if row.unit_id:
        alike |= Q(name=row.name, unit=row.unit_id)
    if not alike:
        return []
    others = Evaluator.objects.defer("phone", "email").select_related("stratum", "unit").filter(alike)
    return [(other, _same(row, other)) for other in others.exclude(pk=row.pk).order_by("code")[:_DUPLICATES_SHOWN]]


def _same(row: Evaluator, other: Evaluator) -> list[str]:
    same = []
    if row.phone_hash and bytes(other.phone_hash) == row.phone_hash:
        same.append("phone")
    if row.email_hash and bytes(other.email_hash) == row.email_hash:
        same.append("email")
    if row.unit_id and (other.unit_id, other.name) == (row.unit_id, row.name):
        same.append("unit")
    return same


def stratum_sizes() -> list[tuple[Stratum, int, int]]:
    """Each stratum with its people and those of them who can be drawn."""
    counts = {
        row["stratum"]: (row["people"], row["active"])
        for row in Evaluator.objects.order_by()
        .values("stratum")
        .annotate(people=Count("pk"), active=Count("pk", filter=Q(status=EvaluatorStatus.ACTIVE)))
    }
    return [(row, *counts.get(row.pk, (0, 0))) for row in Stratum.objects.all()]


def units(text: str = "", *, stratum: Stratum | None = None, district: str = "", state: str = "") -> QuerySet[Unit]:
    """Units by name or code, stratum, district and state ("active", "inactive")."""
    rows = Unit.objects.select_related("stratum")
    text = clean_text(text)
    if text:
        rows = rows.filter(Q(name__contains=text) | Q(code=clean_code(text)))
    if stratum:
        rows = rows.filter(stratum=stratum)
    if district:
        rows = rows.filter(district=district)
    if state:
        rows = rows.filter(is_active=state == "active")
    return rows


def people_of(unit_keys: list[int]) -> dict[int, tuple[int, int]]:
    """Primary key of a unit → its people, and those of them who can be drawn; units without people are missing."""
    rows = (
        Evaluator.objects.filter(unit__in=unit_keys)
        .order_by()
        .values("unit")
        .annotate(people=Count("pk"), active=Count("pk", filter=Q(status=EvaluatorStatus.ACTIVE)))
    )
    return {row["unit"]: (row["people"], row["active"]) for row in rows}


def districts() -> list[str]:
    """The districts of the units, to choose from; people may have others."""
    return list(Unit.objects.exclude(district="").order_by("district").values_list("district", flat=True).distinct())


def masked(phone: Any) -> str:
    """A number as those see it who may not: the last four digits."""
    return f"*******{phone[-TAIL_DIGITS:]}" if phone else ""
