"""The fingerprint of a round's input: every part that changes a number changes it, names and order do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from evaluation.definition import YearOverYear
from scoring.core.ballots import Ballots
from scoring.core.fingerprints import input_fingerprint
from scoring.core.model import Adjustment, Baseline
from tests.scoring_core.builders import ballots, definition, departments

BASELINE = Baseline(Decimal(60), Decimal(5), 1, 2, Decimal("0.5"), Decimal("0.25"), "own")
ADJUSTMENT = Adjustment(Decimal(1), Decimal(2), "", "")


def given() -> dict[str, Any]:
    rules = definition(
        {"g": {"s": "40", "t": "60"}, "h": {"s": "100"}},
        items=(("p", "30"), ("q", "70")),
        year_over_year=YearOverYear(),
    )
    rows = [("s", "1", "AABB"), ("s", "1.5", "ABCD"), ("t", "1", "CC..")]
    return {
        "definition": rules,
        "departments": departments("gh"),
        "ballots": ballots(rules, rows),
        "baselines": {"D01": BASELINE},
        "assessments": {"D01": Decimal(90)},
        "adjustments": {"D01": ADJUSTMENT},
    }


def fingerprint(parts: dict[str, Any]) -> str:
    rest = {key: parts[key] for key in ("baselines", "assessments", "adjustments")}
    return input_fingerprint(parts["definition"], parts["departments"], parts["ballots"], **rest)


def rules(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda parts: {"definition": replace(parts["definition"], **changes)}


def first(name: str, **changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The first choice, item, stratum or group of the rules, changed."""

    def change(parts: dict[str, Any]) -> dict[str, Any]:
        rows = getattr(parts["definition"], name)
        return {"definition": replace(parts["definition"], **{name: (replace(rows[0], **changes), *rows[1:])})}

    return change


def baseline(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda parts: {"baselines": {"D01": replace(BASELINE, **changes)}}


def adjustment(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda parts: {"adjustments": {"D01": replace(ADJUSTMENT, **changes)}}


CHANGES = {
    "decimals": rules(decimals=3),
    "least valid answers": rules(min_valid=2),
    "ties": rules(tie_break=("dissatisfaction",)),
    "method": rules(year_over_year=YearOverYear("linear", Decimal(1), Decimal(1))),
    "value of a choice": first("scale", value=Decimal(99)),
    "what a choice counts as": first("scale", counts="neutral"),
    "weight of an item": first("items", weight=Decimal(31)),
    "candidates": first("strata", population=999),
    "design effect": first("strata", design_effect=Decimal(2)),
    "weights": first("groups", weights={"s": Decimal(41), "t": Decimal(59)}),
    "group of a department": lambda parts: {"departments": departments("gg")},
    "code of a department": lambda parts: {
        "departments": [replace(parts["departments"][0], code="D09"), parts["departments"][1]]
    },
    "an answer": lambda parts: {
        "ballots": ballots(parts["definition"], [("s", "1", "AABC"), ("s", "1.5", "ABCD"), ("t", "1", "CC..")])
    },
    "a ballot's stratum": lambda parts: {
        "ballots": ballots(parts["definition"], [("t", "1", "AABB"), ("s", "1.5", "ABCD"), ("t", "1", "CC..")])
    },
    "a ballot's weight": lambda parts: {
        "ballots": ballots(parts["definition"], [("s", "2", "AABB"), ("s", "1.5", "ABCD"), ("t", "1", "CC..")])
    },
    "last year's satisfaction": baseline(satisfaction=Decimal(61)),
    "last year's dissatisfaction": baseline(dissatisfaction=Decimal(6)),
    "last year's rank in the group": baseline(group_rank=2),
    "last year's overall rank": baseline(overall_rank=3),
    "last year's error of satisfaction": baseline(se_satisfaction=Decimal("0.6")),
    "last year's error of dissatisfaction": baseline(se_dissatisfaction=Decimal("0.3")),
    "where last year's figures come from": baseline(source="merged"),
    "no rates last year": baseline(satisfaction=None, dissatisfaction=None),
    "assessment": lambda parts: {"assessments": {"D01": Decimal(91)}},
    "bonus": adjustment(bonus=Decimal(2)),
    "deduction": adjustment(deduction=Decimal(1)),
    "veto": adjustment(veto="x"),
    "problem": adjustment(problem="x"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_a_number_changes_it(name: str) -> None:
    parts = given()
    assert fingerprint({**parts, **CHANGES[name](parts)}) != fingerprint(parts)


def turned(parts: dict[str, Any]) -> dict[str, Any]:
    """Departments, items and strata the other way round, and the answers with them."""
    rows = [("s", "1", "BBAA"), ("s", "1.5", "DCBA"), ("t", "1", "..CC")]
    definition_ = parts["definition"]
    back = replace(
        definition_, strata=definition_.strata[::-1], items=definition_.items[::-1], groups=definition_.groups[::-1]
    )
    return {"definition": back, "departments": parts["departments"][::-1], "ballots": ballots(back, rows)}


SAME = {
    "label of a choice": first("scale", label="很满意"),
    "label of an item": first("items", label="另名"),
    "label of a stratum": first("strata", label="另名"),
    "label of a group": first("groups", label="另名"),
    "name of a department": lambda parts: {
        "departments": [replace(parts["departments"][0], name="另名"), parts["departments"][1]]
    },
    "order": turned,
    "order of ballots": lambda parts: {
        "ballots": ballots(parts["definition"], [("t", "1", "CC.."), ("s", "1.5", "ABCD"), ("s", "1", "AABB")])
    },
    "a department that is not in the round": lambda parts: {
        "baselines": {**parts["baselines"], "D99": BASELINE},
        "assessments": {**parts["assessments"], "D99": Decimal(1)},
        "adjustments": {**parts["adjustments"], "D99": ADJUSTMENT},
    },
    "an empty weight class": lambda parts: {
        "ballots": Ballots(parts["ballots"].packed, (*parts["ballots"].class_weights, Decimal(7)))
    },
}


@pytest.mark.parametrize("name", SAME)
def test_what_changes_no_number_does_not_change_it(name: str) -> None:
    parts = given()
    assert fingerprint({**parts, **SAME[name](parts)}) == fingerprint(parts)


def test_the_fingerprint_of_an_input_stays_the_same_from_release_to_release() -> None:
    """Runs are compared and bootstraps seeded by it: whoever changes how it is made has to mean it."""
    assert fingerprint(given()) == "dd882b7f0a65acf9a255d807f79a1773e1d1401807a5084b61af9cd168670519"
