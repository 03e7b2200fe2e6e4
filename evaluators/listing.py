"""Pages of the registry, in the order of the codes, that stay fast with a million people.

A page by filters goes through an index from the last code seen, group by group; what a search finds is few, or is cut
at some hundreds that are then put in order. Nothing here walks along the register.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from accounts.policies import scope_of
from evaluators.models import Evaluator
from evaluators.selectors import GROUPED_BY, Groups, Search, Text, groups, narrowed, visible_to
from foundation.database import first_in_order

PER_PAGE = 50
FOUND = 1_000  # so many are found at once and put in order here
COUNTED = 1_000  # of what a search finds; more help nobody and take their time
_MOST_GROUPS = 400  # of a page by filters: with more of them the wanted people are everywhere


@dataclass(frozen=True)
class Page:
    """Some people in the order of their codes; the keys after and before which the next ones stand, None at the end.

    ``count`` is how many there are in all, or ``COUNTED`` + 1 where they are more than it is worth counting.
    ``units_cut``: the words fit more units than were looked into.
    """

    people: list[Evaluator]
    previous: int | None
    next: int | None
    count: int
    is_exact: bool = True
    units_cut: bool = False


@dataclass(frozen=True)
class _Wanted:
    """What a page is about."""

    rows: QuerySet[Evaluator]
    search: Search
    text: Text | None
    groups: Groups
    is_whole: bool  # the groups are the whole register, merged people aside

    @property
    def by_filters(self) -> bool:
        return self.text is None and self.search.unit is None


def page_of(user: Any, search: Search, *, after: int | None = None, before: int | None = None) -> Page:
    """A page by position: the people behind the person with key ``after``, or those right before ``before``.

    The last page costs what the first does.
    """
    visible = groups(user)
    fitting = {group: people for group, people in visible.items() if search.fits(*group)}
    if not fitting:
        return Page([], None, None, 0)
    rows = narrowed(visible_to(user), search)
    text = Text.of(search.text)
    everything = scope_of(user, "registry.view").everything
    is_whole = everything and fitting == {group: people for group, people in visible.items() if Search().fits(*group)}
    wanted = _Wanted(rows.filter(text.condition()) if text else rows, search, text, fitting, is_whole)
    turn = after if before is None else before
    place = Evaluator.objects.filter(pk=turn).values_list("code", flat=True).first() if turn is not None else None
    backwards = before is not None and place is not None
    count, exact, keys = _keys(wanted, place, backwards)
    more, keys = len(keys) > PER_PAGE, keys[:PER_PAGE]
    people = _loaded(keys[::-1] if backwards else keys)
    has_previous, has_next = (more, True) if backwards else (place is not None, more)
    return Page(
        people=people,
        previous=people[0].pk if people and has_previous else None,
        next=people[-1].pk if people and has_next else None,
        count=count,
        units_cut=text is not None and text.units_cut,
        is_exact=exact,
    )


def _keys(wanted: _Wanted, place: str | None, backwards: bool) -> tuple[int, bool, list[int]]:
    """How many there are, whether that is exact, and the keys of one more than a page, from ``place`` on."""
    if wanted.by_filters:
        return sum(wanted.groups.values()), True, _filtered(wanted, place, backwards)
    found = list(wanted.rows.order_by().values_list("code", "pk")[: FOUND + 1])
    if len(found) <= FOUND:
        return len(found), True, _cut(found, place, backwards)
    return COUNTED + 1, False, _many(wanted, place, backwards)


def _cut(found: list[tuple[str, int]], place: str | None, backwards: bool) -> list[int]:
    """The next keys of people all of whom are known."""
    found.sort(reverse=backwards)
    if place is not None:
        found = [one for one in found if (one[0] < place if backwards else one[0] > place)]
    return [pk for _code, pk in found[: PER_PAGE + 1]]


def _filtered(wanted: _Wanted, place: str | None, backwards: bool, begins: str = "") -> list[int]:
    """The next keys of all people of the groups, or of those whose name ``begins`` so."""
    if wanted.is_whole or len(wanted.groups) > _MOST_GROUPS:
        rows = narrowed(wanted.rows.model._default_manager.all(), wanted.search)
        rows = rows.filter(name__startswith=begins) if begins else rows
        if not wanted.is_whole:
            rows = rows.filter(stratum__in={group[0] for group in wanted.groups})
        return _along(rows, place, backwards)
    return first_in_order(
        Evaluator,
        GROUPED_BY,
        list(wanted.groups),
        "code",
        limit=PER_PAGE + 1,
        beyond=place,
        descending=backwards,
        begins=("name", begins) if begins else None,
    )


def _along(rows: QuerySet[Evaluator], place: str | None, backwards: bool) -> list[int]:
    """The next keys along the codes: for what is so frequent that it is met at once."""
    if place is not None:
        rows = rows.filter(code__lt=place) if backwards else rows.filter(code__gt=place)
    return list(rows.order_by("-code" if backwards else "code").values_list("pk", flat=True)[: PER_PAGE + 1])


def _many(wanted: _Wanted, place: str | None, backwards: bool) -> list[int]:
    """The next keys of a search that finds very many: of names that begin so, with the few that fit otherwise."""
    text = wanted.text
    if text is None or not text.begins:
        return _along(wanted.rows, place, backwards)
    others = narrowed(Evaluator.objects.all(), wanted.search).filter(text.rare() or Q(pk=None))
    others = others.filter(stratum__in={group[0] for group in wanted.groups})
    found = list(others.order_by().values_list("code", "pk"))
    if wanted.search.unit is not None:
        named = _along(wanted.rows.filter(name__startswith=text.begins), place, backwards)
    else:
        named = _filtered(wanted, place, backwards, text.begins)
    known = {pk for _code, pk in found}
    found += Evaluator.objects.filter(pk__in=[pk for pk in named if pk not in known]).values_list("code", "pk")
    return _cut(found, place, backwards)


def _loaded(keys: list[int]) -> list[Evaluator]:
    """The people of these keys in this order, without contact data."""
    rows = Evaluator.objects.defer("phone", "email").select_related("stratum", "unit").in_bulk(keys)
    return [rows[pk] for pk in keys if pk in rows]
