"""Small rounds for the tests of scoring, built in one place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np

from evaluation.definition import (
    Choice,
    Composite,
    GroupWeights,
    Item,
    OutcomeRules,
    ScoredStratum,
    ScoringDefinition,
    YearOverYear,
)
from scoring.core.ballots import Ballots
from scoring.core.model import Department
from scoring.core.result import Result
from scoring.core.score import score

ROOT = Path(__file__).resolve().parents[2]
SCORING_BUNDLES = ("three-step", "criteria-headroom", "banded-composite", "public-bundle")

#: 满意 100, 比较满意 80, 不满意 0, 不了解: A, B, C, D are answers 1, 2, 3, 4.
THREE_STEP = (
    Choice("A", "满意", Decimal(100), "satisfied"),
    Choice("B", "比较满意", Decimal(80), "neutral"),
    Choice("C", "不满意", Decimal(0), "dissatisfied"),
    Choice("D", "不了解", Decimal(0), "abstain"),
)


def golden(name: str) -> Path:
    """A golden bundle: the shared one where it is present, else the copy in tests/golden."""
    shared = ROOT.parent / "shared" / "golden" / name
    return shared if shared.is_dir() else ROOT / "tests" / "golden" / name


def definition(
    weights: Mapping[str, Mapping[str, str | int]],
    *,
    populations: Mapping[str, int] | None = None,
    items: Sequence[tuple[str, str]] = (("overall", "100"),),
    scale: tuple[Choice, ...] = THREE_STEP,
    min_valid: int = 1,
    year_over_year: YearOverYear | None = None,
    composite: tuple[str, str] = ("100", "0"),
    outcomes: OutcomeRules | None = None,
    decimals: int = 4,
    rank_scope: str = "group",
    tie_break: tuple[str, ...] = ("satisfaction", "dissatisfaction"),
    design_effects: Mapping[str, str] | None = None,
) -> ScoringDefinition:
    """A round with the groups and strata of `weights` ({group: {stratum: weight}}); populations default to 1,000."""
    strata = list(dict.fromkeys(stratum for row in weights.values() for stratum in row))
    result = ScoringDefinition(
        year=2007,
        scale=scale,
        items=tuple(Item(code, code, Decimal(weight)) for code, weight in items),
        strata=tuple(
            ScoredStratum(
                code, code, (populations or {}).get(code, 1000), Decimal((design_effects or {}).get(code, "1"))
            )
            for code in strata
        ),
        groups=tuple(
            GroupWeights(code, code, {stratum: Decimal(weight) for stratum, weight in row.items()})
            for code, row in weights.items()
        ),
        min_valid=min_valid,
        year_over_year=year_over_year or YearOverYear(),
        composite=Composite(Decimal(composite[0]), Decimal(composite[1])),
        decimals=decimals,
        tie_break=tie_break,
        rank_scope=rank_scope,
        outcomes=outcomes or OutcomeRules(),
    )
    result.refuse_problems()
    return result


def departments(groups: str | Sequence[str]) -> list[Department]:
    """D01, D02, … in the given groups."""
    return [Department(f"D{at:02}", f"部门{at}", group) for at, group in enumerate(groups, start=1)]


def ballots(rules: ScoringDefinition, rows: Sequence[tuple[str, str, str]]) -> Ballots:
    """Ballots from (stratum, weight, answers), an answer per department × item: a choice code or "." for blank."""
    strata = {stratum.code: at for at, stratum in enumerate(rules.strata)}
    number = {".": 0} | {choice.code: at for at, choice in enumerate(rules.scale, start=1)}
    weights = {text: Decimal(text) for _, text, _ in rows}
    classes = list(dict.fromkeys(weights.values()))
    packed: dict[tuple[int, int], bytearray] = {}
    for stratum, weight, answers in rows:
        key = strata[stratum], classes.index(weights[weight])
        packed.setdefault(key, bytearray()).extend(number[answer] for answer in answers)
    return Ballots({key: bytes(value) for key, value in packed.items()}, tuple(classes))


def scored(
    rules: ScoringDefinition, groups: str | Sequence[str], rows: Sequence[tuple[str, str, str]], **more: object
) -> Result:
    """Score ballots given as in `ballots`."""
    judged = departments(groups)
    return score(rules, judged, ballots(rules, rows).cube(rules, len(judged)), **more)  # type: ignore[arg-type]


def times(count: int, *row: str) -> list[tuple[str, ...]]:
    """The same ballot several times."""
    return [row] * count


def random_ballots(rules: ScoringDefinition, judged: int, *, size: int, seed: int, weights: Sequence[str]) -> Ballots:
    """`size` random ballots a stratum, split evenly over the weights."""
    generator = np.random.default_rng(seed)
    width = judged * len(rules.items)
    packed = {}
    for stratum in range(len(rules.strata)):
        for weight_class in range(len(weights)):
            rows = size // len(weights)
            answers = generator.integers(0, len(rules.scale) + 1, size=(rows, width), dtype=np.uint8)
            packed[stratum, weight_class] = answers.tobytes()
    return Ballots(packed, tuple(Decimal(weight) for weight in weights))


def expected(name: str) -> list[dict[str, object]]:
    """The departments of a golden bundle's expected.json."""
    return json.loads((golden(name) / "expected.json").read_text(encoding="utf-8"))["departments"]
