"""What readers see: published results only, each page in a handful of queries whatever the number of departments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from accounts.models import ScopeKind
from accounts.policies import Scope, scope_of
from departments.models import Department, DepartmentGroup, Sector
from evaluation.models import Round
from evaluators.models import Stratum
from foundation.models import StoredFile
from scoring.certainty import GroupCertainty, certainty_of
from scoring.inputs import baselines_of
from scoring.models import DepartmentScore, Publication

#: What no page over several years reads; the year that is looked at is fetched by itself.
_HEAVY = (
    "run__cube", "run__basis", "run__breakdown", "run__axes",
    "round__configuration", "round__ballot_definition", "round__baselines", "round__counting_report",
)  # fmt: skip


@dataclass(frozen=True)
class YearRow:
    """One published year in the city's trend. Rates in per cent."""

    year: int
    satisfaction: Decimal | None
    dissatisfaction: Decimal | None
    ranked: int
    issued: int
    returned: int
    # Against the published year before, percentage points; None for the first.
    satisfaction_change: Decimal | None = None
    dissatisfaction_change: Decimal | None = None

    @property
    def return_rate(self) -> float | None:
        """Returned of issued, a fraction; None when nothing was issued."""
        return self.returned / self.issued if self.issued else None


def publications() -> list[Publication]:
    """Every published round, oldest first, without the heavy parts of its run."""
    return list(
        Publication.objects.select_related("round", "run").defer(*_HEAVY, "run__result").order_by("round__year")
    )


def published_years() -> list[int]:
    """The years of which something is published, oldest first."""
    return list(Publication.objects.order_by("round__year").values_list("round__year", flat=True))


def publication_of(year: int) -> Publication | None:
    """What is published of a year."""
    return (
        Publication.objects.select_related("round", "run")
        .defer("run__cube", "run__basis", "run__axes", "round__configuration", "round__ballot_definition")
        .filter(round__year=year)
        .first()
    )


def trend(rows: Sequence[Publication]) -> list[YearRow]:
    """City-wide rates and returns by year."""
    years: list[YearRow] = []
    for row in rows:
        summary = row.run.summary
        satisfaction, dissatisfaction = (_decimal(summary["city"][key]) for key in ("satisfaction", "dissatisfaction"))
        before = years[-1] if years else None
        years.append(
            YearRow(
                year=row.round.year,
                satisfaction=satisfaction,
                dissatisfaction=dissatisfaction,
                ranked=summary["city"]["ranked"],
                issued=summary["issued"],
                returned=summary["returned"],
                satisfaction_change=_difference(satisfaction, before.satisfaction if before else None),
                dissatisfaction_change=_difference(dissatisfaction, before.dissatisfaction if before else None),
            )
        )
    return years


def _difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def visible_to(user: Any) -> Scope:
    """Which departments' results a reader may see: those of all, or of one's own departments and sectors."""
    everything = scope_of(user, "results.view")
    return everything if everything else scope_of(user, "results.own")


def scores_visible_to(user: Any, scores: QuerySet[DepartmentScore]) -> QuerySet[DepartmentScore]:
    """The rows among ``scores`` that the reader may see (the queryset form of :func:`visible_to`)."""
    scope = visible_to(user)
    if scope.everything:
        return scores
    own = scores.filter(department__code__in=scope.codes.get(ScopeKind.DEPARTMENT, set()))
    return own | scores.filter(sector_code__in=scope.codes.get(ScopeKind.SECTOR, set()) - {""})


def may_see(user: Any, department: Department, sector_codes: Sequence[str]) -> bool:
    """The object form: a department of one's scope, or of a sector of it in any of these years."""
    scope = visible_to(user)
    return (
        scope.everything
        or scope.covers(ScopeKind.DEPARTMENT, department.code)
        or any(scope.covers(ScopeKind.SECTOR, code) for code in sector_codes if code)
    )


def may_take(user: Any, file: StoredFile) -> bool:
    """Whether a released public bundle is for this reader (scoring.services.bundles.READERS)."""
    scope = visible_to(user)
    return scope.everything or (file.meta.get("readers") == "results.own" and bool(scope))


@dataclass(frozen=True)
class RankedRow:
    """A row of the ranking: the score, its change against last year, how sure its rank is, what is proposed for it."""

    score: DepartmentScore
    change: Decimal | None
    interval: tuple[int, int] | None
    outcomes: dict[str, Any]

    @property
    def margin(self) -> Decimal | None:
        """Half the width of the 95 % interval of the satisfaction rate, percentage points."""
        error = self.score.se_satisfaction
        return None if error is None else error * Decimal("1.96")

    @property
    def is_honoured(self) -> bool:
        """True if an honour is proposed for it."""
        return any(self.outcomes.get(name) for name in ("advanced", "people_satisfied", "most_improved"))


@dataclass(frozen=True)
class RankedGroup:
    """A group with its rows in the order of their ranks, then those without a rank."""

    code: str
    name: str
    satisfaction: Decimal | None
    dissatisfaction: Decimal | None
    rows: list[RankedRow]
    ranked: int
    certainty: GroupCertainty


def ranking(publication: Publication, user: Any, *, group: str = "", sector: str = "") -> list[RankedGroup]:
    """The published ranking by group, of what the reader may see; three queries.

    Changes are against what the round froze as its comparison, so that page, workbook and points agree.
    """
    run = publication.run
    scores: QuerySet[DepartmentScore] = DepartmentScore.objects.filter(run=run).select_related("department")
    scores = scores_visible_to(user, scores)
    if group:
        scores = scores.filter(group_code=group)
    if sector:
        scores = scores.filter(sector_code=sector)
    last = baselines_of(publication.round)
    results = {row["code"]: row for row in run.result["departments"]}
    names = dict(DepartmentGroup.objects.values_list("code", "name"))
    certainty = certainty_of(run)
    rows: dict[str, list[RankedRow]] = {}
    for score in scores:
        before = last.get(score.department.code)
        change = _difference(score.satisfaction, before.satisfaction if before else None)
        result = results[score.department.code]
        interval = result["rank_interval"]
        row = RankedRow(score, change, tuple(interval) if interval else None, result["outcomes"] or {})
        rows.setdefault(score.group_code, []).append(row)
    groups = []
    for code, means in run.summary["groups"].items():
        if code in rows:
            members = sorted(rows[code], key=lambda row: (row.score.group_rank or 10**6, row.score.department.code))
            groups.append(
                RankedGroup(
                    code,
                    names.get(code, code),
                    _decimal(means["satisfaction"]),
                    _decimal(means["dissatisfaction"]),
                    members,
                    means["ranked"],
                    certainty[code],
                )
            )
    return groups


@dataclass(frozen=True)
class DepartmentYearRow:
    """A department in one published year."""

    year: int
    score: DepartmentScore
    interval: tuple[int, int] | None
    ranked_in_group: int
    outcomes: dict[str, Any]


@dataclass(frozen=True)
class StratumRow:
    """A stratum's view of a department; figures None where the stratum is hidden or silent."""

    name: str
    weight: Decimal
    effective_weight: Decimal
    hidden: bool
    reports: bool
    valid: int | None
    satisfaction: Decimal | None
    dissatisfaction: Decimal | None


def department_years(department: Department) -> list[DepartmentYearRow]:
    """All published years of a department, oldest first; three queries."""
    published = {row.run_id: row for row in Publication.objects.select_related("round", "run").defer(*_HEAVY)}
    rows = []
    for score in DepartmentScore.objects.filter(department=department, run__in=published).select_related("department"):
        run = published[score.run_id].run
        result = next(row for row in run.result["departments"] if row["code"] == department.code)
        interval = result["rank_interval"]
        rows.append(
            DepartmentYearRow(
                year=published[score.run_id].round.year,
                score=score,
                interval=tuple(interval) if interval else None,
                ranked_in_group=run.summary["groups"][score.group_code]["ranked"],
                outcomes=result["outcomes"] or {},
            )
        )
    return sorted(rows, key=lambda row: row.year)


def years_of(department: Department) -> dict[int, str]:
    """The published years a department took part in, with its sector in each."""
    rows = DepartmentScore.objects.filter(department=department, run__in=Publication.objects.values("run")).values_list(
        "run__round__year", "sector_code"
    )
    return dict(rows)


def names_visible_to(user: Any, publication: Publication) -> dict[str, str]:
    """The departments of a published year that the reader may see, by code."""
    scores = DepartmentScore.objects.filter(run=publication.run).select_related("department")
    return {row.department.code: str(row.department) for row in scores_visible_to(user, scores)}


def stratum_rows(publication: Publication, code: str) -> list[StratumRow]:
    """How each stratum judged a department in a year; small cells stay hidden (scoring.breakdown took them out)."""
    names = {row.code: row.name for row in Stratum.objects.all()}
    entry = publication.run.breakdown.get(code)
    if entry is None:
        return []
    return [
        StratumRow(
            name=names.get(row["stratum"], row["stratum"]),
            weight=Decimal(row["weight"]),
            effective_weight=Decimal(row["effective_weight"]),
            hidden=row["hidden"],
            reports=row["reports"],
            valid=row.get("valid"),
            satisfaction=_decimal(row.get("satisfaction")),
            dissatisfaction=_decimal(row.get("dissatisfaction")),
        )
        for row in entry["strata"]
    ]


def group_choices() -> list[tuple[str, str]]:
    """Groups for a filter."""
    return list(DepartmentGroup.objects.values_list("code", "name"))


def sector_choices() -> list[tuple[str, str]]:
    """Sectors for a filter."""
    return list(Sector.objects.values_list("code", "name"))


def round_under_way() -> Round | None:
    """The newest round that is not yet published."""
    return Round.objects.filter(publication=None).order_by("-year").first()
