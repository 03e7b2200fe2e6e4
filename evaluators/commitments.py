"""What binds people: the rounds for which they were drawn. Rounds live above; they say here how far they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from django.db.models import QuerySet

from evaluators.models import DrawnPlace

RUNNING, KEPT, ARCHIVED = "running", "kept", "archived"

_states: list[Callable[[], Mapping[int, str]]] = []


def register(states: Callable[[], Mapping[int, str]]) -> None:
    """Set who knows of each year's round whether its vote is still to come or under way ("running"), over but not
    archived ("kept"), or "archived"."""
    _states[:] = [states]


def drawn_in(*wanted: str) -> QuerySet[DrawnPlace]:
    """The places of people in valid draws of rounds of such a state."""
    years = years_of(*wanted)
    return DrawnPlace.objects.filter(draw__snapshot__voided_at=None, draw__snapshot__year__in=years).order_by()


def years_of(*wanted: str) -> list[int]:
    """The years whose rounds are in such a state."""
    return [year for year, state in (_states[0]() if _states else {}).items() if state in wanted]


def years_in(keys: Collection[int], *wanted: str) -> dict[int, int]:
    """Of these people those who stand in a valid draw of a round of such a state: key → the newest such year."""
    rows = drawn_in(*wanted).filter(evaluator__in=keys).order_by("draw__snapshot__year")
    return {pk: year for pk, year in rows.values_list("evaluator_id", "draw__snapshot__year") if pk is not None}
