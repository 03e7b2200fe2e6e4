"""Signs that ballots were not filled in with care, or not by whom they should: counted and flagged, never dropped.

Leaving ballots out is a decision of people with a reason (`exclusions`); what is found may be told only as far as it
tells nobody's answers (`hidden_findings`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from evaluation.definition import ScoringDefinition

from .ballots import Answers, Ballots
from .privacy import small_cells

Flags = npt.NDArray[np.bool_]

BLANK, ABSTAIN, STRAIGHT, IDENTICAL = FINDINGS = ("blank", "abstain", "straight", "identical")
#: A ballot with fewer valid answers cannot be said to be straight-lined or copied.
FEWEST_ANSWERS = 10
#: So many equal ballots in one stratum are no coincidence.
IDENTICAL_FROM = 5
#: A stratum whose share of the ballots is this far from its share of the quotas (either way) is out of balance.
BALANCED_WITHIN = Fraction(5, 4)


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
        rows = stratum_rows(ballots, position, width)
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


def hidden_findings(row: StratumQuality, *, min_cell: int) -> frozenset[str]:
    """Which of a stratum's findings must not be told: everybody knows who belongs to it, so a count can be an answer.

    All of them below `min_cell` ballots; below 20 also a sign that every ballot shows, and "blank" and "don't know"
    when together they are all there is. By the rule for small cells (`privacy.small_cells`).
    """
    silent = row.blank + row.abstain
    shows = {BLANK: silent, ABSTAIN: silent, STRAIGHT: row.straight, IDENTICAL: row.identical}
    everybody = np.array([shows[name] == row.returned for name in FINDINGS])
    hidden = small_cells(np.full(len(FINDINGS), row.returned), everybody, min_cell=min_cell)
    return frozenset(name for name, hides in zip(FINDINGS, hidden.tolist(), strict=True) if hides)


@dataclass(frozen=True, slots=True)
class StratumBalance:
    """A stratum's share of the candidates, of the quotas and of the ballots that came back; None without a whole.

    `flag` is "under" or "over" when the share of the ballots is below 4/5 or above 5/4 of the share of the quotas.
    """

    code: str
    population_share: Fraction | None
    quota_share: Fraction | None
    returned_share: Fraction | None

    @property
    def flag(self) -> str:
        if self.quota_share is None or self.returned_share is None:
            return ""
        if self.returned_share * BALANCED_WITHIN < self.quota_share:
            return "under"
        return "over" if self.returned_share > self.quota_share * BALANCED_WITHIN else ""


def balance(strata: Sequence[tuple[str, int, int, int]]) -> tuple[StratumBalance, ...]:
    """The balance of strata given as (code, candidates, quota, returned), quotas in ballots."""
    candidates = sum(row[1] for row in strata)
    seats = sum(row[2] for row in strata)
    ballots = sum(row[3] for row in strata)

    def share(part: int, whole: int) -> Fraction | None:
        return Fraction(part, whole) if whole else None

    return tuple(
        StratumBalance(code, share(population, candidates), share(quota, seats), share(returned, ballots))
        for code, population, quota, returned in strata
    )


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


def stratum_rows(ballots: Ballots, stratum: int, width: int) -> Answers:
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
