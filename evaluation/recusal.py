"""Recusal (回避): which departments somebody who works for one must not judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from departments.models import DepartmentYear, Lineage
from evaluation.definition import BallotDefinition, RoundConfiguration
from evaluation.definition.parts import StratumPlan
from evaluators.models import Unit


@dataclass(frozen=True)
class RecusalRules:
    """The employers of a year: what they are called on the ballot, and who shares their group.

    ``codes``: key of an employer → codes of the departments on the ballot that it is, or that carry on its work.
    ``units``: key of a unit → codes of those that its own list leaves out; units without a list are not in it.
    """

    codes: Mapping[int, frozenset[str]]
    groups: Mapping[str, frozenset[str]]
    units: Mapping[int, frozenset[str]]

    def recused(self, rule: str, employer_id: int | None) -> frozenset[str]:
        """Codes that an employee must not judge under a stratum's rule (none, department, group, round).

        Whoever the rule keeps out of the whole round is recused from the own group too, should he have been drawn.
        """
        own = self.codes.get(employer_id, frozenset()) if employer_id is not None else frozenset()
        if rule == "none":
            return frozenset()
        if rule == "department":
            return own
        return frozenset[str]().union(*(self.groups[code] for code in own))

    def excluded_employers(self, plan: StratumPlan, ballot: BallotDefinition) -> frozenset[int]:
        """Employers whose people cannot be drawn in a stratum: by its rule, or because nothing is left to judge."""
        return frozenset(
            employer
            for employer, codes in self.codes.items()
            if codes
            and (plan.recusal == "round" or not ballot.departments_for(plan.code, self.recused(plan.recusal, employer)))
        )

    def partly_recused(self, plan: StratumPlan, ballot: BallotDefinition) -> frozenset[int]:
        """Employers (by unit: units) whose people judge, but not everything that the stratum judges."""
        if plan.drawn_by == "unit":
            recused = dict(self.units)
            out = self.excluded_units(plan, ballot)
        else:
            recused = {employer: self.recused(plan.recusal, employer) for employer in self.codes}
            out = self.excluded_employers(plan, ballot)
        judged = {entry.code for entry in ballot.departments_for(plan.code)}
        return frozenset(key for key, codes in recused.items() if key not in out and judged & codes)

    def excluded_units(self, plan: StratumPlan, ballot: BallotDefinition) -> frozenset[int]:
        """Units whose own list leaves nothing to judge in a stratum."""
        return frozenset(unit for unit, codes in self.units.items() if not ballot.departments_for(plan.code, codes))


def recusal_rules(year: int) -> RecusalRules:
    """The rules for the departments of a year; a renamed, merged or split employer counts as its successors."""
    taking_part = dict(DepartmentYear.objects.filter(year=year).values_list("department_id", "department__code"))
    group_of = dict(DepartmentYear.objects.filter(year=year).values_list("department__code", "group_id"))
    members: dict[int, set[str]] = {}
    for code, group in group_of.items():
        members.setdefault(group, set()).add(code)
    successors: dict[int, set[int]] = {}
    for before, after in Lineage.objects.filter(year__lte=year).values_list("predecessor_id", "successor_id"):
        successors.setdefault(before, set()).add(after)
    codes = {
        employer: frozenset(taking_part[pk] for pk in _present(employer, successors, taking_part))
        for employer in taking_part.keys() | successors.keys()
    }
    units: dict[int, frozenset[str]] = {}
    for unit, department in Unit.recused.through.objects.values_list("unit_id", "department_id"):
        units[unit] = units.get(unit, frozenset()) | codes.get(department, frozenset())
    return RecusalRules(codes, {code: frozenset(members[group]) for code, group in group_of.items()}, units)


def ballot_of(configuration: RoundConfiguration, year: int) -> BallotDefinition:
    """The ballot over the departments of a year: groups in the order of the configuration, then by code."""
    order = {group.code: position for position, group in enumerate(configuration.groups)}
    rows = DepartmentYear.objects.filter(year=year, group__code__in=order).values_list(
        "department__code", "group__code"
    )
    return configuration.ballot_definition(sorted(rows, key=lambda row: (order[row[1]], row[0])))


def _present(start: int, successors: Mapping[int, set[int]], taking_part: Mapping[int, str]) -> set[int]:
    """Departments that take part and are, or carry on the work of, ``start``."""
    found: set[int] = set()
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        pk = waiting.pop()
        if pk in seen:
            continue
        seen.add(pk)
        if pk in taking_part:
            found.add(pk)
        else:
            waiting.extend(successors.get(pk, ()))
    return found
