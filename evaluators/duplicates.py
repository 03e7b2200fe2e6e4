"""People who stand in the register twice, by what two entries share; block by block, so that memory stays small.

A block is a phone tail, a unit, a phone number or an e-mail address; only inside one are names compared with names. So
a million people are some ten thousand small comparisons instead of half a billion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluators.likeness import SAME, SLIP, VARIANT, folded, kind_of, near_pairs
from evaluators.models import Evaluator, EvaluatorStatus
from foundation.jobs import Progress

#: Why two entries are suggested, in words.
REASONS: dict[str, str | Promise] = {
    "phone": gettext_lazy("the same mobile number"),
    "email": gettext_lazy("the same e-mail address"),
    "name_tail": gettext_lazy("the same name and the same last four digits"),
    "name_unit": gettext_lazy("the same name in the same unit"),
    "variant_tail": gettext_lazy("names written differently, the same last four digits"),
    "variant_unit": gettext_lazy("names written differently, in the same unit"),
    "slip_both": gettext_lazy("names one character apart, the same unit and the same last four digits"),
    "slip_phone": gettext_lazy("names one character apart, the same mobile number"),
}
#: How likely they are one person, per cent, before the name's frequency and contradicting numbers are looked at.
_LIKELIHOOD = {
    "phone": 60,
    "email": 65,
    "name_tail": 92,
    "name_unit": 75,
    "variant_tail": 85,
    "variant_unit": 60,
    "slip_both": 90,
    "slip_phone": 93,
}
MOST_PAIRS = 200_000
_SHARED_BY_MANY = 8  # a number or address of so many people is an office's, which says nothing
_BLOCK = 2_000  # larger blocks are cut by the first and by the last character of the names
_REPORT_EVERY = 200


class Entry(NamedTuple):
    """What is compared of a person."""

    pk: int
    name: str
    unit_id: int | None
    tail: bytes
    phone: bytes
    email: bytes


class Pair(NamedTuple):
    """Two entries by key, the smaller first; why, and how likely."""

    first: int
    second: int
    reasons: tuple[str, ...]
    likelihood: int


Found = dict[tuple[int, int], set[str]]


def find_pairs(progress: Progress) -> tuple[list[Pair], int]:
    """All pairs worth a look, and how many were left out because there are more than ``MOST_PAIRS``."""
    found: Found = {}
    left_out = 0
    people = Evaluator.objects.exclude(status=EvaluatorStatus.MERGED).filter(anonymised_at=None)
    total = 3
    for step, (column, compare) in enumerate(
        (("phone_tail_hash", _by_tail), ("unit_id", _by_unit), ("email_hash", _by_email))
    ):
        wanted = people.exclude(unit=None) if column == "unit_id" else people.exclude(**{column: b""})
        for number, block in enumerate(_blocks(wanted, column)):
            for one, other, reason in compare(block):
                key = (min(one.pk, other.pk), max(one.pk, other.pk))
                if key in found or len(found) < MOST_PAIRS:
                    found.setdefault(key, set()).add(reason)
                else:
                    left_out += 1
            if number % _REPORT_EVERY == 0:
                progress.report(step, total, _("Comparing names"))
    return _weighed(found), left_out


def _blocks(people: Any, column: str) -> Iterator[list[Entry]]:
    """The people with the same value of a column, in blocks of at least two; read as a stream."""
    at = {"phone_tail_hash": "tail", "unit_id": "unit_id", "email_hash": "email"}[column]
    rows = people.order_by(column, "pk").values_list(
        "pk", "name", "unit_id", "phone_tail_hash", "phone_hash", "email_hash"
    )  # fmt: skip
    entries = (
        Entry(pk, name, unit, bytes(tail), bytes(phone), bytes(email))
        for pk, name, unit, tail, phone, email in rows.iterator(chunk_size=5_000)
    )
    for _value, block in groupby(entries, key=attrgetter(at)):
        members = list(block)
        if len(members) > 1:
            yield members


_Match = tuple[Entry, Entry, str]


def _by_tail(block: list[Entry]) -> Iterator[_Match]:
    """Whole numbers, and names among those whose numbers end alike."""
    numbers: dict[bytes, list[Entry]] = {}
    for entry in block:
        numbers.setdefault(entry.phone, []).append(entry)
    for same in numbers.values():
        if 1 < len(same) <= _SHARED_BY_MANY:
            for one, other in combinations(same, 2):
                kind = kind_of(one.name, other.name)
                yield one, other, "phone"
                if kind in (SLIP, VARIANT):
                    yield one, other, "slip_phone"
    for one, other, kind in _named_alike(block):
        if kind == SAME:
            yield one, other, "name_tail"
        elif kind == VARIANT:
            yield one, other, "variant_tail"
        elif one.unit_id is not None and one.unit_id == other.unit_id:
            yield one, other, "slip_both"


def _by_unit(block: list[Entry]) -> Iterator[_Match]:
    """Names among the people of a unit; one slip alone says nothing there."""
    for one, other, kind in _named_alike(block):
        if kind == SAME:
            yield one, other, "name_unit"
        elif kind == VARIANT:
            yield one, other, "variant_unit"


def _by_email(block: list[Entry]) -> Iterator[_Match]:
    if len(block) <= _SHARED_BY_MANY:
        for one, other in combinations(block, 2):
            yield one, other, "email"


def _named_alike(block: list[Entry]) -> Iterator[tuple[Entry, Entry, str]]:
    """Pairs of a block whose names are alike. Of many of one name each is set beside the first: what is merged into it
    leaves the others to be suggested again."""
    by_name: dict[str, list[Entry]] = {}
    for entry in block:
        by_name.setdefault(entry.name, []).append(entry)
    for same in by_name.values():
        for other in same[1:]:
            yield same[0], other, SAME
    for names in _cut(list(by_name)):
        for first, second in near_pairs(names):
            kind = kind_of(names[first], names[second])
            if kind:
                yield by_name[names[first]][0], by_name[names[second]][0], kind


def _cut(names: list[str]) -> Iterable[list[str]]:
    """Names to compare all against all, few at once. Two that are one character apart share the first or the last."""
    if len(names) <= _BLOCK:
        return [names]
    parts: dict[tuple[int, str], list[str]] = {}
    for name in names:
        form = folded(name)
        parts.setdefault((0, form[:1]), []).append(name)
        parts.setdefault((-1, form[-1:]), []).append(name)
    # A part that is still too large would take memory by its square: its own pieces then.
    return (part[at : at + _BLOCK] for part in parts.values() for at in range(0, len(part), _BLOCK))


def _weighed(found: Found) -> list[Pair]:
    """The pairs with how likely they are: more reasons make it more so, a frequent name and two numbers less."""
    people = _facts({pk for key in found for pk in key})
    names = _frequency({people[pk].name for key in found for pk in key if pk in people})
    pairs = []
    for (first, second), reasons in found.items():
        if first in people and second in people:
            one, other = people[first], people[second]
            likelihood = _likelihood(one, other, reasons, names.get(one.name, 1))
            pairs.append(Pair(first, second, tuple(name for name in REASONS if name in reasons), likelihood))
    return pairs


def _likelihood(one: Entry, other: Entry, reasons: set[str], frequency: int) -> int:
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - _LIKELIHOOD[reason] / 100
    if one.phone and one.phone == other.phone and one.name == other.name:
        return 99
    if one.phone and other.phone and one.phone != other.phone:
        doubt = max(doubt, 0.25)  # two numbers: one is old, or they are two people
        if reasons <= {"name_tail", "variant_tail"} and (one.unit_id is None or one.unit_id != other.unit_id):
            # Among so many of one name some have a number that ends alike by chance.
            doubt = max(doubt, min(0.8, 0.25 + frequency / 500))
    return round(100 * (1 - max(doubt, 0.02)))


def _facts(keys: set[int]) -> dict[int, Entry]:
    ordered = sorted(keys)
    facts: dict[int, Entry] = {}
    for at in range(0, len(ordered), 5_000):
        rows = Evaluator.objects.filter(pk__in=ordered[at : at + 5_000]).values_list(
            "pk", "name", "unit_id", "phone_tail_hash", "phone_hash", "email_hash"
        )
        facts |= {row[0]: Entry(*row[:3], bytes(row[3]), bytes(row[4]), bytes(row[5])) for row in rows}
    return facts


def _frequency(names: set[str]) -> dict[str, int]:
    ordered = sorted(names)
    counts: dict[str, int] = {}
    for at in range(0, len(ordered), 1_000):
        rows = Evaluator.objects.filter(name__in=ordered[at : at + 1_000]).order_by().values_list("name")
        counts |= dict(rows.annotate(people=Count("pk")))
    return counts
