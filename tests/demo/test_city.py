"""The demo city keeps the published shape, and its figures come from its ballots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config import demo_hints
from config.demo import plan
from config.demo.city import City
from config.demo.departments import all_departments
from evaluation.ballot_code import BallotCode
from evaluation.models import Ballot, Invitation, Opinion, Round
from evaluation.selectors import ballot_definition_of, configuration_of
from evaluation.states import RoundState
from evaluators.models import Evaluator
from foundation import audit
from scoring.models import Publication
from tests.demo.city import SCALE, small_city

pytestmark = pytest.mark.django_db

PUBLISHED = {2001: (28.00, 11.00), 2002: (37.69, 1.18), 2007: (58.00, None)}


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with small_city(django_db_blocker) as built:
        yield built


def rates_from_ballots(round: Round) -> tuple[float, float]:
    """Satisfaction and dissatisfaction, per cent, straight from the ballots: an own reckoning, in floats.

    Unweighted mean over the departments of Σ_s W* p, p weighted by the evaluators' weights.
    """
    ballot, rules = ballot_definition_of(round), configuration_of(round)
    weight = {entry.code: float(entry.weight) for entry in rules.weight_classes}
    sums: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0])
    for stratum, name, answers in Ballot.objects.filter(round=round).values_list(
        "stratum__code", "weight_class", "answers"
    ):
        for at, answer in enumerate(bytes(answers)):
            if answer in (1, 2, 3):  # satisfied, fairly satisfied, dissatisfied; 4 is "don't know", 0 blank
                cell = sums[at, stratum]
                cell[0] += weight[name] * (answer == 1)
                cell[1] += weight[name] * (answer == 3)
                cell[2] += weight[name]
                cell[3] += 1
    satisfied = dissatisfied = 0.0
    for at, department in enumerate(ballot.departments):
        group = rules.group(department.group)
        cells = {
            code: (float(share), sums[at, code])
            for code, share in group.weights.items()
            if share and sums[at, code][3] >= 5
        }
        total = sum(share for share, _cell in cells.values())
        satisfied += sum(share * cell[0] / cell[2] for share, cell in cells.values()) / total
        dissatisfied += sum(share * cell[1] / cell[2] for share, cell in cells.values()) / total
    count = len(ballot.departments)
    return 100 * satisfied / count, 100 * dissatisfied / count


@pytest.mark.parametrize("year", sorted(PUBLISHED))
def test_rates_come_out_at_the_published_ones(city: City, year: int) -> None:
    satisfied, dissatisfied = rates_from_ballots(Round.objects.get(year=year))
    wanted, unwanted = PUBLISHED[year]
    assert satisfied == pytest.approx(wanted, abs=0.5)
    assert dissatisfied < 1 if unwanted is None else dissatisfied == pytest.approx(unwanted, abs=0.5)


@pytest.mark.parametrize("year", [2001, 2007])
def test_what_is_shown_is_what_the_ballots_say(city: City, year: int) -> None:
    shown = Publication.objects.get(round__year=year).run.summary["city"]
    satisfied, dissatisfied = rates_from_ballots(Round.objects.get(year=year))
    assert float(shown["satisfaction"]) == pytest.approx(satisfied, abs=1e-4)
    assert float(shown["dissatisfaction"]) == pytest.approx(dissatisfied, abs=1e-4)


def test_totals_of_the_plan_are_the_published_ones() -> None:
    assert sum(year.out for year in plan.YEARS) == 82_896
    assert sum(year.back for year in plan.YEARS) == 78_522
    second = plan.YEARS[1]
    assert (second.year, second.out, second.back) == (2002, 11_904, 11_641)
    assert sum(year.opinions for year in plan.YEARS) == 52_000
    assert sum(stratum.register for stratum in plan.STRATA) == 60_000
    assert sum(stratum.units for stratum in plan.STRATA) == 3_000
    departments = all_departments()
    assert len(departments) == len({row.full_name for row in departments}) == 84
    assert len({row.group for row in departments}) == 5
    assert len({row.sector for row in departments}) == 6
    assert len(plan.STRATA) == 10


def test_the_numbers_follow_the_scale(city: City) -> None:
    assert Evaluator.objects.count() == pytest.approx(60_000 * SCALE, rel=0.2)  # small strata have a floor
    for year in plan.YEARS:
        assert Invitation.objects.filter(round__year=year.year).count() == round(year.out * SCALE)
        assert Ballot.objects.filter(round__year=year.year).count() == round(year.back * SCALE)
        assert Opinion.objects.filter(round__year=year.year).count() == round(year.opinions * SCALE)


def test_the_open_round_has_a_third_of_its_ballots_sealed(city: City) -> None:
    current = Round.objects.get(year=2008)
    assert current.state == RoundState.OPEN
    assert not Ballot.objects.filter(round=current).exists()
    returned = Invitation.objects.filter(round=current, returned_on__isnull=False)
    assert returned.filter(envelope=None).count() == 0
    assert returned.count() / current.invitations.count() == pytest.approx(1 / 3, abs=0.1)


def test_past_rounds_are_published_and_their_envelopes_empty(city: City) -> None:
    past = Round.objects.filter(year__lt=2008)
    assert {round.state for round in past} == {RoundState.PUBLISHED}
    assert not Invitation.objects.filter(round__in=past, envelope__isnull=False).exists()


def test_hints_name_a_login_per_role_and_three_ballots(city: City) -> None:
    lines = demo_hints.lines("http://127.0.0.1:8000")
    codes = [line.rsplit("/b/", 1)[1] for line in lines if "/b/" in line]
    assert len(codes) == 3
    for code in codes:
        assert Invitation.objects.filter(code_hash=BallotCode.read(code).hash, returned_on=None).exists()
    assert sum("gongwei" in line or "lingdao" in line for line in lines) == 2


def test_the_audit_log_holds_together(city: City) -> None:
    report = audit.check_chain()
    assert report.entries > 100
    assert report.broken == []


def test_a_database_with_data_gets_no_demo(city: City) -> None:
    with pytest.raises(CommandError, match="empty"):
        call_command("demo", "--scale", "1/40")


@pytest.mark.parametrize("scale", ["0", "-1", "x", "1/0", "21"])
def test_a_scale_that_is_none_is_refused(scale: str) -> None:
    with pytest.raises(CommandError):
        call_command("demo", "--scale", scale)


def test_a_deployment_may_forbid_it(settings: Any) -> None:
    settings.DEMO_ALLOWED = False
    with pytest.raises(CommandError, match="DEMO_ALLOWED"):
        call_command("demo", "--scale", "1/40")
