"""What planning promises is what scoring publishes: at a round's own numbers the margins agree."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.quotas.margins import Sample, department_margin
from evaluation.quotas.spread import spreads
from scoring.core.score import score
from tests.scoring_core.builders import definition, departments, random_ballots


@pytest.mark.parametrize("items", [(("q", "100"),), (("a", "50"), ("b", "30"), ("c", "20"))])
def test_the_planned_margin_is_the_published_one(items: tuple[tuple[str, str], ...]) -> None:
    rules = definition(
        {"g": {"s1": "20", "s2": "50", "s3": "30"}},
        items=items,
        populations={"s1": 300, "s2": 4000, "s3": 200},  # 200 ballots of each: s3 is a census
        design_effects={"s2": "1.7"},
    )
    judged = departments("ggg")
    weights = ("1", "2.5")
    ballots = random_ballots(rules, len(judged), size=200, seed=7, weights=weights)
    cube = ballots.cube(rules, len(judged))
    published = score(rules, judged, cube).departments

    counts = [choice.counts for choice in rules.scale]
    known = {}
    for at, stratum in enumerate(rules.strata):
        blocks = [ballots.matrix(at, one, len(judged) * len(items)) for one in range(len(weights))]
        known[stratum.code] = spreads(
            np.concatenate(blocks).reshape(-1, len(judged), len(items)),
            np.concatenate([np.full(len(block), float(one)) for block, one in zip(blocks, weights, strict=True)]),
            valid=[kind != "abstain" for kind in counts],
            satisfied=[kind == "satisfied" for kind in counts],
            shares=[float(item.share) for item in rules.items],
            min_cell=5,
        )
    samples = {stratum.code: Sample(200, stratum.population, float(stratum.design_effect)) for stratum in rules.strata}
    for department, row in enumerate(published):
        planned = department_margin(
            {code: float(weight) for code, weight in rules.groups[0].weights.items()},
            samples,
            {code: found[department] for code, found in known.items()},
        )
        # Standard errors are published to six places.
        assert planned == pytest.approx(1.96 * float(row.se_satisfaction), abs=2e-6)
