"""A derivation says what the result says, every number follows from its sources, and hidden cells stay hidden."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.definition import (
    Advanced,
    Band,
    KeyHelp,
    MostImproved,
    OutcomeRules,
    PeopleSatisfied,
    ScoringDefinition,
    YearOverYear,
)
from scoring.core.bundle import Bundle, read_bundle
from scoring.core.cube import CellCounts, CountCube
from scoring.core.explaining import Explainer
from scoring.core.explanation import MEASURES, Explanation, Figure
from scoring.core.figures import rounded
from scoring.core.model import Adjustment, Baseline
from scoring.core.privacy import HiddenCells, hidden_strata
from scoring.core.result import DepartmentResult, Result
from scoring.core.score import score
from tests.scoring_core.builders import SCORING_BUNDLES, ballots, definition, departments, golden, times
from tests.scoring_core.test_properties import Case, cases

Own = dict[str, Any]


# -- doing it again ----------------------------------------------------------------------------------------------------


def clamp(value: Fraction, limit: Fraction) -> Fraction:
    return max(-limit, min(limit, value))


class Again:
    """Computes every figure from its sources alone, by the rules' formulas, written down here a second time."""

    def __init__(self, rules: ScoringDefinition, found: Explanation) -> None:
        self.rules, self.found = rules, found
        self.figures = found.figures
        self.value_of = {choice.code: choice.points for choice in rules.scale}

    def sources(self, figure: Figure) -> list[Fraction]:
        return [self.figures[source].exact for source in figure.sources]

    def value(self, figure: Figure) -> Fraction | None:
        """The figure's value from its sources; None where it comes from what is not shown, or is given."""
        values = self.sources(figure)
        kind, _, measure = figure.kind.partition("_")
        # Before the general rules: kinds that share a first word with others.
        if figure.kind in ("last_rank", "last_satisfaction", "last_dissatisfaction") or not figure.formula:
            return None
        if figure.kind == "reporting_weight" or figure.id.startswith("weight-q"):
            return sum(values, Fraction(0))
        rules: dict[str, Callable[[], Fraction | None]] = {
            "effective": lambda: 100 * values[0] / values[1] if values else Fraction(0),
            "cell": lambda: self.cell(figure, measure),
            "part": lambda: None if figure.id.endswith("-merged") else values[0] * values[1] / 100,
            "item": lambda: sum(values, Fraction(0)) if values else None,
            "change": lambda: values[0] - values[1],
            "square": lambda: values[0] ** 2,
            "limit": lambda: Fraction("3.8416") * (values[0] ** 2 + values[1] ** 2),
            "room": lambda: self.room(*values),
            "raw": lambda: values[0] * values[1],
            "points": lambda: self.points(figure, measure),
            "adjustment": lambda: values[0] - values[1] if values else Fraction(0),
            "public": lambda: values[0] + values[1],
            "rank": lambda: 1 + values[0],
            "movement": lambda: values[0] - values[1],
            "total": lambda: values[0] + values[1] + values[2] - values[3],
        }
        if figure.id in MEASURES:
            return sum((a * b / 100 for a, b in zip(values[::2], values[1::2], strict=True)), Fraction(0))
        if figure.id == "part-assessment" and len(values) == 1:  # no assessment, and none is needed
            assert values == [0]
            return Fraction(0)
        return rules[kind]()

    def cell(self, figure: Figure, measure: str) -> Fraction | None:
        if self.found.weighted:
            return None
        *counts, valid = (self.figures[source] for source in figure.sources)
        if measure == "base":
            return sum((self.value_of[count.choice] * count.exact for count in counts), Fraction(0)) / valid.exact
        return 100 * sum((count.exact for count in counts), Fraction(0)) / valid.exact

    def room(self, change: Fraction, last: Fraction) -> Fraction:
        if change > 0:
            return change / (100 - last)
        return change / last if change < 0 else Fraction(0)

    def points(self, figure: Figure, measure: str) -> Fraction:
        change, rule = self.figures[f"change-{measure}"].exact, self.rules.year_over_year
        if rule.deadband and rule.method != "none":
            square, limit = (self.figures[f"{name}-{measure}"] for name in ("square", "limit"))
            assert {square.id, limit.id} <= set(figure.sources)
            if square.exact <= limit.exact:
                return Fraction(0)
        if rule.method == "banded":
            bands = rule.bands_satisfied if measure == "satisfaction" else rule.bands_dissatisfied
            fitting = [Fraction(band.points or 0) for band in bands if Fraction(band.start or 0) <= change]
            return fitting[-1] if fitting else Fraction(0)
        if rule.method == "none":
            return Fraction(0)
        raw = self.figures[f"raw-{measure}"].exact
        cap = self.figures.get(f"cap-{measure}")
        return raw if cap is None else clamp(raw, cap.exact)


def follows(rules: ScoringDefinition, found: Explanation) -> None:
    """Every figure follows from its sources, which come before it, and is rounded once from its exact value."""
    again = Again(rules, found)
    seen: set[str] = set()
    for identity, figure in found.figures.items():
        assert identity == figure.id
        assert set(figure.sources) <= seen, identity
        seen.add(identity)
        value = again.value(figure)
        assert value is None or value == figure.exact, identity
        assert figure.shown == rounded(figure.exact, figure.places)
        if not figure.sources and not figure.formula and not figure.kind.startswith(("error", "last_error")):
            assert figure.shown == figure.exact, identity  # what is given is shown with all its digits


def agrees(rules: ScoringDefinition, result: Result, row: DepartmentResult, found: Explanation) -> None:
    """The derivation ends in the figures of the result."""
    assert found.ranked == row.ranked
    if not found.ranked:
        assert any(criterion.rates is None for criterion in found.criteria)
        return
    figures = found.figures
    assert row.exact is not None
    for name in ("satisfaction", "dissatisfaction", "base", "public", "total"):
        assert figures[name].exact == getattr(row.exact, name), name
    for name in ("satisfaction", "dissatisfaction", "base", "adjustment", "public", "total"):
        assert figures[name].shown == getattr(row, name), name
    for name in ("assessment", "bonus", "deduction"):
        if getattr(row, name) is not None:
            assert rounded(figures[name].exact, rules.decimals) == getattr(row, name), name
    group, overall = found.places
    assert (group.rank.exact, overall.rank.exact) == (row.group_rank, row.overall_rank)
    assert (None if found.movement is None else found.movement.movement.exact) == row.movement
    assert found.change is not None
    assert found.change.source == row.baseline
    assert found.omitted == row.omitted_strata
    outcomes = {proposal.outcome: proposal for proposal in found.proposals}
    assert row.outcomes is not None
    help_ = outcomes["key_help"]
    assert tuple(one.code for one in help_.conditions if one.met) == row.outcomes.key_help
    assert help_.proposed == bool(row.outcomes.key_help)
    for name in ("advanced", "people_satisfied", "most_improved"):
        assert (name in outcomes and outcomes[name].proposed) == getattr(row.outcomes, name)
        if name in outcomes:
            assert all(one.met for one in outcomes[name].conditions) == outcomes[name].proposed
    for place in found.places:
        same = [
            other
            for other in result.departments
            if other.ranked and (place.scope == "overall" or other.group == row.group)
        ]
        rank = f"{place.scope}_rank"
        mine = getattr(row, rank)
        assert {one.code for one in place.tied} == {
            other.code for other in same if getattr(other, rank) == mine and other.code != row.code
        }
        worse = [getattr(other, rank) for other in same if getattr(other, rank) > mine]
        better = [getattr(other, rank) for other in same if getattr(other, rank) < mine]
        assert {one.rank for one in place.below} == ({min(worse)} if worse else set())
        assert {one.rank for one in place.above} == ({max(better)} if better else set())
        for one in (*place.above, *place.below):
            other = result.department(one.code)
            assert one.distance == (row.total or 0) - (other.total or 0)
            parts = (one.public, one.assessment, one.extras)
            # Totals and parts are rounded: half a last digit each, and a share of one on either side.
            assert abs(sum(part or 0 for part in parts) - one.distance) <= 4 * Decimal(1).scaleb(-rules.decimals)
            assert (one.total, one.satisfaction, one.dissatisfaction) == (
                other.total,
                other.satisfaction,
                other.dissatisfaction,
            )
            assert one.decided_by == ("total" if one.distance else one.decided_by)
            assert getattr(row, one.decided_by) != getattr(other, one.decided_by)


def merged_sums_are_right(row: DepartmentResult, hidden: HiddenCells, at: int, found: Explanation) -> None:
    """A merged line is the sum of exactly the hidden reporting cells."""
    for cells, criterion in zip(row.rates.cells, found.criteria, strict=True):
        covered = [cell for position, cell in enumerate(cells) if cell.reports and hidden.hides(at, position)]
        assert (criterion.merged is None) == (not covered)
        if criterion.merged is not None and criterion.merged.parts is not None:
            for measure in MEASURES:
                total = sum((cell.effective_weight * getattr(cell, measure) for cell in covered), Fraction(0))
                assert criterion.merged.parts.of(measure).exact == total


def explained(
    bundle: Bundle, min_cell: int
) -> Iterator[tuple[Result, DepartmentResult, HiddenCells, int, Explanation]]:
    counts, result = bundle.counts(), bundle.score()
    cells = counts.cells() if isinstance(counts, CountCube) else counts
    hidden = hidden_strata(bundle.definition, bundle.departments, cells, min_cell=min_cell)
    explainer = Explainer(
        bundle.definition,
        result,
        hidden,
        baselines=bundle.baselines,
        assessments=bundle.assessments,
        adjustments=bundle.adjustments,
        published_errors=bundle.published_errors,
    )
    for at, row in enumerate(result.departments):
        yield result, row, hidden, at, explainer.explain(row.code)


@pytest.mark.parametrize("min_cell", [0, 5, 40])
@pytest.mark.parametrize("name", SCORING_BUNDLES)
def test_golden_results_follow_step_by_step(name: str, min_cell: int) -> None:
    bundle = read_bundle(golden(name))
    for result, row, hidden, at, found in explained(bundle, min_cell):
        follows(bundle.definition, found)
        agrees(bundle.definition, result, row, found)
        merged_sums_are_right(row, hidden, at, found)
        conceals(bundle.definition, hidden, at, found)


def of_case(
    case: Case, min_cell: int, weights: tuple[Decimal, ...]
) -> tuple[Result, HiddenCells, Explainer, CellCounts]:
    cube = case.cube(weights=weights)
    about = {"baselines": case.baselines, "assessments": case.assessments, "adjustments": case.adjustments}
    result = score(case.rules, case.departments, cube, **about)
    hidden = hidden_strata(case.rules, case.departments, cube.cells(), min_cell=min_cell)
    return result, hidden, Explainer(case.rules, result, hidden, **about), cube.cells()


@settings(deadline=None)
@given(cases(), st.integers(0, 6), st.sampled_from([("1", "1", "1"), ("0.75", "1", "1.5")]))
def test_any_result_follows_step_by_step(case: Case, min_cell: int, weights: tuple[str, ...]) -> None:
    result, hidden, explainer, _ = of_case(case, min_cell, tuple(map(Decimal, weights)))
    for at, row in enumerate(result.departments):
        found = explainer.explain(row.code)
        follows(case.rules, found)
        agrees(case.rules, result, row, found)
        merged_sums_are_right(row, hidden, at, found)
        conceals(case.rules, hidden, at, found)


# -- keeping what is hidden --------------------------------------------------------------------------------------------


def inside(value: object) -> Iterator[Figure]:
    """Every figure that can be reached from a derivation, whatever it hangs on."""
    if isinstance(value, Figure):
        yield value
    elif is_dataclass(value):
        for entry in fields(value):
            yield from inside(getattr(value, entry.name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from inside(one)
    elif isinstance(value, dict):
        yield from inside(list(value.values()))


def conceals(rules: ScoringDefinition, hidden: HiddenCells, at: int, found: Explanation) -> None:
    """Of a hidden stratum there are weights only, and no total of answers that it could be subtracted from."""
    closed = {stratum.code for position, stratum in enumerate(rules.strata) if hidden.hides(at, position)}
    for figure in inside(found):
        if figure.stratum in closed:
            assert figure.kind in ("weight", "effective"), figure.id
        if figure.kind in ("valid", "count"):
            assert figure.stratum, figure.id
        assert figure.id in found.figures


def possible(cell: tuple[int, ...], step: Fraction, rest: list[Fraction]) -> int:
    """How many ways of answering (at most 2) fit what is known: the cell's size, and by choice what the hidden cells
    hold together: `rest` = Σ W · p of the others as they are, `step` = W/n of one answer of this cell."""
    size, found = sum(cell), 0
    known = [part + step * count for part, count in zip(rest, cell, strict=True)]
    for cut in itertools.combinations(range(size + len(cell) - 1), len(cell) - 1):
        edges = (-1, *cut, size + len(cell) - 1)
        guess = [b - a - 1 for a, b in itertools.pairwise(edges)]
        if all(total >= step * count for total, count in zip(known, guess, strict=True)):
            found += 1
            if found == 2:
                break
    return found


def attack(rules: ScoringDefinition, row: DepartmentResult, at: int, hidden: HiddenCells, min_cell: int) -> None:
    """A reader who knows all shown cells, every total by choice, and even the size of a hidden cell, tries to learn it.

    That is more than a derivation shows. Whatever the other hidden cells hold must be able to make up for a guess.
    """
    sensitive = [
        any(cell.valid < min_cell or (cell.unanimous and cell.valid < 20) for cell in column)
        for column in zip(*row.rates.cells, strict=True)
    ]
    for cells in row.rates.cells:
        reporting = [position for position, cell in enumerate(cells) if cell.reports]
        covered = [position for position in reporting if hidden.hides(at, position)]
        if covered == reporting:
            continue  # nothing is left but the rate itself, which is published
        for position in covered:
            if not sensitive[position]:
                continue
            cell = cells[position]
            others = [cells[other] for other in covered if other != position]
            rest = [
                sum((other.weight * (other.proportion(choice) or 0) for other in others), Fraction(0))
                for choice in range(len(cell.counts))
            ]
            assert possible(cell.counts, Fraction(cell.weight, cell.valid), rest) > 1


@settings(deadline=None, max_examples=200)
@given(cases(), st.integers(1, 5))
def test_no_hidden_cell_can_be_solved_for(case: Case, min_cell: int) -> None:
    result, hidden, _, _ = of_case(case, min_cell, (Decimal(1),) * 3)
    for at, row in enumerate(result.departments):
        attack(case.rules, row, at, hidden, min_cell)


@pytest.mark.parametrize("name", SCORING_BUNDLES)
def test_no_hidden_cell_of_the_golden_bundles_can_be_solved_for(name: str) -> None:
    bundle = read_bundle(golden(name))
    for _, row, hidden, at, _ in explained(bundle, 5):
        attack(bundle.definition, row, at, hidden, 5)


def hidden_of(rules: ScoringDefinition, rows: list[tuple[str, ...]], min_cell: int = 5) -> list[bool]:
    cells = ballots(rules, rows).cube(rules, 1).cells()  # type: ignore[arg-type]
    found: list[bool] = hidden_strata(rules, departments("g"), cells, min_cell=min_cell).mask[0].tolist()
    return found


def test_a_second_stratum_of_the_same_mind_hides_nothing() -> None:
    """s1: 3 × A, s2: 8 × A. Together they are 100 % satisfied, so s1 is too: s3 (10, mixed) goes with them."""
    rules = definition({"g": {"s1": 20, "s2": 20, "s3": 20, "s4": 40}})
    rows = [*times(3, "s1", "1", "A"), *times(8, "s2", "1", "A")]
    rows += [
        *times(5, "s3", "1", "A"),
        *times(5, "s3", "1", "B"),
        *times(20, "s4", "1", "A"),
        *times(20, "s4", "1", "B"),
    ]
    assert hidden_of(rules, rows) == [True, True, True, False]


def test_a_second_stratum_that_weighs_next_to_nothing_hides_nothing() -> None:
    """s1 weighs 60 with 3 answers, so one answer is worth 20 points; s2 (weight 1) can make up for 1: s3 goes too."""
    rules = definition({"g": {"s1": 60, "s2": 1, "s3": 39}})
    rows = [*times(2, "s1", "1", "A"), *times(1, "s1", "1", "C")]
    rows += [
        *times(4, "s2", "1", "A"),
        *times(4, "s2", "1", "C"),
        *times(20, "s3", "1", "A"),
        *times(22, "s3", "1", "C"),
    ]
    assert hidden_of(rules, rows) == [True, True, True]
    even = definition({"g": {"s1": 21, "s2": 40, "s3": 39}})  # 7 an answer, s2 holds 20 of A and of C
    assert hidden_of(even, rows) == [True, True, False]


def test_weights_of_evaluators_come_without_counts_by_choice() -> None:
    """Rate and counts together would tell how the one evaluator of weight 1.5 answered."""
    rules = definition({"g": {"s": 100}})
    rows = [*times(9, "s", "1", "A"), *times(10, "s", "1", "B"), ("s", "1.5", "A")]
    for weights, kinds in ((rows, False), ([(s, "1", answer) for s, _, answer in rows], True)):
        cube = ballots(rules, weights).cube(rules, 1)  # type: ignore[arg-type]
        result = score(rules, departments("g"), cube)
        hidden = hidden_strata(rules, departments("g"), cube.cells(), min_cell=5)
        found = Explainer(rules, result, hidden).explain("D01")
        assert any(figure.kind == "count" for figure in inside(found)) == kinds
        formula = found.figures["cell-satisfaction-q1-s1"].formula
        assert formula == ("S_s = 100 · n(satisfied) / n" if kinds else "S_s = 100 · Σw(satisfied) / Σw")


# -- single steps ------------------------------------------------------------------------------------------------------


def explain_one(
    rules: ScoringDefinition, rows: list[tuple[str, ...]], code: str, groups: str, **about: Any
) -> Explanation:
    judged = departments(groups)
    cube = ballots(rules, rows).cube(rules, len(judged))  # type: ignore[arg-type]
    result = score(rules, judged, cube, **about)
    hidden = HiddenCells(np.zeros((len(judged), len(rules.strata)), dtype=bool))
    return Explainer(rules, result, hidden, **about).explain(code)


def test_an_omitted_stratum_gives_its_weight_to_the_others() -> None:
    """s2 has one valid answer of the two it needs: 30 and 50 share the hundred, 37.5 and 62.5."""
    rules = definition({"g": {"s1": 30, "s2": 20, "s3": 50}}, min_valid=2)
    rows = [*times(2, "s1", "1", "A"), ("s2", "1", "C"), *times(2, "s3", "1", "C")]
    found = explain_one(rules, rows, "D01", "g")
    (criterion,) = found.criteria
    assert criterion.reporting_weight.exact == 80
    assert [line.effective.exact for line in criterion.lines] == [Fraction("37.5"), 0, Fraction("62.5")]
    assert criterion.lines[1].parts is None
    assert [line.effective.formula for line in criterion.lines[:2]] == ["W* = 100 · W / ΣW", "W* = 0"]
    assert found.omitted == ("s2",)
    assert found.overall is not None
    assert found.overall.satisfaction.exact == Fraction("37.5")


def test_strata_that_do_not_judge_are_not_there() -> None:
    rules = definition({"g": {"s1": 100, "s2": 0}, "h": {"s1": 50, "s2": 50}})
    rows = [*times(3, "s1", "1", "AB"), *times(3, "s2", "1", "CB")]
    (criterion,) = explain_one(rules, rows, "D01", "gh").criteria
    assert [line.stratum for line in criterion.lines] == ["s1"]


def test_a_single_hidden_stratum_that_is_all_has_no_part_of_its_own() -> None:
    """Three answers of the only stratum: they are the rate, which is published; the line itself stays empty."""
    rules = definition({"g": {"s": 100}})
    cube = ballots(rules, [*times(2, "s", "1", "A"), ("s", "1", "C")]).cube(rules, 1)  # type: ignore[list-item]
    hidden = hidden_strata(rules, departments("g"), cube.cells(), min_cell=5)
    found = Explainer(rules, score(rules, departments("g"), cube), hidden).explain("D01")
    (criterion,) = found.criteria
    assert criterion.lines == ()
    assert criterion.merged is not None
    assert (criterion.merged.strata, criterion.merged.parts) == (("s",), None)
    assert criterion.rates is not None
    assert (criterion.rates.satisfaction.exact, criterion.rates.satisfaction.sources) == (Fraction(200, 3), ())


def test_a_cap_and_the_dead_band_say_that_they_applied() -> None:
    """S 40 → 60 doubles to +40, capped at 5; U 20 → 20 stays, whatever the errors."""
    rule = YearOverYear("linear", Decimal(2), Decimal(2), Decimal(5), Decimal(5), deadband=True)
    rules = definition({"g": {"s": 100}}, year_over_year=rule, populations={"s": 10})
    rows = [*times(6, "s", "1", "A"), *times(2, "s", "1", "B"), *times(2, "s", "1", "C")]  # a census: no error
    found = explain_one(rules, rows, "D01", "g", baselines={"D01": Baseline(Decimal(40), Decimal(20))})
    assert found.change is not None
    satisfied, dissatisfied = found.change.terms
    assert (satisfied.raw.exact, satisfied.points.exact, satisfied.capped) == (40, 5, True)  # type: ignore[union-attr]
    assert (dissatisfied.still, dissatisfied.points.exact, satisfied.still) == (True, 0, False)
    assert found.change.adjustment.exact == 5


def with_published_errors(rule: YearOverYear) -> Explanation:
    """S 60 against 40, U 20 against 25; the ballots are not at hand: errors 5 and 2 are published, 3 and 1 before."""
    rules = definition({"g": {"s": 100}}, year_over_year=rule)
    rows = [*times(6, "s", "1", "A"), *times(2, "s", "1", "B"), *times(2, "s", "1", "C")]
    cells = ballots(rules, rows).cube(rules, 1).cells()  # type: ignore[arg-type]
    about: dict[str, Any] = {
        "baselines": {"D01": Baseline(Decimal(40), Decimal(25), None, None, Decimal(3), Decimal(1))},
        "published_errors": {"D01": (Decimal(5), Decimal(2))},
    }
    result = score(rules, departments("g"), cells, **about)
    return Explainer(rules, result, HiddenCells(np.zeros((1, 1), dtype=bool)), **about).explain("D01")


def test_the_dead_band_shows_whose_errors_it_compares() -> None:
    """20² = 400 > 3.8416 · (25 + 9) = 130.6144; 5² = 25 > 3.8416 · (4 + 1) = 19.208."""
    found = with_published_errors(YearOverYear("linear", Decimal(1), Decimal(1), None, None, deadband=True)).figures
    numbers = {name: found[name].exact for name in found if "error" in name or name.startswith(("square", "limit"))}
    assert numbers == {
        "error-satisfaction": 5,
        "last-error-satisfaction": 3,
        "square-satisfaction": 400,
        "limit-satisfaction": Fraction("130.6144"),
        "error-dissatisfaction": 2,
        "last-error-dissatisfaction": 1,
        "square-dissatisfaction": 25,
        "limit-dissatisfaction": Fraction("19.208"),
    }
    assert found["points-satisfaction"].sources == ("raw-satisfaction", "square-satisfaction", "limit-satisfaction")
    assert found["limit-satisfaction"].shown == Decimal("130.61440000")


def test_without_a_dead_band_nothing_is_said_of_errors() -> None:
    for rule in (YearOverYear("linear", Decimal(1), Decimal(1)), YearOverYear("none", deadband=True)):
        found = with_published_errors(rule)
        assert not any("error" in name or "square" in name for name in found.figures)
        assert found.change is not None
        assert not any(term.still for term in found.change.terms)


def test_formulas_say_what_was_done() -> None:
    """Headroom: S rose, so by what was left to 100; U fell, so by what it was. Only one of the two has a cap."""
    found = with_published_errors(YearOverYear("headroom", Decimal(3), Decimal(2), Decimal(9), None)).figures
    formulas = {name: found[f"{name}"].formula for name in ("room-satisfaction", "room-dissatisfaction")}
    assert formulas == {"room-satisfaction": "dS / (100 − S′)", "room-dissatisfaction": "dU / U′"}
    assert (found["room-satisfaction"].exact, found["room-dissatisfaction"].exact) == (Fraction(1, 3), Fraction(-1, 5))
    assert found["raw-satisfaction"].formula == "x_s = k_s · share(dS)"
    assert found["points-satisfaction"].formula == "A_s = clamp(x_s, c_s)"
    assert found["points-dissatisfaction"].formula == "A_u = x_u"
    plain = with_published_errors(YearOverYear("linear", Decimal(3), Decimal(2))).figures
    assert plain["raw-dissatisfaction"].formula == "x_u = k_u · dU"


def test_the_band_that_applies_is_marked() -> None:
    """dS = +20: the second row (from 10), not the third (from 30); dU = −5 is below the first row."""
    rows = tuple(Band(Decimal(start), Decimal(start) / 10) for start in (0, 10, 30))
    found = with_published_errors(YearOverYear("banded", bands_satisfied=rows, bands_dissatisfied=rows))
    assert found.change is not None
    assert [term.band for term in found.change.terms] == [1, None]
    assert [term.points.exact for term in found.change.terms] == [1, 0]


def test_the_tie_break_that_decided_is_named() -> None:
    """D01 has 8 × 100 and 2 × 0, D02 ten times 80: the same base score, but S 80 : 0 decides for D01."""
    rules = definition({"g": {"s": 100}}, outcomes=OutcomeRules(people_satisfied=PeopleSatisfied(Decimal(50), 1)))
    rows = [*times(8, "s", "1", "AB."), *times(2, "s", "1", "CB.")]
    found = explain_one(rules, rows, "D02", "ggg")
    group = found.places[0]
    assert (group.rank.exact, group.ranked) == (2, 2)  # D03 has no answers: insufficient, not ranked
    assert [(one.code, one.distance, one.decided_by) for one in group.above] == [("D01", 0, "satisfaction")]
    assert [one.code for one in group.level] == ["D01"]
    assert group.tied == ()
    assert not explain_one(rules, rows, "D03", "ggg").ranked
    people = next(one for one in found.proposals if one.outcome == "people_satisfied")
    assert [(one.code, one.met) for one in people.conditions] == [
        ("min_satisfaction", False),
        ("top_in_group", False),
        ("no_veto", True),
    ]


def test_every_condition_is_told_with_its_figures() -> None:
    """D01: S 80, U 20, second of three behind D02 (S 100); last year it was first, so it lost a place."""
    outcomes = OutcomeRules(
        KeyHelp(1, 2, Decimal(15)), Advanced(Decimal(70), Decimal(10)), PeopleSatisfied(Decimal(75), 2), MostImproved(1)
    )
    rules = definition({"g": {"s": 100}}, outcomes=outcomes)
    rows = [*times(8, "s", "1", "AAC"), *times(2, "s", "1", "CAC")]
    found = explain_one(rules, rows, "D01", "ggg", baselines={"D01": Baseline(None, None, 1, 1)})
    told = {
        proposal.outcome: [
            (one.code, None if one.actual is None else int(one.actual), one.met, one.source)
            for one in proposal.conditions
        ]
        for proposal in found.proposals
    }
    assert told == {
        "key_help": [
            ("last_in_group", 1, False, "rank-group"),
            ("places_dropped", 1, False, "movement"),
            ("dissatisfaction", 20, True, "dissatisfaction"),
            ("problem", None, False, ""),
            ("veto", None, False, ""),
        ],
        "advanced": [
            ("top_percent", 2, True, "rank-group"),  # floor(70 · 3 / 100) = 2 places
            ("max_dissatisfaction", 20, False, "dissatisfaction"),
            ("no_veto", None, True, ""),
        ],
        "people_satisfied": [
            ("min_satisfaction", 80, True, "satisfaction"),
            ("top_in_group", 1, True, "satisfaction"),
            ("no_veto", None, True, ""),
        ],
        "most_improved": [("places_gained", -1, False, "movement"), ("no_veto", None, True, "")],
    }
    limits = [one.threshold for proposal in found.proposals for one in proposal.conditions if one.threshold is not None]
    assert limits == [1, 2, 15, 2, 10, 75, 2, 1]


def test_a_veto_takes_the_honours_and_is_a_reason() -> None:
    rules = definition({"g": {"s": 100}}, outcomes=OutcomeRules(people_satisfied=PeopleSatisfied(Decimal(50), 1)))
    veto = {"D01": Adjustment(veto="x")}
    found = explain_one(rules, times(8, "s", "1", "A"), "D01", "g", adjustments=veto)
    help_, people = found.proposals
    assert [one.code for one in help_.conditions if one.met] == ["veto"]
    assert [one.code for one in people.conditions if not one.met] == ["no_veto"]
    assert not people.proposed


def test_a_figure_has_one_meaning() -> None:
    """Two figures of the same id and another value would let a link point at the wrong number."""
    found = explain_one(definition({"g": {"s": 100}}), times(8, "s", "1", "A"), "D01", "g")
    assert len({figure.id for figure in inside(found)}) == len(found.figures)
    assert all(replace(figure) == found.figures[figure.id] for figure in inside(found))
