"""The decisions on leaving ballots out: which hold, and which results somebody may have seen under earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.models import Round
from scoring.models import ExclusionDecision, Finding, ScoreRun

#: Stratum code → sign → the decision that excludes its ballots.
InForce = Mapping[str, Mapping[str, ExclusionDecision]]


def decisions_of(round: Round) -> list[ExclusionDecision]:
    """Every decision of a round, oldest first. One query."""
    return list(
        ExclusionDecision.objects.filter(round=round).select_related("stratum", "decided_by").order_by("pk")
    )  # fmt: skip


def in_force(decisions: Iterable[ExclusionDecision]) -> dict[str, dict[str, ExclusionDecision]]:
    """What is excluded now: for each stratum and sign the last decision, where it excludes."""
    holding: dict[str, dict[str, ExclusionDecision]] = {}
    for row in decisions:
        signs = holding.setdefault(row.stratum.code, {})
        if row.excludes:
            signs[row.finding] = row
        else:
            signs.pop(row.finding, None)
    return {code: signs for code, signs in holding.items() if signs}


def states_seen(decisions: Iterable[ExclusionDecision], stratum: str) -> list[frozenset[str]]:
    """The sets of signs under which the ballots of a stratum were or are left out, the last one holding.

    Somebody may have seen a result under each; the first is that in which all ballots count.
    """
    states: list[frozenset[str]] = [frozenset()]
    for row in decisions:
        if row.stratum.code == stratum:
            states.append(states[-1] | {row.finding} if row.excludes else states[-1] - {row.finding})
    return states


def last_decision(decisions: Sequence[ExclusionDecision]) -> int | None:
    """The key of the newest decision: what a run must know of to be published."""
    return decisions[-1].pk if decisions else None


def excluded_by_reason(run: ScoreRun) -> list[dict[str, Any]]:
    """What a run left out: rows with the stratum's code, `finding`, its `label` in words, `count` and `reason`.

    Over all weights: how many of which weight is for auditors alone.
    """
    found: dict[tuple[str, str, str], int] = {}
    for row in run.summary["exclusions"]:
        key = row["stratum"], row["finding"], row["reason"]
        found[key] = found.get(key, 0) + row["count"]
    return [
        {"stratum": stratum, "finding": finding, "label": Finding(finding).label, "count": count, "reason": reason}
        for (stratum, finding, reason), count in found.items()
    ]
