"""What a report on data quality says: signs by stratum, and how the ranking would change without these ballots.

Only ranks are compared, never totals or rates: from the totals with and without some ballots, and the rates of the
other strata, anybody could work out what these ballots say, and two weightings of the same rates give hidden cells
away. Where fewer than `min_cell` ballots of a stratum would make the difference they stay in, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from evaluation.definition import ScoringDefinition, StratumPlan
from evaluation.models import Round
from evaluation.selectors import configuration_of
from scoring.core.ballots import Ballots
from scoring.core.differences import Comparison, compared
from scoring.core.exclusions import FlaggedBallots, without
from scoring.core.quality import (
    FINDINGS,
    IDENTICAL,
    StratumQuality,
    hidden_findings,
    population_weighted,
    stratum_quality,
)
from scoring.core.result_json import results_json
from scoring.core.score import score
from scoring.exclusions import in_force, states_seen
from scoring.inputs import RoundInput
from scoring.models import ScoreRun

#: The comparisons of a report besides one for each sign: all signs together, all that came back, other weights.
ALL, RETURNED, POPULATION = "all", "returned", "population"
COMPARISONS = len(FINDINGS) + 3


def strata_content(round: Round, source: RoundInput) -> list[dict[str, Any]]:
    """A row per stratum: who could judge, was asked, came back, is left out; the signs, None where a count would tell.

    `quota` and `population` count ballots; `left_out` are the signs excluded by decision.
    """
    configuration = configuration_of(round)
    plans = {plan.code: plan for plan in configuration.strata}
    invitations = round.invitations.filter(revoked_on=None).order_by()
    asked = dict(invitations.values_list("stratum__code").annotate(Count("pk")))
    holding = in_force(source.decisions)
    rows = []
    for position, row in enumerate(stratum_quality(source.definition, len(source.departments), source.returned)):
        hidden = hidden_findings(row, min_cell=configuration.min_cell)
        rows.append(
            {
                "code": row.code,
                "population": row.population,
                "quota": _quota(plans[row.code], row),
                "asked": asked.get(row.code, 0),
                "returned": row.returned,
                "excluded": sum(entry.count for entry in source.left_out if entry.stratum == position),
                "left_out": [name for name in FINDINGS if name in holding.get(row.code, {})],
                "findings": {name: None if name in hidden else getattr(row, name) for name in FINDINGS},
                "largest_bulk": None if IDENTICAL in hidden else row.largest_bulk,
            }
        )
    return rows


def _quota(plan: StratumPlan, row: StratumQuality) -> int:
    """The ballots that the plan means to give out: everybody's, or the seats with what a unit gets for each."""
    seats = plan.quota * (plan.ballots_per_unit if plan.drawn_by == "unit" else 1)
    return row.population if plan.mode == "all" else min(seats, row.population)


def comparisons(
    source: RoundInput, run: ScoreRun, strata: list[dict[str, Any]], *, min_cell: int, tell: Callable[[int], None]
) -> dict[str, Any]:
    """The ranking of `run` beside that without each sign, without all of them, with all ballots, by other weights.

    By name: `left_out` (ballots that make the difference), `strata` (codes where they are), `kept` (codes where a few
    stay as they are), `gained`, `lost`, `correlation` (Kendall's τ-b) and `rows` of code, group and ranks in the group
    (`before`, `after`); `rows` is None where nothing can be compared. `tell` hears how many are done.
    """
    departments = len(source.departments)
    flagged = FlaggedBallots.of(source.definition, departments, source.returned)
    seen = {row["code"]: states_seen(source.decisions, row["code"]) for row in strata}
    now = {code: states[-1] for code, states in seen.items()}
    shown = {row["code"]: {name for name in FINDINGS if row["findings"][name] is not None} for row in strata}
    found: dict[str, Any] = {}
    for name, signs in [*((sign, {sign}) for sign in FINDINGS), (ALL, set(FINDINGS)), (RETURNED, set())]:
        chosen, entry = dict(now), _Entry()
        for code, held in now.items():
            then = held | (signs & shown[code]) if signs else frozenset()
            changed = int((flagged.left_out(code, then) ^ flagged.left_out(code, held)).sum())
            if not changed:
                continue
            if flagged.tells(code, then, seen[code], min_cell=min_cell):
                entry.kept.append(code)
                continue
            chosen[code] = then
            seen[code].append(then)
            entry.strata.append(code)
            entry.left_out += changed
        rest = without(source.definition, departments, source.returned, chosen)[0] if entry.strata else None
        found[name] = entry.content(None if rest is None else _ranks(source, source.definition, rest, run))
        tell(len(found))
    weighted = population_weighted(source.definition)
    found[POPULATION] = _Entry().content(_ranks(source, weighted, source.ballots, run))
    return found


@dataclass
class _Entry:
    """What makes the difference in one comparison."""

    left_out: int = 0
    strata: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def content(self, comparison: Comparison | None) -> dict[str, Any]:
        entry: dict[str, Any] = {"left_out": self.left_out, "strata": self.strata, "kept": self.kept, "rows": None}
        if comparison is not None:
            entry |= {
                "gained": comparison.gained,
                "lost": comparison.lost,
                "correlation": None if comparison.correlation is None else round(comparison.correlation, 3),
                "rows": [
                    {
                        "code": row.code,
                        "group": row.group,
                        "before": row.group_ranks[0],
                        "after": row.group_ranks[1],
                    }
                    for row in comparison.standings
                ],
            }
        return entry


def _ranks(source: RoundInput, definition: ScoringDefinition, ballots: Ballots, run: ScoreRun) -> Comparison:
    """The run beside the result of these ballots under these rules."""
    cube = ballots.cube(definition, len(source.departments))
    result = score(definition, source.departments, cube, **source.about)
    return compared(run.result["departments"], results_json(result)["departments"])
