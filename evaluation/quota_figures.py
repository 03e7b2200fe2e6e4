"""The figures of the quota page: what the plan, as it stands or is being typed, promises. The one arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from departments.models import DepartmentYear
from evaluation.definition import RoundConfiguration, StratumPlan
from evaluation.definition.parts import CELL_KEYS, MODES, ONE, RECUSALS
from evaluation.models import Round
from evaluation.quota_basis import Basis, drawn_before
from evaluation.quotas import repairs
from evaluation.quotas.margins import Sample, department_margin, margin, worst_case
from evaluation.quotas.population import Population
from evaluation.quotas.repairs import Trouble
from evaluation.quotas.suggestions import METHODS, Bounds, Influence, measures, share_out
from evaluation.wording import label_of
from evaluators.candidates import cell_label


@dataclass(frozen=True)
class StratumFigures:
    """What one stratum's plan comes to. Counts are candidates (people, or units where these are drawn) unless named.

    ``ballots``: sent out; ``back``: expected back; ``share`` of all ballots and ``chance`` of a candidate as fractions;
    ``margin`` in percentage points for the stratum's own rate of one department, None where nobody is asked.
    """

    plan: StratumPlan
    active: int
    eligible: int
    resting: int
    recused: int
    seats: int
    ballots: int
    back: int
    margin: float | None
    is_worst_case: bool
    before: Sequence[tuple[int, int]]
    troubles: Sequence[Trouble]
    share: float | None = None

    @property
    def chance(self) -> float | None:
        """Seats per candidate."""
        return self.seats / self.eligible if self.eligible else None


@dataclass(frozen=True)
class GroupFigures:
    """The departments of one group: (name, margin) each; margins in percentage points."""

    label: str
    departments: Sequence[tuple[str, float]]

    @property
    def least(self) -> float:
        return min(found for _name, found in self.departments)

    @property
    def largest(self) -> float:
        return max(found for _name, found in self.departments)


@dataclass(frozen=True)
class Proposal:
    """One way to share the seats out: quota by stratum, seats left over, and the departments' margins it leads to."""

    method: str
    quotas: Mapping[str, int]
    left: int
    mean: float | None
    largest: float | None


class Figures:
    """Everything about a set of plans; pages read it, nothing is stored.

    Args:
        round: whose departments and earlier rounds count.
        configuration: the rules as they stand or are typed; its strata are those that take part.
        basis: the register and last year's round.
        total: ballots to share out in the suggestions, None = as many as the plans send now.
    """

    def __init__(self, round: Round, configuration: RoundConfiguration, basis: Basis, total: int | None = None) -> None:
        self.round = round
        self.configuration = replace(configuration, strata=tuple(map(_workable, configuration.strata)))
        self.basis = basis
        self._total = total
        before = drawn_before(round.year)
        found = [self._stratum(plan, before.get(plan.code, [])) for plan in self.configuration.strata]
        whole = sum(row.ballots for row in found)
        self.strata = [replace(row, share=row.ballots / whole if whole else None) for row in found]

    # Strata

    def population(self, plan: StratumPlan) -> Population:
        return self.basis.population(plan.code, plan.drawn_by)

    def _stratum(self, plan: StratumPlan, before: Sequence[tuple[int, int]]) -> StratumFigures:
        population = self.population(plan)
        sample = self._sample(plan)
        eligible = repairs.eligible(plan, population)
        resting = population.resting(plan.rotation_rounds)
        typical = self._typical(plan.code)
        return StratumFigures(
            plan=plan,
            active=population.active,
            eligible=eligible,
            resting=resting,
            recused=population.active - resting - eligible,
            seats=repairs.seats(plan, population),
            ballots=self._ballots(plan),
            back=sample.ballots,
            margin=margin(sample, worst_case(sample.population) if typical is None else typical),
            is_worst_case=typical is None,
            before=before,
            troubles=repairs.troubles(plan, population, cell_label),
        )

    def _ballots(self, plan: StratumPlan) -> int:
        return repairs.seats(plan, self.population(plan)) * _per_candidate(plan)

    def _sample(self, plan: StratumPlan) -> Sample:
        """What is expected back, at the rate of return of the last published round where there was one."""
        known = self.basis.last.strata.get(plan.code) if self.basis.last else None
        rate = known.rate if known else None
        ballots = self._ballots(plan)
        back = ballots if rate is None else math.floor(ballots * rate + 0.5)
        size = repairs.eligible(plan, self.population(plan)) * _per_candidate(plan)
        return Sample(back, size, float(plan.design_effect or 1))

    def _typical(self, code: str) -> float | None:
        known = self.basis.last.strata.get(code) if self.basis.last else None
        return known.typical if known else None

    def _spread(self, plan: StratumPlan, department: str) -> float:
        """S² of a stratum on a department: last year's own, else typical of the stratum, else the worst case."""
        known = self.basis.last.strata.get(plan.code) if self.basis.last else None
        if known is not None and department in known.departments:
            return known.departments[department]
        if known is not None and known.typical is not None:
            return known.typical
        return worst_case(repairs.eligible(plan, self.population(plan)) * _per_candidate(plan))

    # Departments

    @cached_property
    def _departments(self) -> list[tuple[str, str, str]]:
        """(code, name, group code) of the departments of the year."""
        rows = DepartmentYear.objects.filter(year=self.round.year).order_by("department__code")
        return list(rows.values_list("department__code", "department__full_name", "group__code"))

    @cached_property
    def groups(self) -> list[GroupFigures]:
        """Groups in the order of the configuration, those with departments that somebody judges."""
        margins = dict(self._margins(self.configuration.strata))
        found = []
        for group in self.configuration.groups:
            rows = [
                (name, margins[code]) for code, name, own in self._departments if own == group.code and code in margins
            ]
            if rows:
                found.append(GroupFigures(label_of(group), rows))
        return found

    def _margins(self, plans: Sequence[StratumPlan]) -> Iterator[tuple[str, float]]:
        samples = {plan.code: self._sample(plan) for plan in plans}
        weights = {
            group.code: {plan.code: float(group.weight(plan.code)) for plan in plans}
            for group in self.configuration.groups
        }
        for code, _name, group in self._departments:
            if group in weights:
                judging = [plan for plan in plans if weights[group][plan.code] > 0]
                spreads = {plan.code: self._spread(plan, code) for plan in judging}
                found = department_margin(weights[group], samples, spreads)
                if found is not None:
                    yield code, found

    @property
    def least(self) -> float | None:
        """The smallest margin of a department."""
        return min((group.least for group in self.groups), default=None)

    @property
    def largest(self) -> float | None:
        """The largest margin of a department."""
        return max((group.largest for group in self.groups), default=None)

    @property
    def gap(self) -> float | None:
        """How far apart two departments' rates must be to be in sure order, as if judged by different people: √2 m."""
        return None if self.largest is None else math.sqrt(2) * self.largest

    # Totals

    @property
    def ballots(self) -> int:
        return sum(row.ballots for row in self.strata)

    @property
    def active(self) -> int:
        return sum(row.active for row in self.strata)

    @property
    def eligible(self) -> int:
        return sum(row.eligible for row in self.strata)

    @property
    def is_worst_case(self) -> bool:
        """True if some stratum has nothing of last year to go by."""
        return any(row.is_worst_case for row in self.strata)

    # Suggestions

    @property
    def total(self) -> int:
        """Ballots to share out."""
        return self.ballots if self._total is None else self._total

    @cached_property
    def shared(self) -> list[StratumPlan]:
        """The strata whose quotas are suggested: people drawn at random. The others keep their number."""
        return [plan for plan in self.configuration.strata if plan.mode == "random" and plan.drawn_by == "person"]

    @property
    def to_share(self) -> int:
        """Ballots left for them."""
        codes = {plan.code for plan in self.shared}
        return self.total - sum(row.ballots for row in self.strata if row.plan.code not in codes)

    @cached_property
    def proposals(self) -> list[Proposal]:
        """The suggestions of every method, with what they lead to."""
        if not self.shared:
            return []
        influence = {plan.code: self._influence(plan) for plan in self.shared}
        bounds = {plan.code: self._bounds(plan) for plan in self.shared}
        found = []
        for method in METHODS:
            suggestion = share_out(max(0, self.to_share), measures(method, influence), bounds)
            plans = [
                replace(plan, quota=suggestion.quotas.get(plan.code, plan.quota)) for plan in self.configuration.strata
            ]
            margins = [one for _code, one in self._margins(plans)]
            left = self.to_share - sum(suggestion.quotas.values())
            mean = math.fsum(margins) / len(margins) if margins else None
            found.append(Proposal(method, suggestion.quotas, left, mean, max(margins, default=None)))
        return found

    def _influence(self, plan: StratumPlan) -> Influence:
        squares = 0.0
        for code, _name, group in self._departments:
            weights = next((entry for entry in self.configuration.groups if entry.code == group), None)
            weight = float(weights.weight(plan.code)) / 100 if weights else 0.0
            squares += weight**2 * self._spread(plan, code) * float(plan.design_effect or 1)
        return Influence(repairs.eligible(plan, self.population(plan)), squares)

    def _bounds(self, plan: StratumPlan) -> Bounds:
        """From the ballots a stratum needs to report, or a seat a cell, to what the cap and the reserve leave."""
        population = self.population(plan)
        size = repairs.eligible(plan, population)
        most = min(
            population.capacity(plan.rotation_rounds, plan.recusal, repairs.cap_of(plan)), max(0, size - plan.reserve)
        )
        least = self.configuration.min_valid
        if plan.min_per_cell:
            cells = population.cell_sizes(plan.cell_by, plan.rotation_rounds, plan.recusal, cell_label)
            least = max(least, len(cells))
        return Bounds(min(least, most), most)


def _workable(plan: StratumPlan) -> StratumPlan:
    """A draft may hold anything; what is out of range counts as its default here; elsewhere it is told as a problem."""
    return replace(
        plan,
        mode=plan.mode if plan.mode in MODES else "random",
        quota=max(0, plan.quota),
        reserve=max(0, plan.reserve),
        max_per_unit=None if plan.max_per_unit is None or plan.max_per_unit < 1 else plan.max_per_unit,
        ballots_per_unit=max(1, plan.ballots_per_unit),
        min_per_cell=1 if plan.min_per_cell == 1 else 0,
        rotation_rounds=max(0, plan.rotation_rounds),
        recusal=plan.recusal if plan.recusal in RECUSALS else "department",
        cell_by=tuple(key for key in CELL_KEYS if key in plan.cell_by),
        design_effect=plan.design_effect if plan.design_effect and plan.design_effect > 0 else ONE,
    )


def _per_candidate(plan: StratumPlan) -> int:
    return plan.ballots_per_unit if plan.drawn_by == "unit" else 1
