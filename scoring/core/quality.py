"""Signs that ballots were not filled in with care, or not by whom they should: counted and flagged, never dropped.

Leaving ballots out is a decision of people with a reason; `without` builds the input to see what it would change.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from evaluation.definition import ScoringDefinition

from .ballots import Answers, Ballots
from .result import Result

Flags = npt.NDArray[np.bool_]

BLANK, ABSTAIN, STRAIGHT, IDENTICAL = FINDINGS = ("blank", "abstain", "straight", "identical")
#: A ballot with fewer valid answers cannot be said to be straight-lined or copied.
FEWEST_ANSWERS = 10
#: So many equal ballots in one stratum are no coincidence.
IDENTICAL_FROM = 5


@dataclass(frozen=True, slots=True)
class StratumQuality:
    """One stratum: ballots `returned` of `population` candidates, and how many of them show each sign.

    `blank` no answer at all; `abstain` answers, but none valid; `straight` at least ten valid answers, all the same
    choice; `identical` at least ten valid answers, the same row on five ballots or more. `largest_bulk` is the size of
    the largest set of such equal ballots.
    """

    code: str
    returned: int
    population: int
    blank: int
    abstain: int
    straight: int
    identical: int
    largest_bulk: int


def stratum_quality(definition: ScoringDefinition, departments: int, ballots: Ballots) -> tuple[StratumQuality, ...]:
    """The signs by stratum, in the order of the round."""
    width = departments * len(definition.items)
    found = []
    for position, stratum in enumerate(definition.strata):
        rows = _rows(ballots, position, width)
        flags = signs(definition, rows)
        found.append(
            StratumQuality(
                code=stratum.code,
                returned=len(rows),
                population=stratum.population,
                largest_bulk=_largest_bulk(rows[flags[IDENTICAL]]),
                **{name: int(flags[name].sum()) for name in FINDINGS},
            )
        )
    return tuple(found)


def signs(definition: ScoringDefinition, rows: Answers) -> dict[str, Flags]:
    """For the ballots (n, D·Q) of one stratum the signs each shows, as masks (n,)."""
    valid_of = np.array([False, *(choice.is_valid for choice in definition.scale)])
    valid = valid_of[rows]
    answers = valid.sum(axis=1)
    masked = np.where(valid, rows, 0)
    lowest = np.where(valid, rows, 255).min(axis=1, initial=255)
    enough = answers >= FEWEST_ANSWERS
    given = (rows > 0).any(axis=1)
    return {
        BLANK: ~given,
        ABSTAIN: given & (answers == 0),
        STRAIGHT: enough & (masked.max(axis=1, initial=0) == lowest),
        IDENTICAL: enough & (_multiplicity(rows) >= IDENTICAL_FROM),
    }


def without(
    definition: ScoringDefinition, departments: int, ballots: Ballots, findings: Collection[str]
) -> tuple[Ballots, dict[tuple[int, int], int]]:
    """The ballots without those that show any of `findings`, and how many were left out by (stratum, weight class).

    Raises KeyError for an unknown sign.
    """
    width = departments * len(definition.items)
    packed: dict[tuple[int, int], bytes] = {}
    left_out: dict[tuple[int, int], int] = {}
    for position in range(len(definition.strata)):
        flags = signs(definition, _rows(ballots, position, width))
        drop = np.logical_or.reduce([flags[name] for name in findings]) if findings else np.zeros(0, dtype=bool)
        start = 0
        for weight_class in range(len(ballots.class_weights)):
            rows = ballots.matrix(position, weight_class, width)
            dropped = drop[start : start + len(rows)] if findings else np.zeros(len(rows), dtype=bool)
            start += len(rows)
            packed[position, weight_class] = rows[~dropped].tobytes()
            if dropped.any():
                left_out[position, weight_class] = int(dropped.sum())
    return Ballots(packed, ballots.class_weights), left_out


def population_weighted(definition: ScoringDefinition) -> ScoringDefinition:
    """The same round with each group's strata weighted by their candidates instead: who returned less counts as much.

    Strata that do not judge a group still do not. Weights have four decimals and add up to 100 (largest remainder);
    a group whose strata have no candidates keeps its weights.
    """
    groups = []
    for group in definition.groups:
        sizes = {stratum.code: stratum.population for stratum in definition.strata if group.weight(stratum.code) > 0}
        total = sum(sizes.values())
        groups.append(replace(group, weights=_spread(sizes, total)) if total else group)
    return replace(definition, groups=tuple(groups))


def _spread(sizes: Mapping[str, int], total: int) -> dict[str, Decimal]:
    """100 in proportion to `sizes`, at four decimals, by largest remainder."""
    units = 100 * 10_000
    shares = {code: divmod(size * units, total) for code, size in sizes.items()}
    rest = units - sum(whole for whole, _ in shares.values())
    lucky = sorted(shares, key=lambda code: (-shares[code][1], code))[:rest]
    return {code: Decimal(whole + (code in lucky)) / 10_000 for code, (whole, _) in shares.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """One department in two results: totals and group ranks, None where it is not ranked."""

    code: str
    group: str
    totals: tuple[Decimal | None, Decimal | None]
    group_ranks: tuple[int | None, int | None]

    @property
    def moved(self) -> int | None:
        """Places gained (positive) or lost in the group from the first result to the second."""
        first, second = self.group_ranks
        return None if first is None or second is None else first - second


def changes(first: Result, second: Result) -> tuple[Change, ...]:
    """Both results department by department, in the order of the first. Raises KeyError where the second lacks one."""
    return tuple(
        Change(
            row.code,
            row.group,
            (row.total, second.department(row.code).total),
            (row.group_rank, second.department(row.code).group_rank),
        )
        for row in first.departments
    )


def rank_correlation(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Kendall's τ-b of two rankings given as pairs of ranks; None for fewer than two or all tied.

    τ-b = (concordant − discordant) / sqrt((n₀ − ties₁)(n₀ − ties₂)), n₀ = n(n − 1)/2.
    """
    if len(pairs) < 2:
        return None
    first, second = (np.sign(np.subtract.outer(*(np.array(column),) * 2)) for column in zip(*pairs, strict=True))
    untied = float((first != 0).sum()), float((second != 0).sum())
    if not all(untied):
        return None
    return float((first * second).sum()) / (untied[0] * untied[1]) ** 0.5


def _rows(ballots: Ballots, stratum: int, width: int) -> Answers:
    """All ballots of a stratum, weight class after weight class."""
    parts = [ballots.matrix(stratum, at, width) for at in range(len(ballots.class_weights))]
    return np.concatenate(parts) if parts else np.zeros((0, width), dtype=np.uint8)


def _multiplicity(rows: Answers) -> npt.NDArray[np.int64]:
    """For every ballot how many have the same row, itself included."""
    if not len(rows) or not rows.shape[1]:
        return np.zeros(len(rows), dtype=np.int64)
    keys = np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").reshape(-1)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[inverse]


def _largest_bulk(rows: Answers) -> int:
    return int(_multiplicity(rows).max(initial=0))
