"""How far weights can move: by hand, against `score` at both edges, and against every step where there are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.definition import ScoringDefinition, YearOverYear
from scoring.core.bundle import Bundle, read_bundle
from scoring.core.cube import CountCube
from scoring.core.model import Adjustment, Baseline, Department
from scoring.core.score import score
from scoring.core.sensitivity import Range, StratumSensitivity, sensitivities
from tests.scoring_core.builders import ballots, definition, departments, golden, times
from tests.scoring_core.test_properties import Case, cases

STEP = Fraction(1, 100)


def found(rules: ScoringDefinition, groups: str, rows: Sequence[Any], **about: Any) -> dict[str, StratumSensitivity]:
    judged = departments(groups)
    cube = ballots(rules, rows).cube(rules, len(judged))
    return {row.stratum: row for row in sensitivities(rules, judged, cube, **about)}


def test_two_that_change_places() -> None:
    # T1 = w, T2 = 100 − w for the weight w of a: D02 leads below 50; at 50 totals, S and U are equal and both lead.
    rules = definition({"g": {"a": 40, "b": 60}})
    rows = found(rules, "gg", [("a", "1", "AC"), ("b", "1", "CA")])
    both = ("D01", "D02")
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("49.99"), None, both, False)
    assert rows["a"].last == Range(Decimal("0.00"), Decimal("49.99"), None, both, False)
    assert rows["b"].first == Range(Decimal("50.01"), Decimal("100.00"), both, None, False)
    assert (rows["a"].first_now, rows["a"].last_now, rows["a"].margin) == (("D02",), ("D01",), Decimal("9.99"))


def test_a_tie_is_broken_as_the_rules_say() -> None:
    # D03 has 80 whatever the weight; D02 = 100 − w is equal at 20, where S = 80 against 0 keeps it first.
    rules = definition({"g": {"a": 10, "b": 90}})
    rows = found(rules, "ggg", [("a", "1", "ACB"), ("b", "1", "CAB")])
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("20.00"), None, ("D03",), False)
    # D01 = w is last until it is as good as D02 at 50.
    assert rows["a"].last == Range(Decimal("0.00"), Decimal("49.99"), None, ("D01", "D02"), False)


def test_a_stratum_that_does_not_report_bends_the_line() -> None:
    # c says nothing of D01: T1 = 100 w/(w + (100 − w)/2) = 200 w/(100 + w), which passes D02's 80 at w = 66.66…
    rules = definition({"g": {"a": 50, "b": 25, "c": 25}})
    rows = found(rules, "gg", [("a", "1", "AB"), ("b", "1", "CB"), ("c", "1", ".B")])
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("66.66"), None, ("D01",), False)


def test_a_department_that_only_one_stratum_judges_has_no_place_without_it() -> None:
    # Only a judges D01 (100 points): at weight 0 it is no longer ranked, and D02 is first and last.
    rules = definition({"g": {"a": 50, "b": 50}})
    rows = found(rules, "gg", [("a", "1", "AB"), ("b", "1", ".B")])
    assert rows["a"].first == Range(Decimal("0.01"), Decimal("100.00"), ("D02",), None, False)
    assert rows["b"].first == Range(Decimal("0.00"), Decimal("99.99"), None, ("D02",), False)


def test_bands_jump() -> None:
    # S1 = 100 − w; against last year's 50 it gains 10 points from a change of 20 on, that is while w ≤ 30:
    # D01 = 110 − w against D02's 80 there, then 100 − w < 80: it falls behind as the band ends.
    rule = YearOverYear.from_dict({"method": "banded", "bands_satisfied": [{"from": "20", "points": "10"}]})
    rules = definition({"g": {"a": 25, "b": 75}}, year_over_year=rule)
    last = {"D01": Baseline(Decimal(50), Decimal(0))}
    rows = found(rules, "gg", [("a", "1", "CB"), ("b", "1", "AB")], baselines=last)
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("30.00"), None, ("D02",), False)


def test_a_cap_holds_the_line() -> None:
    # S1 = w, B1 = w; k = 1, cap 10 against last year's 30: D01 = w + (w − 30) up to 40, w + 10 beyond; 80 at w = 70.
    rule = YearOverYear.from_dict({"method": "linear", "satisfied": "1", "cap_satisfied": "10"})
    rules = definition({"g": {"a": 20, "b": 80}}, year_over_year=rule, tie_break=("dissatisfaction",))
    last = {"D01": Baseline(Decimal(30), Decimal(0))}
    rows = found(rules, "gg", [("a", "1", "AB"), ("b", "1", "CB")], baselines=last)
    # At 70 totals are equal and U = 30 against 0 keeps D02 in front.
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("70.00"), None, ("D01",), False)


def test_a_lead_lost_in_between_is_seen() -> None:
    # D01 = 100 − w/5 stays above D02's 80 but for a band that takes 50 points from a change of −30 up to below −10;
    # S1 = 100 − w against 90 last year is in it for 20 < w ≤ 40.
    bands = [{"from": "-30", "points": "-50"}, {"from": "-10", "points": "0"}]
    rule = YearOverYear.from_dict({"method": "banded", "bands_satisfied": bands})
    rules = definition({"g": {"a": 10, "b": 90}}, year_over_year=rule)
    last = {"D01": Baseline(Decimal(90), Decimal(0))}
    rows = found(rules, "gg", [("a", "1", "BB"), ("b", "1", "AB")], baselines=last)
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("20.00"), None, ("D02",), False)


def test_a_bend_that_reaches_over_the_lead_is_seen() -> None:
    # c says nothing of D01: T1 = 80 w/(w + 10 (100 − w)/98), T2 = 25 + 3 w/4. D02 leads at 2 and at 100, but
    # 33 w² − 2445 w + 12500 = 0 at w = 5.524…
    rules = definition({"g": {"a": 2, "b": 10, "c": 88}})
    rows = [("a", "1", "BA"), ("b", "1", "CA"), *times(3, "b", "1", "CC"), ("c", "1", ".A"), *times(3, "c", "1", ".C")]
    assert found(rules, "gg", rows)["a"].first == Range(Decimal("0.00"), Decimal("5.52"), None, ("D01",), False)


def test_whoever_is_ahead_by_less_than_is_shown_can_be_equal_in_between() -> None:
    # Without decimals T1 = 100.2 − w/5 is above T2 = 100 − w/5 only where a half lies between: for 7.5 < w ≤ 8.5.
    rules = definition({"g": {"a": "7.6", "b": "92.4"}}, decimals=0)
    bonus = {"D01": Adjustment(bonus=Decimal("0.2"))}
    rows = found(rules, "gg", [("a", "1", "BB"), ("b", "1", "AA")], adjustments=bonus)
    both = ("D01", "D02")
    assert rows["a"].first == Range(Decimal("7.51"), Decimal("8.50"), both, both, False)


def test_a_dead_band_is_searched() -> None:
    # Nothing to compare with: the dead band changes nothing, and the search finds the edge of the proof.
    rule = YearOverYear(method="linear", satisfied=Decimal(1), deadband=True)
    rules = definition({"g": {"a": 10, "b": 90}}, year_over_year=rule)
    rows = found(rules, "ggg", [*times(3, "a", "1", "ACB"), *times(3, "b", "1", "CAB")])  # type: ignore[arg-type]
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("20.00"), None, ("D03",), True)


def test_two_that_never_part_share_the_place_everywhere() -> None:
    rules = definition({"g": {"a": 33, "b": 67}})
    rows = found(rules, "ggg", [("a", "1", "AAC"), ("b", "1", "BBC")])
    assert rows["a"].first == Range(Decimal("0.00"), Decimal("100.00"), None, None, False)
    assert rows["a"].first_now == ("D01", "D02")


def test_who_judges_alone_cannot_be_weighed_differently() -> None:
    rules = definition({"g": {"a": 100, "b": 0}})
    assert found(rules, "gg", [("a", "1", "AB")]) == {}


# Against score itself


def ends(
    rules: ScoringDefinition,
    judged: Sequence[Department],
    cube: CountCube,
    about: Mapping[str, Any],
    row: StratumSensitivity,
    weight: Fraction,
) -> dict[str, tuple[str, ...]]:
    """First and last of the group with the stratum at `weight`, from the weights as fractions of 100."""
    group = rules.group(row.group)
    rest = 100 - Fraction(row.weight)
    weights: dict[str, Any] = {
        code: weight if code == row.stratum else Fraction(value) * (100 - weight) / rest
        for code, value in group.weights.items()
    }
    others = tuple(one for one in rules.groups if one.code != row.group)
    result = score(replace(rules, groups=(*others, replace(group, weights=weights))), judged, cube, **about)
    ranks = {one.code: one.group_rank for one in result.departments if one.group == row.group and one.group_rank}
    return {
        "first": tuple(code for code, rank in ranks.items() if rank == 1),
        "last": tuple(code for code, rank in ranks.items() if rank == max(ranks.values())),
    }


def assert_edges(case: Any, row: StratumSensitivity, inside: Sequence[int] = ()) -> None:
    """Inside the interval (at shares of it in thousandths) nobody changes, one step outside somebody does."""
    rules, judged, cube, about = case
    for end, now in (("first", row.first_now), ("last", row.last_now)):
        reach: Range = getattr(row, end)
        low, high = Fraction(reach.low), Fraction(reach.high)
        weights = [low, high, *((low + (high - low) * share / 1000) // STEP * STEP for share in inside)]
        for weight in weights:
            if low <= weight <= high:
                assert ends(rules, judged, cube, about, row, weight)[end] == now, (row, end, weight)
        for codes, weight in ((reach.below, low - STEP), (reach.above, high + STEP)):
            if codes is not None:
                outside = max(Fraction(0), min(Fraction(100), weight))
                at = outside // STEP * STEP if weight < low else -(-outside // STEP) * STEP
                assert ends(rules, judged, cube, about, row, at)[end] == codes != now, (row, end, weight)


def parts(bundle: Bundle) -> Any:
    about = {name: getattr(bundle, name) for name in ("baselines", "assessments", "adjustments")}
    return bundle.definition, bundle.departments, bundle.counts(), about


@pytest.mark.parametrize("name", ["three-step", "criteria-headroom", "banded-composite"])
def test_the_edges_of_golden_bundles(name: str) -> None:
    case = parts(read_bundle(golden(name)))
    rows = sensitivities(*case[:3], **case[3])
    assert len(rows) >= 5
    assert not any(row.first.searched or row.last.searched for row in rows)
    for row in rows:
        assert_edges(case, row, inside=range(0, 1000, 97))


@given(case=cases(deadband=False), inside=st.lists(st.integers(0, 1000), min_size=4, max_size=4))
@settings(max_examples=60, deadline=None)
def test_inside_nobody_changes_and_one_step_outside_somebody_does(case: Case, inside: list[int]) -> None:
    about = {"baselines": case.baselines, "assessments": case.assessments, "adjustments": case.adjustments}
    cube = case.cube()
    for row in sensitivities(case.rules, case.departments, cube, **about):
        proved = not (row.first.searched or row.last.searched)
        assert_edges((case.rules, case.departments, cube, about), row, inside if proved else ())


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    rules = definition({"g": {"a": 40, "b": 60}})
    judged = departments("gg")
    cube = ballots(rules, [("a", "1", "AC"), ("b", "1", "CA")]).cube(rules, 2)
    sensitivities(rules, judged, cube, progress=told.append)
    assert told == [0.5, 1.0]
