"""A golden bundle as a counted round in the database, to be scored by the service."""

from __future__ import annotations

import json
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from assessment.models import Assessment
from departments.models import Department, DepartmentGroup, DepartmentYear
from evaluation.definition import RoundConfiguration
from evaluation.models import Ballot, Round
from evaluation.states import RoundState
from evaluators.models import Stratum
from scoring.core.bundle import Bundle, read_bundle

ROOT = Path(__file__).resolve().parent.parent.parent
_SHARED = ROOT.parent / "shared" / "golden"
GOLDEN = _SHARED if _SHARED.is_dir() else ROOT / "tests" / "golden"
WITH_BALLOTS = ("three-step", "criteria-headroom", "banded-composite")


def expected(name: str) -> list[dict[str, Any]]:
    """The departments of expected.json."""
    return json.loads((GOLDEN / name / "expected.json").read_text(encoding="utf-8"))["departments"]


def counted_round(name: str) -> Round:
    """A golden bundle as a counted round."""
    return stored_round(read_bundle(GOLDEN / name))


def stored_round(bundle: Bundle) -> Round:
    """A bundle as rows: departments, strata, ballots, baselines, assessments, and a counted round."""
    rules = bundle.definition.to_round_json()
    Stratum.objects.all().delete()
    DepartmentGroup.objects.all().delete()
    strata = {
        row["code"]: Stratum.objects.create(code=row["code"], name=row["label"], order=at)
        for at, row in enumerate(rules["strata"])
    }
    groups = {
        row["code"]: DepartmentGroup.objects.create(code=row["code"], name=row["label"], order=at)
        for at, row in enumerate(rules["groups"])
    }
    year = bundle.definition.year
    departments = {}
    for row in bundle.departments:
        departments[row.code] = Department.objects.create(code=row.code, full_name=row.name)
        DepartmentYear.objects.create(department=departments[row.code], year=year, group=groups[row.group])
    configuration = _configuration(bundle, rules)
    # The ballot follows departments.csv, whatever its groups: the order of the packed answers.
    ballot = configuration.ballot_definition([(row.code, row.group) for row in bundle.departments])
    round = Round.objects.create(
        year=year,
        title="golden",
        state=RoundState.COUNTED,
        configuration=configuration.to_dict(),
        frozen_at=timezone.now(),
        ballot_definition=ballot.to_dict(),
        populations={row["code"]: row["population"] for row in rules["strata"]},
        baselines=_baselines(bundle),
    )
    _store_ballots(round, bundle, strata)
    _store_assessments(bundle, departments, year)
    return round


def _configuration(bundle: Bundle, rules: dict[str, Any]) -> RoundConfiguration:
    weights = bundle.ballots.class_weights if bundle.ballots else (Decimal(1),)
    data = {
        **rules,
        "weight_classes": [
            {"code": f"w{at}", "label": str(weight), "weight": str(weight), "default": at == 0}
            for at, weight in enumerate(weights)
        ],
        "min_cell": 5,
    }
    return RoundConfiguration.from_dict(data)


def _baselines(bundle: Bundle) -> list[dict[str, Any]]:
    def text(value: Decimal | None) -> str:
        return "" if value is None else str(value)

    return [
        {
            "code": code,
            "satisfaction": text(row.satisfaction),
            "dissatisfaction": text(row.dissatisfaction),
            "group_rank": row.group_rank,
            "overall_rank": row.overall_rank,
            "se_satisfaction": text(row.se_satisfaction),
            "se_dissatisfaction": text(row.se_dissatisfaction),
            "source": row.source,
        }
        for code, row in bundle.baselines.items()
    ]


def _store_ballots(round: Round, bundle: Bundle, strata: dict[str, Stratum]) -> None:
    assert bundle.ballots is not None
    width = len(bundle.departments) * len(bundle.definition.items)
    rows = []
    for (stratum, weight_class), packed in bundle.ballots.packed.items():
        data = bytes(packed)
        rows += [
            Ballot(
                id=secrets.token_bytes(16),
                round=round,
                stratum=strata[bundle.definition.strata[stratum].code],
                weight_class=f"w{weight_class}",
                answers=data[at : at + width],
            )
            for at in range(0, len(data), width)
        ]
    Ballot.objects.bulk_create(rows)


def _store_assessments(bundle: Bundle, departments: dict[str, Department], year: int) -> None:
    for code, department in departments.items():
        adjustment = bundle.adjustments.get(code)
        Assessment.objects.create(
            department=department,
            year=year,
            score=bundle.assessments.get(code),
            bonus=adjustment.bonus if adjustment else 0,
            deduction=adjustment.deduction if adjustment else 0,
            veto=adjustment.veto if adjustment else "",
            problem=adjustment.problem if adjustment else "",
        )
