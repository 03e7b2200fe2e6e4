"""How sure a department's published figures are, as its page tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluators.models import Stratum
from portal.selectors import DepartmentYearRow
from scoring.certainty import Neighbour, certainty_of
from scoring.core.uncertainty import interval
from scoring.models import Publication


@dataclass(frozen=True)
class DepartmentCertainty:
    """Ranges in per cent, neighbours without their names, chances 0–1, and the strata that have no range."""

    satisfaction: tuple[Decimal, Decimal]
    dissatisfaction: tuple[Decimal, Decimal]
    above: Neighbour | None
    below: Neighbour | None
    chance_last: float
    unsure_last: bool
    #: Nobody's answer differed although not everybody was asked.
    alike: bool
    census: list[str]
    single: list[str]


def department_certainty(publication: Publication, row: DepartmentYearRow) -> DepartmentCertainty | None:
    """For a ranked department of a published year; None for one without a rank. One query."""
    score, code = row.score, row.score.department.code
    if score.group_rank is None or score.satisfaction is None or score.dissatisfaction is None:
        return None
    group = certainty_of(publication.run)[score.group_code]
    summary = publication.run.summary
    judging = {entry["stratum"] for entry in publication.run.breakdown[code]["strata"] if entry["reports"]}
    flags = {entry["code"]: entry["flag"] for entry in summary["strata"] if entry["code"] in judging}
    errors = score.se_satisfaction or Decimal(0), score.se_dissatisfaction or Decimal(0)
    return DepartmentCertainty(
        satisfaction=interval(score.satisfaction, errors[0]),
        dissatisfaction=interval(score.dissatisfaction, errors[1]),
        above=group.above(code),
        below=group.below(code),
        chance_last=summary["chance_last"][code],
        unsure_last=code in group.unsure_last,
        alike=not all(errors) and not all(flag == "census" for flag in flags.values()),
        census=_named(flags, "census"),
        single=_named(flags, "single"),
    )


def _named(flags: Mapping[str, Any], flag: str) -> list[str]:
    wanted = [code for code, found in flags.items() if found == flag]
    names = {row.code: str(row) for row in Stratum.objects.filter(code__in=wanted)} if wanted else {}
    return [names.get(code, code) for code in wanted]
