"""Pages of the registry, in the order of the codes, that stay fast with a million people.

A page by filters goes through an index from the last code seen, group by group; what a search finds is few, or is cut
at some hundreds that are then put in order. Nothing here walks along the register.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.policies import scope_of
from evaluators.models import Evaluator, EvaluatorStatus, Stratum
from evaluators.selectors import GROUPED_BY, Groups, Search, Text, groups, narrowed, visible_to
from foundation.database import first_in_order

PER_PAGE = 50
FOUND = 2_500  # so many are found at once, counted and put in order here; a larger number helps nobody
_MOST_GROUPS = 400  # of a page by filters: with more of them the wanted people are everywhere


class Row(NamedTuple):
    """A person on a page; stratum and status in words."""

    pk: int
    code: str
    name: str
    stratum: str
    unit: str
    district: str
    industry: str
    status: str


@dataclass(frozen=True)
class Page:
    """Some people in the order of their codes; the keys after and before which the next ones stand, None at the end.

    ``count`` is how many there are in all, or ``FOUND`` where they are more (``is_exact`` false).
    ``units_cut``: the words fit more units than were looked into.
    """

    people: list[Row]
    previous: int | None
    next: int | None
    count: int
    is_exact: bool = True
    units_cut: bool = False


@dataclass(frozen=True)
class _Wanted:
    """What a page is about."""

    rows: QuerySet[Evaluator]  # by filters and what a hash finds; not by how names begin
    search: Search
    text: Text | None
    groups: Groups
    is_whole: bool  # the groups are the whole register, merged people aside

    @property
    def by_filters(self) -> bool:
        return self.text is None and self.search.unit is None


def page_of(
    user: Any, search: Search, *, after: int | None = None, before: int | None = None, known: Groups | None = None
) -> Page:
    """A page by position: the people behind the person with key ``after``, or those right before ``before``.

    The last page costs what the first does. ``known`` are the ``groups`` of the user if they have been read already.
    """
    visible = groups(user) if known is None else known
    fitting = {group: people for group, people in visible.items() if search.fits(*group)}
    if not fitting:
        return Page([], None, None, 0)
    text = Text.of(search.text)
    rows = narrowed(visible_to(user), search)
    everything = scope_of(user, "registry.view").everything
    is_whole = everything and fitting == {group: people for group, people in visible.items() if Search().fits(*group)}
    if text is not None and not text.begins:
        rows = rows.filter(text.condition())
    wanted = _Wanted(rows, search, text, fitting, is_whole)
    turn = after if before is None else before
    place = Evaluator.objects.filter(pk=turn).values_list("code", flat=True).first() if turn is not None else None
    backwards = before is not None and place is not None
    count, exact, codes = _codes(wanted, place, backwards)
    more, codes = len(codes) > PER_PAGE, codes[:PER_PAGE]
    people = _loaded(codes)
    has_previous, has_next = (more, True) if backwards else (place is not None, more)
    return Page(
        people=people,
        previous=people[0].pk if people and has_previous else None,
        next=people[-1].pk if people and has_next else None,
        count=count,
        is_exact=exact,
        units_cut=text is not None and text.units_cut,
    )


def _codes(wanted: _Wanted, place: str | None, backwards: bool) -> tuple[int, bool, list[str]]:
    """How many there are, whether that is exact, and the codes of one more than a page, from ``place`` on."""
    if wanted.by_filters:
        return sum(wanted.groups.values()), True, _filtered(wanted, place, backwards)
    found = _found(wanted)
    if len(found) <= FOUND:
        return len(found), True, _cut(found, place, backwards)
    return FOUND, False, _many(wanted, place, backwards)


def _found(wanted: _Wanted) -> set[str]:
    """The codes of those whom words or a unit find, or some more than ``FOUND`` of them: names by their own index."""
    text = wanted.text
    parts = [wanted.rows]
    if text is not None and text.begins:
        named = wanted.rows.filter(name__startswith=text.begins)
        parts = [named, wanted.rows.filter(text.rare())] if text.rare() else [named]
    return {code for part in parts for code in part.order_by().values_list("code", flat=True)[: FOUND + 1]}


def _cut(found: Iterable[str], place: str | None, backwards: bool) -> list[str]:
    """The next codes of people all of whom are known."""
    if place is not None:
        found = [code for code in found if (code < place if backwards else code > place)]
    return sorted(found, reverse=backwards)[: PER_PAGE + 1]


def _filtered(wanted: _Wanted, place: str | None, backwards: bool, begins: str = "") -> list[str]:
    """The next codes of all people of the groups, or of those whose name ``begins`` so."""
    if wanted.is_whole or len(wanted.groups) > _MOST_GROUPS:
        rows = narrowed(Evaluator.objects.all(), wanted.search)
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


def _along(rows: QuerySet[Evaluator], place: str | None, backwards: bool) -> list[str]:
    """The next codes along the order: for what is so frequent that it is met at once."""
    if place is not None:
        rows = rows.filter(code__lt=place) if backwards else rows.filter(code__gt=place)
    return list(rows.order_by("-code" if backwards else "code").values_list("code", flat=True)[: PER_PAGE + 1])


def _many(wanted: _Wanted, place: str | None, backwards: bool) -> list[str]:
    """The next codes of a search that finds very many: of names that begin so, with the few that fit otherwise."""
    text = wanted.text
    if text is None or not text.begins:
        return _along(wanted.rows, place, backwards)
    if wanted.search.unit is not None:
        named = _along(wanted.rows.filter(name__startswith=text.begins), place, backwards)
    else:
        named = _filtered(wanted, place, backwards, text.begins)
    rare = wanted.rows.filter(text.rare()).order_by().values_list("code", flat=True) if text.rare() else ()
    # Put in order by the database, whose collation ordered the first ones.
    return _along(Evaluator.objects.filter(code__in={*rare, *named}), place, backwards)


def _loaded(codes: list[str]) -> list[Row]:
    """The people of these codes in order, without contact data."""
    strata = {row.pk: str(row) for row in Stratum.objects.all()}
    statuses = {code: str(label) for code, label in EvaluatorStatus.choices}
    rows = Evaluator.objects.filter(code__in=codes).order_by("code").values_list(
        "pk", "code", "name", "stratum_id", "unit__name", "district", "industry", "status"
    )  # fmt: skip
    return [
        Row(pk, code, name or _("(anonymised)"), strata[stratum], unit or "", district, industry, statuses[status])
        for pk, code, name, stratum, unit, district, industry, status in rows
    ]
