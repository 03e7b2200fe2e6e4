"""What a round is scored from, read from the database in one pass."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from assessment.models import Assessment
from departments.models import Department as DepartmentRow
from evaluation.definition import RoundConfiguration, ScoringDefinition
from evaluation.definition.values import plain
from evaluation.models import Ballot, Round
from evaluation.selectors import ballot_definition_of, configuration_of, scoring_definition_of
from evaluators.models import Stratum
from foundation.database import each_joined
from scoring.core.ballots import Ballots, Counted
from scoring.core.basis import Basis
from scoring.core.cube import CountCube
from scoring.core.exclusions import LeftOut, without
from scoring.core.fingerprints import input_fingerprint
from scoring.core.model import Adjustment, Baseline, Department, ScoringError
from scoring.core.quality import FINDINGS
from scoring.core.tally import CubeShape, Tally
from scoring.exclusions import decisions_of, in_force
from scoring.models import ExclusionDecision, ScoreRun


@dataclass(frozen=True)
class RoundInput:
    """Everything that goes into a score, in the order of the round's frozen ballot.

    `ballots` are those scored: `returned` without the `left_out`, by the `decisions` in force when it was read.
    """

    definition: ScoringDefinition
    departments: tuple[Department, ...]
    ballots: Ballots
    class_codes: tuple[str, ...]
    baselines: Mapping[str, Baseline]
    assessments: Mapping[str, Decimal]
    adjustments: Mapping[str, Adjustment]
    returned: Ballots
    left_out: tuple[LeftOut, ...]
    decisions: tuple[ExclusionDecision, ...]

    def fingerprint(self) -> str:
        """SHA-256 of the input; the order of ballots, departments and strata does not matter."""
        return input_fingerprint(
            self.definition,
            self.departments,
            self.ballots,
            baselines=self.baselines,
            assessments=self.assessments,
            adjustments=self.adjustments,
        )

    @property
    def basis(self) -> Basis:
        """Everything but the ballots, to be kept with a run."""
        return Basis(self.definition, self.departments, self.baselines, self.assessments, self.adjustments)

    @property
    def width(self) -> int:
        """Bytes of one packed ballot."""
        return len(self.departments) * len(self.definition.items)

    @property
    def exclusions(self) -> list[dict[str, Any]]:
        """What was left out by stratum, weight and sign, with the reason of the decision; to be kept with a run."""
        holding = in_force(self.decisions)
        counts: dict[tuple[int, Decimal, int], int] = {}
        for row in self.left_out:
            key = row.stratum, self.ballots.class_weights[row.weight_class], FINDINGS.index(row.finding)
            counts[key] = counts.get(key, 0) + row.count
        return [
            {
                "stratum": (stratum := self.definition.strata[position].code),
                "weight": plain(weight),
                "finding": (sign := FINDINGS[finding]),
                "count": count,
                "reason": holding[stratum][sign].reason,
            }
            for (position, weight, finding), count in sorted(counts.items())
        ]

    @property
    def about(self) -> dict[str, Any]:
        """Baselines, assessments and adjustments, as scoring.core takes them by keyword."""
        return {"baselines": self.baselines, "assessments": self.assessments, "adjustments": self.adjustments}


def read_input(round: Round) -> RoundInput:
    """Read a counted round, the ballots left out by decision taken out.

    Raises ScoringError for ballots that do not belong to it, ValueError before freezing.
    """
    configuration = configuration_of(round)
    ballot = ballot_definition_of(round)
    names = dict(DepartmentRow.objects.values_list("code", "full_name"))
    departments = tuple(
        Department(entry.code, names.get(entry.code, entry.code), entry.group) for entry in ballot.departments
    )
    definition = scoring_definition_of(round)
    classes = configuration.weight_classes
    assessments, adjustments = assessments_of(round.year)
    decisions = decisions_of(round)
    weights = {entry.code: entry.weight or Decimal(1) for entry in classes}
    returned = read_ballots(round, definition, len(departments), weights)
    ballots, left_out = without(definition, len(departments), returned, in_force(decisions))
    return RoundInput(
        definition=definition,
        departments=departments,
        ballots=ballots,
        class_codes=tuple(entry.code for entry in classes),
        baselines=baselines_of(round),
        assessments=assessments,
        adjustments=adjustments,
        returned=returned,
        left_out=left_out,
        decisions=tuple(decisions),
    )


@dataclass(frozen=True)
class RunCounts:
    """The counts of a run beside what is not in them, to be scored again by other rules."""

    definition: ScoringDefinition
    departments: tuple[Department, ...]
    cube: CountCube
    class_weights: tuple[Decimal, ...]
    about: Mapping[str, Any]


def counts_of(run: ScoreRun, rules: RoundConfiguration | None = None) -> RunCounts:
    """A run's counts with the departments, baselines and assessments it was made from, under its own or other rules."""
    basis = Basis.from_json(run.basis)
    frozen = rules or configuration_of(run.round)
    return RunCounts(
        definition=rules.scoring_definition(run.round.year, run.round.populations or {}) if rules else basis.definition,
        departments=basis.departments,
        cube=CountCube.from_bytes(zlib.decompress(bytes(run.cube))),
        class_weights=tuple(frozen.weight_class(code).weight or Decimal(1) for code in run.axes["weight_classes"]),
        about={
            "baselines": basis.baselines,
            "assessments": basis.assessments,
            "adjustments": basis.adjustments,
        },
    )


def read_ballots(
    round: Round,
    definition: ScoringDefinition,
    departments: int,
    classes: Mapping[str, Decimal],
    shard: QuerySet[Ballot] | None = None,
) -> Ballots:
    """The round's ballots by the positions of stratum and weight class, counted while they are read; two queries.

    Args:
        departments: how many stand on its ballot.
        classes: weight by code of the round's weight classes, in their order.
        shard: only these ballots; the cubes of shards add up to the round's (docs/tally.md).

    Raises:
        ScoringError: ballots that do not belong to the round, or that no ballot of it can be.
    """
    position_of = {entry.code: position for position, entry in enumerate(definition.strata)}
    strata = {pk: position_of.get(code) for pk, code in Stratum.objects.values_list("pk", "code")}
    weight_classes = {code: position for position, code in enumerate(classes)}
    weights = tuple(classes.values())
    shape = CubeShape.of(departments, len(definition.items), len(definition.strata), weights, definition.scale)
    counter = Tally(shape)
    packed: dict[tuple[int, int], bytes] = {}
    rows = (Ballot.objects.all() if shard is None else shard).filter(round=round)

    def take(key: tuple[int, str], answers: bytes) -> None:
        stratum, weight_class = strata[key[0]], weight_classes.get(key[1])
        if stratum is None or weight_class is None:
            raise ScoringError("ballot_foreign", "A ballot is of a stratum or weight class that the round lacks.")
        packed[stratum, weight_class] = answers
        counter.add(stratum, weight_class, answers)

    each_joined(rows, ("stratum_id", "weight_class"), "answers", take)
    return Ballots(packed, weights, Counted(shape, counter.cube()))


def assessments_of(year: int) -> tuple[dict[str, Decimal], dict[str, Adjustment]]:
    """Assessment scores, and bonus, deduction, veto and problem of a year, by department code."""
    scores: dict[str, Decimal] = {}
    adjustments: dict[str, Adjustment] = {}
    for row in Assessment.objects.filter(year=year).select_related("department"):
        code = row.department.code
        if row.score is not None:
            scores[code] = row.score
        adjustments[code] = Adjustment(row.bonus, row.deduction, row.veto, row.problem)
    return scores, adjustments


def baselines_of(round: Round) -> dict[str, Baseline]:
    """What each department is compared with, by code, as freezing put it on the round; others have nothing."""
    return {row["code"]: _frozen_baseline(row) for row in round.baselines or []}


def _frozen_baseline(row: Mapping[str, Any]) -> Baseline:
    """A baseline as freezing wrote it on the round (evaluation.baselines.BaselineRow)."""

    def rate(name: str) -> Decimal | None:
        return Decimal(row[name]) if row[name] != "" else None

    return Baseline(
        satisfaction=rate("satisfaction"),
        dissatisfaction=rate("dissatisfaction"),
        group_rank=row["group_rank"],
        overall_rank=row["overall_rank"],
        se_satisfaction=rate("se_satisfaction") or Decimal(0),
        se_dissatisfaction=rate("se_dissatisfaction") or Decimal(0),
        source=row["source"],
    )
