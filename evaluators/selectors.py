"""Reading the registry: who fits a search, who may see whom, how many there are. Pages are made in ``listing``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from accounts.policies import scope_of
from evaluators.contact import TAIL_DIGITS, email_hash, phone_hash, phone_tail_hash
from evaluators.models import Evaluator, EvaluatorCount, EvaluatorStatus, Stratum, Unit, UnitConfirmation
from foundation.counting import counted
from foundation.tables.cleaning import clean_code, clean_phone, clean_text, is_phone

_UNITS_SEARCHED = 100
_DUPLICATES_SHOWN = 10
_DISTRICTS_OFFERED = 200
#: What a group of people has in common; how many each group has is kept beside the register.
GROUPED_BY = ("stratum_id", "status", "district")
Groups = dict[tuple[int, str, str], int]


@dataclass(frozen=True)
class Search:
    """What is looked for in the registry; empty fields do not matter."""

    text: str = ""
    stratum: Stratum | None = None
    unit: Unit | None = None
    district: str = ""
    status: str = ""

    def fits(self, stratum_id: int, status: str, district: str) -> bool:
        """Whether a group of people fits; merged people only when they are asked for."""
        return (
            (self.stratum is None or self.stratum.pk == stratum_id)
            and (self.district in ("", district))
            and (status == self.status if self.status else status != EvaluatorStatus.MERGED)
        )


def visible_to(user: Any, permission: str = "registry.view") -> QuerySet[Evaluator]:
    """The people for whom the user holds the permission: everybody, or those of some strata. Without contact data."""
    rows = Evaluator.objects.defer("phone", "email")
    scope = scope_of(user, permission)
    return rows if scope.everything else rows.filter(stratum__code__in=scope.codes.get("stratum", ()))


def covers(user: Any, permission: str, evaluator: Evaluator) -> bool:
    """True if the user holds the permission for this person."""
    return scope_of(user, permission).covers("stratum", evaluator.stratum.code)


def groups(user: Any, search: Search | None = None, permission: str = "registry.view") -> Groups:
    """How many people there are of each stratum, status and district, of those that the user may see and that fit.

    The words and the unit of a search do not count here. Exact, and as fast for a million as for a hundred.
    """
    scope = scope_of(user, permission)
    found = counted(Evaluator, EvaluatorCount, GROUPED_BY, "people")
    if not scope.everything:
        strata = set(Stratum.objects.filter(code__in=scope.codes.get("stratum", ())).values_list("pk", flat=True))
        found = {group: people for group, people in found.items() if group[0] in strata}
    return {group: people for group, people in found.items() if search is None or search.fits(*group)}


def find(rows: QuerySet[Evaluator], search: Search) -> QuerySet[Evaluator]:
    """Those of the people who fit; merged ones only if they are asked for."""
    rows = narrowed(rows, search)
    text = Text.of(search.text)
    return rows.filter(text.condition()) if text else rows


def narrowed(rows: QuerySet[Evaluator], search: Search) -> QuerySet[Evaluator]:
    """Those of the people who fit all but the words."""
    if search.stratum:
        rows = rows.filter(stratum=search.stratum)
    if search.unit:
        rows = rows.filter(unit=search.unit)
    if search.district:
        rows = rows.filter(district=search.district)
    if search.status:
        return rows.filter(status=search.status)
    return rows.exclude(status=EvaluatorStatus.MERGED)


@dataclass(frozen=True)
class Text:
    """What the words of a search mean: a hash to look for; else how a name begins, a code, or units."""

    hashes: tuple[tuple[str, bytes], ...] = ()
    code: str = ""
    begins: str = ""
    units: tuple[int, ...] = ()

    @classmethod
    def of(cls, text: str) -> Text | None:
        """The beginning of a name, a code, (part of) a unit's name or its code, a whole e-mail address, a whole number
        or its last four digits; None for nothing."""
        text = clean_text(text)
        if not text:
            return None
        if "@" in text or "＠" in text:
            return cls(hashes=(("email_hash", email_hash(clean_code(text))),))
        digits = clean_phone(text)
        if is_phone(digits):
            return cls(hashes=(("phone_tail_hash", phone_tail_hash(digits)), ("phone_hash", phone_hash(digits))))
        if digits.isascii() and digits.isdigit() and len(digits) == TAIL_DIGITS:
            return cls(hashes=(("phone_tail_hash", phone_tail_hash(digits)),), code=digits)
        code = clean_code(text)
        if len(text) == 1:  # a surname: every second unit has some character in its name
            return cls(code=code, begins=text)
        # Looked up first: with a subquery in the alternative no index would be used.
        named = Unit.objects.filter(Q(name__contains=text) | Q(code=code)).order_by("code").values_list("pk", flat=True)
        return cls(code=code, begins=text, units=tuple(named[:_UNITS_SEARCHED]))

    @property
    def units_cut(self) -> bool:
        """True if more units fit than are looked into."""
        return len(self.units) == _UNITS_SEARCHED

    def rare(self) -> Q:
        """All but the beginning of a name: what few people fit."""
        wanted = Q(**dict(self.hashes)) if self.hashes else Q()
        if self.code:
            wanted |= Q(code=self.code)
        return wanted | Q(unit__in=self.units) if self.units else wanted

    def condition(self) -> Q:
        """Everybody who fits."""
        return self.rare() | Q(name__startswith=self.begins) if self.begins else self.rare()


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
    others = others.exclude(pk=row.pk).exclude(status=EvaluatorStatus.MERGED)
    return [(other, _same(row, other)) for other in others.order_by("code")[:_DUPLICATES_SHOWN]]


def _same(row: Evaluator, other: Evaluator) -> list[str]:
    same = []
    if row.phone_hash and bytes(other.phone_hash) == row.phone_hash:
        same.append("phone")
    if row.email_hash and bytes(other.email_hash) == row.email_hash:
        same.append("email")
    if row.unit_id and (other.unit_id, other.name) == (row.unit_id, row.name):
        same.append("unit")
    return same


def with_survivors(keys: Iterable[int]) -> frozenset[int]:
    """These people, and those into whom they have been merged: whoever was drawn under an old code was drawn."""
    into = dict(Evaluator.objects.filter(status=EvaluatorStatus.MERGED).values_list("pk", "merged_into_id"))
    found = set(keys)
    waiting = [pk for pk in found if pk in into]
    while waiting:
        survivor = into[waiting.pop()]
        if survivor is not None and survivor not in found:
            found.add(survivor)
            if survivor in into:
                waiting.append(survivor)
    return frozenset(found)


def survivor_codes() -> dict[str, str]:
    """Code of each merged entry → code of the one that stands for it in the end."""
    rows = Evaluator.objects.filter(status=EvaluatorStatus.MERGED).values_list("code", "merged_into__code")
    into = {code: survivor for code, survivor in rows if survivor is not None}
    found = {}
    for code, survivor in into.items():
        while survivor in into:
            survivor = into[survivor]
        found[code] = survivor
    return found


def stratum_sizes() -> list[tuple[Stratum, int, int]]:
    """Each stratum with its people and those of them who can be drawn; merged ones are nobody."""
    people: Counter[int] = Counter()
    active: Counter[int] = Counter()
    for (stratum, status, _district), number in counted(Evaluator, EvaluatorCount, GROUPED_BY, "people").items():
        people[stratum] += number if status != EvaluatorStatus.MERGED else 0
        active[stratum] += number if status == EvaluatorStatus.ACTIVE else 0
    return [(row, people[row.pk], active[row.pk]) for row in Stratum.objects.all()]


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


def asked_units(*, year: int, stratum: Stratum | None, district: str | None, state: str | None) -> QuerySet[Unit]:
    """Units that have people to ask about, by how far their confirmation of a year is."""
    rows = units(stratum=None, district=district or "")
    people = Evaluator.objects.filter(unit=OuterRef("pk"), status__in=["active", "paused"])
    if stratum is not None:
        people = people.filter(stratum=stratum)
    rows = rows.filter(Exists(people))
    sheets = UnitConfirmation.objects.filter(unit=OuterRef("pk"), year=year)
    match state:
        case "unsent":
            return rows.exclude(Exists(sheets))
        case "waiting":
            return rows.filter(Exists(sheets.filter(returned_at=None)))
        case "partly":
            return rows.filter(Exists(sheets.filter(returned_at__isnull=False, missing__gt=0)))
        case "confirmed":
            return rows.filter(Exists(sheets.filter(returned_at__isnull=False, missing=0)))
    return rows


def confirmation_figures(year: int) -> dict[str, int]:
    """Of a year: units that got a sheet, that answered for all their people, or for some; differences."""
    rows = UnitConfirmation.objects.filter(year=year)
    back = Q(returned_at__isnull=False)
    return rows.aggregate(
        sent=Count("pk"),
        confirmed=Count("pk", filter=back & Q(missing=0)),
        partly=Count("pk", filter=back & Q(missing__gt=0)),
        differences=Sum("differences", default=0),
    )


def people_of(unit_keys: list[int]) -> dict[int, tuple[int, int]]:
    """Primary key of a unit → its people, and those of them who can be drawn; units without people are missing."""
    rows = (
        Evaluator.objects.filter(unit__in=unit_keys)
        .order_by()
        .values("unit")
        .annotate(
            people=Count("pk", filter=~Q(status=EvaluatorStatus.MERGED)),
            active=Count("pk", filter=Q(status=EvaluatorStatus.ACTIVE)),
        )
    )
    return {row["unit"]: (row["people"], row["active"]) for row in rows}


def districts() -> list[str]:
    """The districts of the units, to choose from."""
    return list(Unit.objects.exclude(district="").order_by("district").values_list("district", flat=True).distinct())


def districts_in(known: Groups) -> list[str]:
    """The districts that some groups of people have, to choose from."""
    return sorted({district for _stratum, _status, district in known if district})[:_DISTRICTS_OFFERED]


def masked(phone: Any) -> str:
    """A number as those see it who may not: the last four digits."""
    return f"*******{phone[-TAIL_DIGITS:]}" if phone else ""


_CONTACTS_OFFERED = 3_000


def units_with_contact() -> list[tuple[str, str]]:
    """(code, name) of the units that name a contact person: what the role of such a person can be limited to.

    Not those that were drawn: who manages accounts does not learn that from a list. At most some thousand.
    """
    rows = Unit.objects.filter(is_active=True).exclude(contact_name="").order_by("name", "code")
    return list(rows.values_list("code", "name")[:_CONTACTS_OFFERED])
