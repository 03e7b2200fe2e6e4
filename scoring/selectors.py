"""Reading runs, published or not; for staff and auditors (readers of the portal read publications only)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count

from departments.models import DepartmentGroup
from evaluation.models import Round, RoundMove
from foundation.models import StoredFile
from scoring.certainty import GroupCertainty, certainty_of
from scoring.core.basis import Basis
from scoring.core.bundle_write import Exclusion
from scoring.core.cube import CountCube
from scoring.core.recount import StoredRun
from scoring.models import DepartmentScore, Publication, QualityReport, ScoreRun

#: Kinds of stored files.
AUDIT_KIND, PUBLIC_KIND = "bundle.audit", "bundle.public"
_HEAVY = ("cube", "axes", "basis", "breakdown")


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


def run_to_export(round: Round) -> ScoreRun | None:
    """The run a bundle is made of, whole: the published one, else the newest."""
    rows = ScoreRun.objects.filter(round=round).select_related("round")
    published = published_run_id(round)
    return rows.filter(pk=published).first() if published else rows.order_by("-number").first()


def stored_run(run: ScoreRun) -> StoredRun:
    """A run as a recount compares itself with it."""
    cube = CountCube.from_bytes(zlib.decompress(bytes(run.cube)))
    return StoredRun(Basis.from_json(run.basis), cube.cells(), run.result["departments"], run.input_fingerprint)


def released_bundle(run: ScoreRun) -> StoredFile | None:
    """The public bundle of a run that was released last."""
    rows = StoredFile.objects.filter(kind=PUBLIC_KIND, erased_at=None, meta__run=str(run.pk))
    return rows.select_related("created_by").order_by("-created_at").first()


def audit_bundles(round: Round) -> list[StoredFile]:
    """The audit bundles of a round that are kept, newest first, with how often each was fetched (`fetched`)."""
    rows = StoredFile.objects.filter(kind=AUDIT_KIND, year=round.year, erased_at=None).select_related("created_by")
    return list(rows.annotate(fetched=Count("fetches")).order_by("-created_at"))


def was_published(round: Round) -> bool:
    """Whether a result of the round has ever been published, be it withdrawn since."""
    return RoundMove.objects.filter(round=round, verb="publish").exists()


def quality_report_of(round: Round, run: ScoreRun | None = None) -> QualityReport | None:
    """The newest report on a round's ballots, or on what a run was scored from."""
    rows = QualityReport.objects.filter(round=round).select_related("round", "run", "created_by")
    rows = rows.defer(*(f"run__{name}" for name in (*_HEAVY, "result")))
    return (rows if run is None else rows.filter(run=run)).order_by("-pk").first()


def exclusion_rows(run: ScoreRun) -> list[Exclusion]:
    """What a run left out by decision, as `exclusions.csv` says it: the reason begins with the code of the sign."""
    return [
        Exclusion(row["stratum"], Decimal(row["weight"]), row["count"], f"{row['finding']}: {row['reason']}")
        for row in run.summary["exclusions"]
    ]


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
    certainty: GroupCertainty


def table_of(run: ScoreRun) -> list[TableGroup]:
    """The result as a table by group; those without a rank last."""
    names = dict(DepartmentGroup.objects.values_list("code", "name"))
    results = {row["code"]: row for row in run.result["departments"]}
    certainty = certainty_of(run)
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
            certainty[code],
        )
        for code, members in rows.items()
        if members
    ]


def published_run(year: int) -> ScoreRun | None:
    """The published run of a year, without the heavy columns."""
    return (
        ScoreRun.objects.filter(pk__in=Publication.objects.filter(round__year=year).values("run"))
        .defer(*_HEAVY, "result")
        .first()
    )


def took_part(run: ScoreRun, code: str) -> bool:
    """Whether a department was judged in a run."""
    return DepartmentScore.objects.filter(run=run, department__code=code).exists()
