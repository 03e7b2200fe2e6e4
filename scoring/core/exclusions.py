"""Leaving ballots out by decision: which ones a sign means, what remains, and what two results of it give away.

A decision names a stratum and a sign (`quality.FINDINGS`), never a ballot. What it means is worked out from all
ballots that came back, each time anew, so nothing is deleted and taking the decision back restores every digit.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.definition import ScoringDefinition

from .ballots import Ballots
from .quality import ABSTAIN, BLANK, FINDINGS, Flags, signs, stratum_rows

#: Stratum code → the signs whose ballots are left out there.
Chosen = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`count` ballots of a stratum and weight class (positions from 0), left out for `finding`.

    A ballot that shows several signs counts once, under the first of them in the order of `FINDINGS`.
    """

    stratum: int
    weight_class: int
    finding: str
    count: int


@dataclass(frozen=True)
class FlaggedBallots:
    """The signs of every ballot by stratum code, each a mask over its ballots, weight class after weight class."""

    by_stratum: Mapping[str, Mapping[str, Flags]]

    @classmethod
    def of(
        cls, definition: ScoringDefinition, departments: int, ballots: Ballots, strata: Collection[str] | None = None
    ) -> "FlaggedBallots":
        """Look at the ballots of all strata, or of those named."""
        width = departments * len(definition.items)
        return cls(
            {
                stratum.code: signs(definition, stratum_rows(ballots, position, width))
                for position, stratum in enumerate(definition.strata)
                if strata is None or stratum.code in strata
            }
        )

    def left_out(self, stratum: str, findings: Collection[str]) -> Flags:
        """The ballots of a stratum that show any of the signs. Raises KeyError for an unknown stratum or sign."""
        flags = self.by_stratum[stratum]
        masks = [flags[name] for name in findings]
        return np.logical_or.reduce(masks) if masks else np.zeros_like(flags[BLANK])

    def apart(self, stratum: str, first: Collection[str], second: Collection[str]) -> int:
        """How many ballots with a valid answer one of two choices of signs leaves out and the other does not.

        Whoever sees the result under both can work out what these ballots say together. Ballots without a valid answer
        do not count: their sign has told already what they say.
        """
        flags = self.by_stratum[stratum]
        differ = self.left_out(stratum, first) ^ self.left_out(stratum, second)
        return int((differ & ~(flags[BLANK] | flags[ABSTAIN])).sum())

    def tells(self, stratum: str, findings: Collection[str], seen: Iterable[Collection[str]], *, min_cell: int) -> bool:
        """Whether a result without these ballots would give a few of them away to who has `seen` the others.

        It does where fewer than `min_cell` of them, but not none, make the difference to a result seen before.
        """
        return any(0 < self.apart(stratum, findings, before) < min_cell for before in seen)


def without(
    definition: ScoringDefinition, departments: int, ballots: Ballots, chosen: Chosen
) -> tuple[Ballots, tuple[LeftOut, ...]]:
    """The ballots that remain, and what was left out, by stratum, weight class and sign in this order.

    Strata of `chosen` that the round does not have are ignored. Raises KeyError for an unknown sign.
    """
    width = departments * len(definition.items)
    packed = dict(ballots.packed)
    left_out = []
    for position, stratum in enumerate(definition.strata):
        findings = [name for name in FINDINGS if name in chosen.get(stratum.code, ())]
        if unknown := set(chosen.get(stratum.code, ())) - set(findings):
            raise KeyError(min(unknown))
        if not findings:
            continue
        flags = signs(definition, stratum_rows(ballots, position, width))
        start = 0
        for weight_class in range(len(ballots.class_weights)):
            rows = ballots.matrix(position, weight_class, width)
            here = slice(start, start + len(rows))
            start += len(rows)
            gone = np.zeros(len(rows), dtype=bool)
            for name in findings:
                new = flags[name][here] & ~gone
                gone |= new
                if new.any():
                    left_out.append(LeftOut(position, weight_class, name, int(new.sum())))
            if gone.any():
                packed[position, weight_class] = rows[~gone].tobytes()
    if not left_out:
        return ballots, ()
    return Ballots(packed, ballots.class_weights), tuple(left_out)
