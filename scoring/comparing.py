"""Words and rows for showing two results side by side (runs of a round, or a trial beside its run)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from departments.models import Department, DepartmentGroup
from foundation.formats import signed
from scoring.core.differences import Comparison, Difference, Standing
from scoring.models import ScoreRun


@dataclass(frozen=True)
class Line:
    """A figure that differs, in words."""

    name: str
    figure: str
    first: str
    second: str
    change: str


@dataclass(frozen=True)
class Place:
    """A department's place in both, with its name."""

    name: str
    standing: Standing
    group: str = ""


def figure_labels() -> dict[str, str]:
    """What the figures and outcomes of a result are called."""
    return {
        "status": _("Status"),
        "group": _("Group"),
        "satisfaction": _("Satisfaction rate"),
        "dissatisfaction": _("Dissatisfaction rate"),
        "base": _("Base score"),
        "adjustment": _("Points for change"),
        "public": _("Public evaluation"),
        "assessment": _("Assessment"),
        "bonus": _("Bonus"),
        "deduction": _("Deduction"),
        "total": _("Total score"),
        "group_rank": _("Rank in the group"),
        "overall_rank": _("Rank overall"),
        "movement": _("Movement"),
        "baseline": _("Compared with"),
        "omitted_strata": _("Strata left out"),
        "se_satisfaction": _("Standard error of satisfaction"),
        "se_dissatisfaction": _("Standard error of dissatisfaction"),
        "rank_interval": _("Possible ranks"),
        "key_help": pgettext("outcome", "Needs key help"),
        "advanced": pgettext("outcome", "Advanced unit"),
        "people_satisfied": pgettext("outcome", "Unit that satisfies the people"),
        "most_improved": pgettext("outcome", "Most improved"),
    }


def shown(value: Any) -> str:
    """A value of results.json for the reader; "—" where there is none."""
    words = {
        "ranked": _("ranked"),
        "insufficient": _("too few answers for a rank"),
        "own": _("own rates of last year"),
        "merged": _("rates of its predecessors"),
        "none": _("nothing comparable"),
        "last_in_group": _("last in the group"),
        "places_dropped": _("fell too far"),
        "dissatisfaction": _("too much dissatisfaction"),
        "problem": _("a prominent problem"),
        "veto": _("a veto"),
    }
    if value is None or value == []:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        if all(isinstance(entry, int) for entry in value):
            return "–".join(str(entry) for entry in value)
        return ", ".join(words.get(str(entry), str(entry)) for entry in value)
    return words.get(str(value), str(value))


def lines(differences: tuple[Difference, ...]) -> list[Line]:
    """The differences in words, in the order of the result."""
    names = department_names()
    labels = figure_labels()
    return [
        Line(
            names.get(row.code, row.code),
            labels[row.figure],
            shown(row.first),
            shown(row.second),
            "" if row.change is None else signed(row.change, max(0, -int(row.change.as_tuple().exponent))),
        )
        for row in differences
    ]


def places(comparison: Comparison) -> list[tuple[str, list[Place]]]:
    """Every department by group, in the order of the second result's ranks."""
    names, groups = department_names(), dict(DepartmentGroup.objects.values_list("code", "name"))
    found: dict[str, list[Place]] = {}
    for row in comparison.standings:
        found.setdefault(row.group, []).append(Place(names.get(row.code, row.code), row))
    for rows in found.values():
        rows.sort(key=lambda place: (place.standing.group_ranks[1] or 10**6, place.standing.code))
    return [(groups.get(code, code), rows) for code, rows in found.items()]


def movers(comparison: Comparison) -> tuple[list[Place], list[Place]]:
    """Who gains and who loses places in the group, the largest movement first."""
    places_by_group = places(comparison)
    moved = [Place(row.name, row.standing, group) for group, rows in places_by_group for row in rows]
    moved.sort(
        key=lambda place: (abs(place.standing.moved or 0), abs(place.standing.change or Decimal(0))), reverse=True
    )
    gained = [place for place in moved if (place.standing.moved or 0) > 0]
    return gained, [place for place in moved if (place.standing.moved or 0) < 0]


def proofs(first: ScoreRun, second: ScoreRun) -> list[tuple[str, str, str, bool]]:
    """Input, configuration and program of two runs: label, first, second, whether equal."""
    labels = {
        "input_fingerprint": _("Fingerprint of the input"),
        "configuration_fingerprint": _("Fingerprint of the configuration"),
        "code_version": _("Version of the program"),
    }
    return [
        (label, getattr(first, name), getattr(second, name), getattr(first, name) == getattr(second, name))
        for name, label in labels.items()
    ]


def department_names() -> dict[str, str]:
    """Departments by code, as they are called in tables."""
    return {row.code: str(row) for row in Department.objects.all()}
