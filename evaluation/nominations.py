"""Which body put how many on the register and among the drawn, and where a department's own people judge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from departments.models import Department
from evaluation.models import Invitation, NominationLimits, Representation, Round
from evaluation.recusal import recusal_rules
from evaluation.representation.collecting import OTHER, UNKNOWN, Attributes
from evaluation.representation.fit import SMALLEST_EXPECTED, bound
from evaluation.selectors import ballot_definition_of, configuration_of
from evaluation.wording import label_of
from evaluators.models import Draw, DrawnRole, Stratum
from evaluators.nominations import BodyMatcher, Concentration, Match, concentration
from foundation import formats

_MOST_UNMATCHED = 100


@dataclass(frozen=True)
class Limits:
    """From where on a concentration is pointed out: the largest body's share in per cent, and as how few bodies of
    equal size the nominations may be spread."""

    largest_percent: int = 40
    fewest_bodies: int = 3


@dataclass(frozen=True)
class BodyRow:
    """One body in a stratum. ``share``, ``drawn_share``: per cent; ``mark``: drawn less (−1) or more (1) than chance
    gives; ``department``: its code, where the body is one or belongs to it (``is_part``)."""

    name: str
    people: int
    share: float | None
    expected: float | None = None
    drawn: int | None = None
    drawn_share: float | None = None
    mark: int = 0
    department: str = ""
    is_part: bool = False


@dataclass(frozen=True)
class StratumBodies:
    """The nominations of one stratum. ``unstated``: people for whom no body is written down (in no share below)."""

    code: str
    label: str
    rows: list[BodyRow]
    total: int
    unstated: int
    spread: Concentration | None
    warnings: list[str]

    @property
    def largest(self) -> BodyRow | None:
        return next((row for row in self.rows if row.name != OTHER), None)

    @property
    def largest_percent(self) -> float | None:
        return 100 * float(self.spread.largest) if self.spread else None


@dataclass(frozen=True)
class DepartmentBody:
    """A body that is, or belongs to, a department that is evaluated. ``judging``: its drawn who judge that very
    department; ``strata``: (label, people) of the strata it put people into."""

    name: str
    department: str
    is_part: bool
    people: int
    drawn: int | None
    judging: int | None
    strata: list[tuple[str, int]]


@dataclass(frozen=True)
class Nominations:
    """The report: by stratum, departments among the bodies, and the largest bodies that are none."""

    strata: list[StratumBodies]
    departments: list[DepartmentBody]
    unmatched: list[tuple[str, int]]
    unmatched_count: int


# -- at the draw -------------------------------------------------------------------------------------------------------


def matches_of(bodies: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Body → department (code, name, ``is_part``) of those that are departments, as it is stored with a draw."""
    departments = {department.pk: department for department in Department.objects.all()}
    matcher = BodyMatcher(departments.values())
    found: dict[str, dict[str, Any]] = {}
    for body in bodies:
        match: Match | None = matcher.match(body) if body not in (UNKNOWN, OTHER) else None
        if match:
            department = departments[match.department_id]
            found[body] = {"pk": department.pk, "code": department.code, "is_part": match.is_part}
    return found


def judging_own(round: Round, record: Draw, drawn: Mapping[str, Attributes]) -> dict[str, dict[str, int]]:
    """Body → ``drawn`` and ``judging``: main places nominated by a department, and those that judge that department.

    A department that was renamed, merged or split counts as its successors (``evaluation.recusal``).
    """
    matches = matches_of(sorted({row.body for row in drawn.values()}))
    if not matches:
        return {}
    ballot, carried_on = ballot_definition_of(round), recusal_rules(round.year).codes
    judged: dict[str, frozenset[str]] = {}
    counts: dict[str, dict[str, int]] = {}
    invitations = (
        Invitation.objects.filter(round=round, place__draw=record, place__role=DrawnRole.MAIN)
        .exclude(evaluator=None)
        .order_by()
        .values_list("place__candidate", "stratum__code", "recused")
    )
    for candidate, stratum, recused in invitations.iterator(chunk_size=2_000):
        match = matches.get(drawn[candidate].body) if candidate in drawn else None
        if match is None:
            continue
        if stratum not in judged:
            judged[stratum] = frozenset(entry.code for entry in ballot.departments_for(stratum))
        own = carried_on.get(match["pk"], frozenset())
        row = counts.setdefault(drawn[candidate].body, {"drawn": 0, "judging": 0})
        row["drawn"] += 1
        row["judging"] += bool((own & judged[stratum]) - frozenset(recused))
    return counts


# -- reading -----------------------------------------------------------------------------------------------------------


def limits_of(round: Round | None) -> Limits:
    """The limits of a round; else those of the last round that has any, else the defaults."""
    rows = NominationLimits.objects.order_by("-round__year")
    row = (rows.filter(round__year__lte=round.year) if round else rows).first()
    return Limits(row.largest_percent, row.fewest_bodies) if row else Limits()


def nominations_of(round: Round, record: Draw) -> Nominations | None:
    """The nominations behind a draw, as they stood then; None before its report is made."""
    stored = Representation.objects.filter(draw=record).first()
    if stored is None:
        return None
    labels = {plan.code: label_of(plan) for plan in configuration_of(round).strata}
    tables = {table["code"]: table["bodies"] for table in stored.tables["strata"] if "bodies" in table}
    bodies = stored.tables.get("nominations", {"matches": {}, "own": {}})
    limits = limits_of(round)
    strata = [
        _stratum(code, labels.get(code, code), table, bodies["matches"], limits) for code, table in tables.items()
    ]
    return _report(strata, bodies["matches"], bodies["own"])


def nominations_now(by_stratum: Mapping[str, Mapping[str, int]]) -> Nominations:
    """The nominations of the register of now, from what the job counted (stratum code → body → people)."""
    labels = {row.code: str(row) for row in Stratum.objects.all()}
    matches = matches_of(sorted({body for bodies in by_stratum.values() for body in bodies}))
    limits = limits_of(None)
    strata = []
    for code in labels:
        bodies = by_stratum.get(code)
        if bodies:
            ordered = sorted(bodies, key=lambda body: (body == OTHER, -bodies[body], body))
            table = {"categories": ordered, "people": [bodies[body] for body in ordered]}
            strata.append(_stratum(code, labels[code], table, matches, limits))
    return _report(strata, matches, None)


def _stratum(
    code: str, label: str, table: Mapping[str, Any], matches: Mapping[str, Mapping[str, Any]], limits: Limits
) -> StratumBodies:
    unstated = sum(people for name, people in zip(table["categories"], table["people"], strict=True) if name == UNKNOWN)
    total = sum(table["people"])
    stated = [at for at, name in enumerate(table["categories"]) if name != UNKNOWN]
    drawn_stated = sum(table["drawn"][at] for at in stated) if "drawn" in table else 0
    marks = _marks(table)
    rows = []
    for at in stated:
        name = table["categories"][at]
        match = matches.get(name, {})
        row = BodyRow(
            name=name,
            people=table["people"][at],
            share=_percent(table["people"][at], total - unstated),
            department=match.get("code", ""),
            is_part=match.get("is_part", False),
        )
        if "drawn" in table:
            row = BodyRow(
                **{
                    **row.__dict__,
                    "expected": table["expected"][at],
                    "drawn": table["drawn"][at],
                    "drawn_share": _percent(table["drawn"][at], drawn_stated),
                    "mark": marks[at],
                }
            )
        rows.append(row)
    # The bodies beyond the table are many small ones: as one they would look like a concentration.
    spread = concentration([row.people for row in rows if row.name != OTHER])
    return StratumBodies(code, label, rows, total, unstated, spread, _warnings(rows, spread, total, unstated, limits))


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _marks(table: Mapping[str, Any]) -> list[int]:
    """−1 or 1 where a body's drawn people are beyond what chance gives, else 0."""
    width = len(table["categories"])
    if "variance" not in table:
        return [0] * width
    judged = [
        min(expected, people - expected) >= SMALLEST_EXPECTED and variance > 0
        for expected, people, variance in zip(table["expected"], table["people"], table["variance"], strict=True)
    ]
    limit = bound(sum(judged))
    marks = []
    for at in range(width):
        away = table["drawn"][at] - table["expected"][at]
        beyond = judged[at] and abs(away) > limit * table["variance"][at] ** 0.5
        marks.append((1 if away > 0 else -1) if beyond else 0)
    return marks


def _warnings(
    rows: Sequence[BodyRow], spread: Concentration | None, total: int, unstated: int, limits: Limits
) -> list[str]:
    found = []
    largest = next((row for row in rows if row.name != OTHER), None)
    if spread and largest and 100 * spread.largest > limits.largest_percent:
        found.append(
            _("One body, %(name)s, nominated %(share)s (limit %(limit)s).")
            % {
                "name": largest.name,
                "share": formats.percent(100 * spread.largest, 1),
                "limit": formats.percent(limits.largest_percent, 0),
            }
        )
    if spread and spread.equal_bodies < limits.fewest_bodies:
        found.append(
            _("The nominations are no more spread than over %(bodies)s bodies of equal size (at least %(limit)s).")
            % {"bodies": formats.points(spread.equal_bodies, 1), "limit": limits.fewest_bodies}
        )
    for row in rows:
        if row.mark:
            if row.mark > 0:
                text = _(
                    "More of those nominated by %(name)s were drawn than chance gives (%(drawn)s, expected "
                    "%(expected)s)."
                )
            else:
                text = _(
                    "Fewer of those nominated by %(name)s were drawn than chance gives (%(drawn)s, expected "
                    "%(expected)s)."
                )
            found.append(text % {"name": row.name, "drawn": row.drawn, "expected": formats.points(row.expected, 1)})
    if unstated:
        found.append(
            _("Who proposed them is not written down for %(share)s.")
            % {"share": formats.percent(100 * unstated / total, 1)}
        )
    return found


def _report(
    strata: Sequence[StratumBodies],
    matches: Mapping[str, Mapping[str, Any]],
    own: Mapping[str, Mapping[str, int]] | None,
) -> Nominations:
    people: dict[str, list[tuple[str, int]]] = {}
    for stratum in strata:
        for row in stratum.rows:
            if row.name != OTHER:
                people.setdefault(row.name, []).append((stratum.label, row.people))
    names = {row.code: row.full_name for row in Department.objects.all()}
    departments = []
    unmatched = []
    for name, parts in people.items():
        count = sum(number for _label, number in parts)
        match = matches.get(name)
        if match is None:
            unmatched.append((name, count))
            continue
        counts = None if own is None else own.get(name, {"drawn": 0, "judging": 0})
        departments.append(
            DepartmentBody(
                name=name,
                department=names.get(match["code"], match["code"]),
                is_part=match["is_part"],
                people=count,
                drawn=counts["drawn"] if counts else None,
                judging=counts["judging"] if counts else None,
                strata=sorted(parts, key=lambda part: -part[1]),
            )
        )
    departments.sort(key=lambda row: (-(row.judging or 0), -row.people, row.name))
    unmatched.sort(key=lambda pair: (-pair[1], pair[0]))
    return Nominations(list(strata), departments, unmatched[:_MOST_UNMATCHED], len(unmatched))
