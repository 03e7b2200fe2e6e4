"""Last year's rates for this year's comparison: from the publication of the year before, else imported ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from departments.models import DepartmentYear, Lineage, LineageKind
from evaluation.baselines import BaselineRow, Offer
from evaluation.selectors import scoring_definition_of
from scoring.core.comparison import Predecessor, merged_baseline
from scoring.core.model import MERGED, OWN
from scoring.models import Baseline, DepartmentScore, Publication


@dataclass(frozen=True)
class _Last:
    """What a department had last year."""

    satisfaction: Decimal | None
    dissatisfaction: Decimal | None
    group_rank: int | None
    overall_rank: int | None
    se_satisfaction: Decimal
    se_dissatisfaction: Decimal
    valid_ballots: int

    def as_predecessor(self) -> Predecessor:
        return Predecessor(
            self.satisfaction, self.dissatisfaction, self.valid_ballots, self.se_satisfaction, self.se_dissatisfaction
        )


def offer(year: int) -> Offer | None:
    """What the round of ``year`` can be compared with (a provider for evaluation.baselines); None for nothing."""
    publication = Publication.objects.filter(round__year=year - 1).select_related("round", "run").first()
    last = _published(publication) if publication else _imported(year - 1)
    if not last:
        return None
    decimals = scoring_definition_of(publication.round).decimals if publication else 4
    rows = tuple(row for row in _rows(year, last, decimals) if row is not None)
    if publication is None:
        return Offer(rows)
    rules = scoring_definition_of(publication.round).to_round_json()
    return Offer(rows, scale=rules["scale"], items=rules["items"])


def _published(publication: Publication) -> dict[int, _Last]:
    return {
        row.department_id: _Last(
            row.satisfaction,
            row.dissatisfaction,
            row.group_rank,
            row.overall_rank,
            row.se_satisfaction or Decimal(0),
            row.se_dissatisfaction or Decimal(0),
            row.valid_ballots,
        )
        for row in DepartmentScore.objects.filter(run=publication.run)
    }


def _imported(year: int) -> dict[int, _Last]:
    return {
        row.department_id: _Last(
            row.satisfaction,
            row.dissatisfaction,
            row.group_rank,
            row.overall_rank,
            row.se_satisfaction,
            row.se_dissatisfaction,
            1,  # how many ballots they rest on is not known: predecessors count alike
        )
        for row in Baseline.objects.filter(year=year)
    }


def _rows(year: int, last: dict[int, _Last], decimals: int) -> list[BaselineRow | None]:
    """One row per department of this year that has something to be compared with."""
    merged_into: dict[int, list[int]] = {}
    renamed: dict[int, int] = {}
    for successor, predecessor, kind in Lineage.objects.filter(year=year).values_list(
        "successor_id", "predecessor_id", "kind"
    ):
        if kind == LineageKind.RENAMED:
            renamed[successor] = predecessor
        else:
            merged_into.setdefault(successor, []).append(predecessor)
    rows = []
    for pk, code in DepartmentYear.objects.filter(year=year).values_list("department_id", "department__code"):
        own = last.get(renamed.get(pk, pk))
        formed_from = [last[one] for one in merged_into.get(pk, []) if one in last]
        if formed_from:
            # A department that takes others in carries on with them: its own rates count among the predecessors'.
            rows.append(_merged(code, [*formed_from, *([own] if own else [])], decimals))
        else:
            rows.append(_own(code, own) if own else None)
    return rows


def _text(value: Decimal | None) -> str:
    return "" if value is None else format(value.normalize(), "f")


def _own(code: str, last: _Last) -> BaselineRow:
    return BaselineRow(
        code=code,
        satisfaction=_text(last.satisfaction),
        dissatisfaction=_text(last.dissatisfaction),
        group_rank=last.group_rank,
        overall_rank=last.overall_rank,
        se_satisfaction=_text(last.se_satisfaction),
        se_dissatisfaction=_text(last.se_dissatisfaction),
        source=OWN,
    )


def _merged(code: str, predecessors: list[_Last], decimals: int) -> BaselineRow | None:
    merged = merged_baseline((one.as_predecessor() for one in predecessors), decimals)
    if merged is None:
        return None
    return BaselineRow(
        code=code,
        satisfaction=_text(merged.satisfaction),
        dissatisfaction=_text(merged.dissatisfaction),
        group_rank=None,
        overall_rank=None,
        se_satisfaction=_text(merged.se_satisfaction),
        se_dissatisfaction=_text(merged.se_dissatisfaction),
        source=MERGED,
    )
