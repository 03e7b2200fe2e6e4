"""What quotas are planned on: the register counted once, and what last year's published round tells of its strata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from evaluation.definition import BallotDefinition, RoundConfiguration, StratumPlan
from evaluation.definition.parts import ABSTAIN, RECUSALS, SATISFIED
from evaluation.models import Ballot, PlanningBasis, Round
from evaluation.quotas.population import NEVER, Builder, Candidate, Kind, Population
from evaluation.quotas.spread import spreads
from evaluation.recusal import RecusalRules, ballot_of, recusal_rules
from evaluation.selectors import ballot_definition_of, configuration_of, register_sizes, resting
from evaluation.states import RoundState
from evaluators.models import Draw, Evaluator, EvaluatorStatus, Stratum, Unit
from foundation.database import each_joined
from foundation.jobs import Progress
from foundation.models import AuditEntry

#: Nobody rests longer than so many rounds ago can be told (the form allows more; they are counted as never drawn).
ROUNDS_BACK = 20
_REPORT_EVERY = 5_000
_REGISTER_ACTIONS = Q()
for _start in ("evaluator", "evaluators.import", "unit.", "stratum."):
    _REGISTER_ACTIONS |= Q(action__startswith=_start)
_MERE_LOOKS = ("evaluator.contact_seen", "evaluators.export")


@dataclass(frozen=True)
class StratumBefore:
    """One stratum in the last published round: ballots sent and back, and S² (quotas.spread) where it may be known.

    ``typical``: its mean over the departments; ``departments``: by code, those of which enough answered.
    """

    invited: int
    returned: int
    typical: float | None
    departments: Mapping[str, float]

    @property
    def rate(self) -> float | None:
        """Returned of invited as a fraction; None where nobody was invited."""
        return self.returned / self.invited if self.invited else None


@dataclass(frozen=True)
class LastRound:
    """The newest published round before the one that is planned."""

    year: int
    strata: Mapping[str, StratumBefore]

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe; `from_dict` gives it back."""
        return {"year": self.year, "strata": {code: asdict(before) for code, before in self.strata.items()}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LastRound:
        """Read what `to_dict` wrote."""
        return cls(data["year"], {code: StratumBefore(**row) for code, row in data["strata"].items()})


@dataclass(frozen=True)
class Basis:
    """What the figures of the quota page rest on. ``stored`` is None while only the sizes of the strata are known."""

    people: Mapping[str, Population]
    units: Mapping[str, Population]
    last: LastRound | None
    stored: PlanningBasis | None

    def population(self, code: str, drawn_by: str) -> Population:
        """The candidates of a stratum."""
        return (self.units if drawn_by == "unit" else self.people).get(code) or Population.of_size(0)


def basis_of(round: Round) -> Basis:
    """The stored basis of a round, or for want of one the sizes of the strata alone."""
    stored = PlanningBasis.objects.select_related("counted_by").filter(round=round).first()
    if stored is None:
        every = replace(configuration_of(round), strata=())
        known = {plan.code: plan for plan in configuration_of(round).strata}
        plans = [known.get(code) or StratumPlan(code, code) for code in Stratum.objects.values_list("code", flat=True)]
        people = register_sizes(replace(every, strata=tuple(replace(plan, drawn_by="person") for plan in plans)))
        units = register_sizes(replace(every, strata=tuple(replace(plan, drawn_by="unit") for plan in plans)))
        return Basis(
            {code: Population.of_size(size) for code, size in people.items()},
            {code: Population.of_size(size) for code, size in units.items()},
            None,
            None,
        )
    return Basis(
        {code: Population.from_dict(row["person"]) for code, row in stored.register.items()},
        {code: Population.from_dict(row["unit"]) for code, row in stored.register.items()},
        LastRound.from_dict(stored.last_round) if stored.last_round else None,
        stored,
    )


def is_outdated(stored: PlanningBasis) -> bool:
    """True if the register was changed since it was counted."""
    later = AuditEntry.objects.filter(_REGISTER_ACTIONS, at__gt=stored.counted_at)
    return later.exclude(action__in=_MERE_LOOKS).exists()


def count_register(round: Round, progress: Progress) -> dict[str, dict[str, Any]]:
    """Everybody active, by stratum: as people and as units (`Population.to_dict()`), one pass over each table."""
    strata = dict(Stratum.objects.values_list("pk", "code"))
    counters = {code: {"person": Builder(), "unit": Builder()} for code in strata.values()}
    total = Evaluator.objects.count() + Unit.objects.count()
    done = 0
    people, units = _rounds_ago(round.year)
    configuration = configuration_of(round)
    rules, ballot = recusal_rules(round.year), ballot_of(configuration, round.year)
    barred = _barred(configuration, rules, ballot)
    for source in (_people(strata, people, barred), _units(strata, units, barred)):
        for kind, stratum, candidate in source:
            counters[stratum][kind].add(candidate)
            done += 1
            if done % _REPORT_EVERY == 0:
                progress.report(done, total, _("Counting the register"))
    return {
        code: {kind: builder.population().to_dict() for kind, builder in pair.items()}
        for code, pair in counters.items()
    }


@dataclass(frozen=True)
class _Barred:
    """Which rules of recusal keep somebody out, as bits: by stratum, then by employer or unit."""

    employers: Mapping[str, Mapping[int, int]]
    units: Mapping[str, frozenset[int]]


def _barred(configuration: RoundConfiguration, rules: RecusalRules, ballot: BallotDefinition) -> _Barred:
    employers: dict[str, dict[int, int]] = {}
    for plan in configuration.strata:
        bits: dict[int, int] = {}
        for position, rule in enumerate(RECUSALS):
            for employer in rules.excluded_employers(replace(plan, recusal=rule), ballot):
                bits[employer] = bits.get(employer, 0) | 1 << position
        employers[plan.code] = bits
    units = {plan.code: rules.excluded_units(plan, ballot) for plan in configuration.strata}
    return _Barred(employers, units)


def _rounds_ago(year: int) -> tuple[dict[int, int], dict[int, int]]:
    """How many rounds ago people, and units, were last drawn; those never drawn are not in it."""
    people: dict[int, int] = {}
    units: dict[int, int] = {}
    earlier = Round.objects.filter(year__lt=year).count()
    for rounds in range(1, min(earlier, ROUNDS_BACK) + 1):
        resting_people, resting_units = resting(year, rounds)
        for known, found in ((people, resting_people), (units, resting_units)):
            for pk in found:
                known.setdefault(pk, rounds)
    return people, units


Counted = tuple[str, str, Candidate]


def _people(strata: Mapping[int, str], ago: Mapping[int, int], barred: _Barred) -> Iterator[Counted]:
    fields = ("pk", "stratum_id", "unit_id", "employer_id", "district", "industry", "unit__district", "unit__industry")
    rows = Evaluator.objects.filter(status=EvaluatorStatus.ACTIVE).order_by().values_list(*fields)
    nobody: Mapping[int, int] = {}
    for pk, stratum_id, unit, employer, district, industry, unit_district, unit_industry in rows.iterator(5_000):
        code = strata[stratum_id]
        bits = barred.employers.get(code, nobody).get(employer, 0)
        kind = Kind(ago.get(pk, 0), bits)
        place = (district or unit_district or "", industry or unit_industry or "")
        yield "person", code, Candidate(NEVER if kind == NEVER else kind, unit, *place)


def _units(strata: Mapping[int, str], ago: Mapping[int, int], barred: _Barred) -> Iterator[Counted]:
    every_rule = (1 << len(RECUSALS)) - 1
    rows = Unit.objects.filter(is_active=True).exclude(stratum=None).order_by()
    for pk, stratum_id, district, industry in rows.values_list("pk", "stratum_id", "district", "industry"):
        code = strata[stratum_id]
        bits = every_rule if pk in barred.units.get(code, frozenset()) else 0
        yield "unit", code, Candidate(Kind(ago.get(pk, 0), bits), None, district, industry)


def last_round_of(year: int) -> LastRound | None:
    """What the newest published round before ``year`` tells; only published ones, so that nothing leaks early.

    Cells that its privacy rules hide are not looked at.
    """
    published = (RoundState.PUBLISHED, RoundState.ARCHIVED)
    last = Round.objects.filter(year__lt=year, state__in=published).exclude(ballot_definition=None).first()
    if last is None:
        return None
    sent = {
        code: (invited, returned)
        for code, invited, returned in last.invitations.order_by()
        .values_list("stratum__code")
        .annotate(
            invited=Count("pk", filter=Q(replaced_on=None)), returned=Count("pk", filter=Q(returned_on__isnull=False))
        )
    }
    known = _spreads_of(last)
    strata = {}
    for code in sent.keys() | known.keys():
        invited, returned = sent.get(code, (0, 0))
        by_department = known.get(code, {})
        typical = sum(by_department.values()) / len(by_department) if by_department else None
        strata[code] = StratumBefore(invited, returned, typical, by_department)
    return LastRound(last.year, strata)


def _spreads_of(last: Round) -> dict[str, dict[str, float]]:
    """S² by stratum and department code."""
    configuration, ballot = configuration_of(last), ballot_definition_of(last)
    codes = dict(Stratum.objects.values_list("pk", "code"))
    weight = {entry.code: float(entry.weight or 1) for entry in configuration.weight_classes}
    usual = next((float(entry.weight or 1) for entry in configuration.weight_classes if entry.default), 1.0)
    packed: dict[str, list[tuple[bytes, float]]] = {}
    rows = Ballot.objects.filter(round=last)

    def take(keys: tuple[Any, ...], answers: bytes) -> None:
        stratum, weight_class = keys
        packed.setdefault(codes[stratum], []).append((bytes(answers), weight.get(weight_class, usual)))

    each_joined(rows, ("stratum_id", "weight_class"), "answers", take)
    found: dict[str, dict[str, float]] = {}
    shape = (-1, len(ballot.departments), len(ballot.items))
    for code, parts in packed.items():
        blocks = [np.frombuffer(answers, np.uint8).reshape(shape) for answers, _weight in parts]
        weights = [np.full(len(block), one) for block, (_answers, one) in zip(blocks, parts, strict=True)]
        rates = spreads(
            np.concatenate(blocks),
            np.concatenate(weights),
            valid=[choice.counts != ABSTAIN for choice in configuration.scale],
            satisfied=[choice.counts == SATISFIED for choice in configuration.scale],
            shares=[float(item.share) for item in configuration.items],
            min_cell=configuration.min_cell,
        )
        found[code] = {
            department.code: rate
            for department, rate in zip(ballot.departments, rates, strict=True)
            if rate is not None
        }
    return found


def drawn_before(year: int) -> dict[str, list[tuple[int, int]]]:
    """Stratum code → (year, drawn) of the earlier rounds, newest first; from the records of the draws in force."""
    found: dict[str, list[tuple[int, int]]] = {}
    draws = Draw.objects.filter(snapshot__year__lt=year, snapshot__voided_at=None).order_by("-snapshot__year")
    for when, summary in draws.values_list("snapshot__year", "summary"):
        for code, numbers in summary.get("strata", {}).items():
            found.setdefault(code, []).append((when, numbers["chosen"]))
    return found
