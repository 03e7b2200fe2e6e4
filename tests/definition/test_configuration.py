"""The round's configuration: complete by default, honest about what is missing, the same after storage."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.definition import (
    SECTIONS,
    Advanced,
    BallotRules,
    Band,
    Choice,
    Composite,
    DefinitionError,
    GroupWeights,
    Item,
    KeyHelp,
    MostImproved,
    OutcomeRules,
    RoundConfiguration,
    StratumPlan,
    WeightClass,
    YearOverYear,
    default_configuration,
    equal_weights,
    parse_round,
)

STRATA = [("npc", "人大代表", "Deputies"), ("residents", "社区居民"), ("units", "企业")]
GROUPS = [("service", "社会服务"), ("economy", "经济管理")]


@pytest.fixture
def complete() -> RoundConfiguration:
    return default_configuration(STRATA, GROUPS)


def codes(configuration: RoundConfiguration) -> list[str]:
    return [problem.code for problem in configuration.problems()]


def test_the_default_is_complete(complete: RoundConfiguration) -> None:
    assert complete.problems() == []
    assert [choice.label for choice in complete.scale] == ["满意", "比较满意", "不满意", "不了解"]
    assert all(group.total == 100 for group in complete.groups)
    assert sum(plan.quota for plan in complete.strata) == 9999  # 10,000 over three strata
    assert (complete.min_valid, complete.min_cell, complete.decimals) == (5, 5, 4)


@pytest.mark.parametrize("count", [1, 3, 7, 10])
def test_equal_weights_add_up_to_exactly_100(count: int) -> None:
    weights = equal_weights([str(at) for at in range(count)])
    assert sum(weights.values()) == 100
    assert max(weights.values()) - min(weights.values()) <= Decimal("0.01")


def test_no_strata_no_weights() -> None:
    assert equal_weights([]) == {}


def test_it_survives_storage(complete: RoundConfiguration) -> None:
    rich = replace(
        complete,
        strata=(
            replace(complete.strata[0], max_per_unit=3, cell_by=("district",), recusal="group"),
            *complete.strata[1:],
        ),
        weight_classes=(WeightClass("n", "一般", default=True), WeightClass("s", "资深", Decimal("1.5"))),
        year_over_year=YearOverYear("banded", bands_satisfied=(Band(Decimal(-3), Decimal("-0.5")),), deadband=True),
        outcomes=OutcomeRules(key_help=KeyHelp(dissatisfaction_at_least=Decimal("12.5"))),
        ballot=BallotRules(replace_allowed=False, grace_minutes=0, departments_per_page=5),
        rank_scope="overall",
        tie_break=(),
        merge_small_classes=False,
    )
    stored = json.loads(json.dumps(rich.to_dict()))
    assert RoundConfiguration.from_dict(stored) == rich
    assert RoundConfiguration.from_dict(stored).fingerprint() == rich.fingerprint()


def test_the_fingerprint_is_of_the_numbers_not_of_how_they_were_typed(complete: RoundConfiguration) -> None:
    data = complete.to_dict()
    data["scale"][0]["value"] = "100.00"
    data["scale"][1]["value"] = " 80 "
    assert RoundConfiguration.from_dict(data).fingerprint() == complete.fingerprint()
    data["scale"][1]["value"] = "81"
    assert RoundConfiguration.from_dict(data).fingerprint() != complete.fingerprint()


def broken(complete: RoundConfiguration) -> dict[str, RoundConfiguration]:
    scale, first, group = complete.scale, complete.strata[0], complete.groups[0]
    strata, groups = complete.strata[1:], complete.groups[1:]

    def plan(**more: object) -> RoundConfiguration:
        return replace(complete, strata=(replace(first, **more), *strata))  # type: ignore[arg-type]

    def weights(**more: str) -> RoundConfiguration:
        values = {code: Decimal(value) for code, value in more.items()}
        return replace(complete, groups=(replace(group, weights=values), *groups))

    return {
        "scale_empty": replace(complete, scale=()),
        "scale_long": replace(
            complete, scale=scale + tuple(Choice(f"x{at}", "", Decimal(1), "neutral") for at in range(20))
        ),
        "no_satisfied": replace(complete, scale=scale[1:]),
        "no_dissatisfied": replace(complete, scale=scale[:2]),
        "counts_unknown": replace(complete, scale=(*scale, Choice("E", "", Decimal(1), ""))),
        "value_range": replace(complete, scale=(*scale, Choice("E", "", None, "neutral"))),
        "code_twice": replace(complete, scale=(*scale, scale[0])),
        "code_missing": replace(complete, scale=(*scale, Choice("", "", Decimal(1), "neutral"))),
        "code_malformed": replace(complete, items=(Item("a b", "", Decimal(100)),)),
        "items_empty": replace(complete, items=()),
        "item_weight": replace(complete, items=(Item("a", "", None), Item("b", "", Decimal(100)))),
        "items_total": replace(complete, items=(Item("a", "", Decimal(99)),)),
        "strata_empty": replace(complete, strata=(), groups=()),
        "quota": plan(quota=0),
        "mode": plan(mode="some"),
        "reserve": plan(reserve=-1),
        "drawn_by": plan(drawn_by="street"),
        "ballots_per_unit": plan(ballots_per_unit=0),
        "max_per_unit": plan(max_per_unit=0),
        "min_per_cell": plan(min_per_cell=2),
        "design_effect": plan(design_effect=None),
        "cell_by": plan(cell_by=("street",)),
        "rotation_rounds": plan(rotation_rounds=-1),
        "recusal": plan(recusal="maybe"),
        "groups_empty": replace(complete, groups=()),
        "weights_total": weights(npc="50", residents="50.01"),
        "weight_negative": weights(npc="-1", residents="101"),
        "stratum_unknown": weights(npc="50", press="50"),
        "class_twice": replace(complete, weight_classes=(WeightClass("", "", default=True), WeightClass("", ""))),
        "class_weight": replace(complete, weight_classes=(WeightClass("", "", Decimal(0), default=True),)),
        "class_default": replace(complete, weight_classes=()),
        "min_cell": replace(complete, min_cell=0),
        "min_valid": replace(complete, min_valid=0),
        "method_unknown": replace(complete, year_over_year=YearOverYear("square")),
        "factor": replace(complete, year_over_year=YearOverYear("linear", satisfied=None)),
        "cap": replace(complete, year_over_year=YearOverYear("linear", cap_satisfied=Decimal(-1))),
        "bands_empty": replace(complete, year_over_year=YearOverYear("banded")),
        "band": replace(complete, year_over_year=YearOverYear("banded", bands_satisfied=(Band(Decimal(1), None),))),
        "bands_twice": replace(
            complete,
            year_over_year=YearOverYear(
                "banded", bands_satisfied=(Band(Decimal(1), Decimal(1)), Band(Decimal("1.0"), Decimal(2)))
            ),
        ),
        "share": replace(complete, composite=Composite(None, Decimal(0))),
        "shares_total": replace(complete, composite=Composite(Decimal(60), Decimal(30))),
        "decimals": replace(complete, decimals=7),
        "tie_break": replace(complete, tie_break=("satisfaction", "satisfaction")),
        "rank_scope": replace(complete, rank_scope="city"),
        "threshold_range": replace(complete, outcomes=OutcomeRules(advanced=Advanced(top_percent=Decimal(101)))),
        "threshold_low": replace(complete, outcomes=OutcomeRules(most_improved=MostImproved(0))),
        "grace_minutes": replace(complete, ballot=BallotRules(grace_minutes=-1)),
        "departments_per_page": replace(complete, ballot=BallotRules(departments_per_page=0)),
    }


CASES = sorted(broken(default_configuration(STRATA, GROUPS)))


@pytest.mark.parametrize("code", CASES)
def test_each_problem_is_found_and_can_be_shown(code: str, complete: RoundConfiguration) -> None:
    problems = broken(complete)[code].problems()
    assert code in [problem.code for problem in problems]
    for problem in problems:
        assert problem.section in SECTIONS
        assert problem.text == problem.message % problem.params == str(problem)
        assert "%(" not in problem.text


def test_a_problem_points_at_its_value(complete: RoundConfiguration) -> None:
    problem = broken(complete)["quota"].problems()[0]
    assert (problem.section, problem.where) == ("strata", "strata.0.quota")
    assert problem.text == "Stratum 人大代表 has no quota."


def test_taking_all_needs_no_quota(complete: RoundConfiguration) -> None:
    plan = replace(complete.strata[0], mode="all", quota=0)
    assert codes(replace(complete, strata=(plan, *complete.strata[1:]))) == []


def test_warnings_do_not_stand_in_the_way(complete: RoundConfiguration) -> None:
    units = replace(complete.strata[2], drawn_by="unit", quota=2)
    doubtful = replace(
        complete,
        scale=complete.scale[:3],
        min_valid=3,
        strata=(*complete.strata[:2], units, StratumPlan("press", "新闻媒体", quota=10)),
    )
    assert doubtful.problems() == []
    assert {warning.code for warning in doubtful.warnings()} == {
        "min_valid_below_min_cell",
        "no_abstain",
        "stratum_unused",
        "design_effect_one",
        "quota_below_min_valid",
        "assessment_unused",
    }
    assert all("%(" not in warning.text for warning in doubtful.warnings())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(sorted(default_configuration(STRATA, GROUPS).to_dict())), json_values),
    st.lists(st.sampled_from(["code", "value", "counts", "weight", "weights", "quota", "cell_by"]), max_size=3),
    json_values,
)
def test_no_draft_however_broken_raises(data: dict, keys: list[str], value: object) -> None:
    for section in ("scale", "items", "strata", "groups", "weight_classes"):
        data.setdefault(section, [dict.fromkeys(keys, value)])
    draft = RoundConfiguration.from_dict(data)
    assert draft.problems()  # no such draft is complete
    draft.warnings()
    again = RoundConfiguration.from_dict(json.loads(json.dumps(draft.to_dict())))
    assert again.to_dict() == draft.to_dict()


def test_weight_classes_fall_back_on_the_default(complete: RoundConfiguration) -> None:
    flagged = replace(
        complete, weight_classes=(WeightClass("s", "资深", Decimal(2)), WeightClass("n", "一般", default=True))
    )
    assert (flagged.default_class.code, flagged.weight_class("").code, flagged.weight_class("s").weight) == (
        "n",
        "n",
        2,
    )
    with pytest.raises(KeyError):
        flagged.weight_class("x")
    assert replace(complete, weight_classes=(WeightClass("", "一般"),)).default_class.code == ""
    with pytest.raises(LookupError):
        _ = replace(complete, weight_classes=()).default_class


def test_lookups(complete: RoundConfiguration) -> None:
    assert (complete.stratum("npc").label_en, complete.group("economy").label) == ("Deputies", "经济管理")
    for lookup in (complete.stratum, complete.group):
        with pytest.raises(KeyError):
            lookup("nobody")


def test_the_scoring_definition_says_the_same_as_the_configuration(complete: RoundConfiguration) -> None:
    units = replace(complete.strata[2], drawn_by="unit", ballots_per_unit=8, design_effect=Decimal("1.3"))
    configuration = replace(complete, strata=(*complete.strata[:2], units))
    definition = configuration.scoring_definition(2008, {"npc": 500, "units": 100})
    # units are counted in ballots: 100 · 8; a stratum without candidates has population 0
    assert [stratum.population for stratum in definition.strata] == [500, 0, 800]
    assert definition.strata[2].design_effect == Decimal("1.3")
    written = json.loads(json.dumps(definition.to_round_json()))
    assert written["groups"][0]["weights"] == {"npc": "33.34", "residents": "33.33", "units": "33.33"}
    assert written["year_over_year"]["cap_satisfied"] == "2"
    assert parse_round(written).fingerprint() == definition.fingerprint()


def test_an_incomplete_configuration_gives_no_scoring_definition(complete: RoundConfiguration) -> None:
    with pytest.raises(DefinitionError, match="add up to 50"):
        replace(complete, groups=(GroupWeights("g", "g", {"npc": Decimal(50)}),)).scoring_definition(2008, {})
