"""Reading runs, published or not; for staff and auditors (readers of the portal read publications only)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from departments.models import DepartmentGroup
from evaluation.models import Round
from scoring.models import DepartmentScore, Publication, ScoreRun

_HEAVY = ("cube", "axes", "breakdown")


def runs_of(round: Round) -> list[ScoreRun]:
    """Every run of a round, newest first, without the heavy columns."""
    rows = ScoreRun.objects.filter(round=round).select_related("created_by").defer(*_HEAVY, "result")
    return list(rows.order_by("-number"))


def run_of(round: Round, pk: UUID) -> ScoreRun | None:
    """One run of a round."""
    return ScoreRun.objects.filter(round=round, pk=pk).select_related("created_by").defer(*_HEAVY).first()


def published_run_id(round: Round) -> UUID | None:
    """The run that readers see."""
    return Publication.objects.filter(round=round).values_list("run_id", flat=True).first()


@dataclass(frozen=True)
class TableRow:
    """A department's score with what results.json says of it."""

    score: DepartmentScore
    interval: tuple[int, int] | None
    outcomes: dict[str, Any]


@dataclass(frozen=True)
class TableGroup:
    """A group and its rows by rank."""

    code: str
    name: str
    rows: list[TableRow]


def table_of(run: ScoreRun) -> list[TableGroup]:
    """The result as a table by group; those without a rank last."""
    names = dict(DepartmentGroup.objects.values_list("code", "name"))
    results = {row["code"]: row for row in run.result["departments"]}
    rows: dict[str, list[TableRow]] = {code: [] for code in run.summary["groups"]}
    for score in DepartmentScore.objects.filter(run=run).select_related("department"):
        result = results[score.department.code]
        interval = result["rank_interval"]
        rows[score.group_code].append(
            TableRow(score, (interval[0], interval[1]) if interval else None, result["outcomes"] or {})
        )
    return [
        TableGroup(
            code,
            names.get(code, code),
            sorted(members, key=lambda row: (row.score.group_rank or 10**6, row.score.department.code)),
        )
        for code, members in rows.items()
        if members
    ]
