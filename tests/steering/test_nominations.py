"""Who put people on the register: names of the same body, concentration by hand, departments judged by their own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from accounts.services import console
from departments.models import Department
from evaluation import nominations as nominations_module
from evaluation.models import NominationLimits, Round
from evaluation.nominations import Limits, Nominations, StratumBodies, limits_of, nominations_now, nominations_of
from evaluation.selectors import standing_draw
from evaluation.services import draw_evaluators, freeze_register
from evaluation.services.nominating import count_register, set_limits
from evaluation.services.representing import make_representation
from evaluators.models import Evaluator
from evaluators.nominations import BodyMatcher, Match, concentration, plain_name
from foundation.models import AuditEntry
from tests.evaluation_rounds import city
from tests.somebody import somebody

pytestmark = pytest.mark.django_db

PAGE = reverse("evaluation:nominations", args=(2008,))
NOW = reverse("evaluation:register-nominations")


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("示范市教育局", "市教育局"),
        ("示范市 教育局", "教育局"),
        ("江苏省南京市教育局", "教育局"),
        ("中共示范市委组织部", "市委组织部"),
        ("示范市人民政府办公室", "市人民政府办"),
        ("经济委员会", "市经济委"),
        ("Ｄ-Ｐarty-1", "D-party-1"),
    ],
)
def test_the_same_body_written_otherwise(written: str, same_as: str) -> None:
    assert plain_name(written) == plain_name(same_as)


@pytest.mark.parametrize(
    ("one", "other"),
    [("农贸市场管理处", "场管理处"), ("城市管理局", "管理局"), ("市教育局", "市教育学会"), ("市容局", "容局")],
)
def test_other_bodies_stay_other_bodies(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


def test_departments_are_found_by_name_short_name_and_code_and_by_what_belongs_to_them() -> None:
    education = Department(pk=1, code="D01", full_name="示范市教育局", short_name="教育局")
    economy = Department(pk=2, code="D02", full_name="示范市经济委员会", short_name="经委")
    first = Department(pk=3, code="D03", full_name="示范市第一建设局", short_name="建设局")
    second = Department(pk=4, code="D04", full_name="示范市第二建设局", short_name="建设局")
    matcher = BodyMatcher([education, economy, first, second])
    assert matcher.match("市教育局") == Match(1, is_part=False)
    assert matcher.match("d02") == Match(2, is_part=False)
    assert matcher.match("经委") == Match(2, is_part=False)
    assert matcher.match("教育局直属机关党委") == Match(1, is_part=True)
    # Two letters are too short to say whose a body is; a name of two departments says nothing.
    assert matcher.match("经委会计学校") is None
    assert matcher.match("建设局") is None
    assert matcher.match("示范市第二建设局工会") == Match(4, is_part=True)
    assert matcher.match("街道办事处") is None
    assert matcher.match("") is None


def test_concentration_by_hand() -> None:
    # 62, 20 and 18 of 100: 0.62² + 0.2² + 0.18² = 0.3844 + 0.04 + 0.0324 = 0.4568, as 1/0.4568 = 2.19 equal bodies.
    found = concentration([62, 20, 18])
    assert found is not None
    assert (found.largest, found.index) == (Fraction(62, 100), Fraction(4568, 10_000))
    assert found.equal_bodies == pytest.approx(2.189, abs=0.001)
    assert concentration([]) is None
    equal = concentration([7, 7, 7, 7])
    assert equal is not None and equal.equal_bodies == 4


# -- the report --------------------------------------------------------------------------------------------------------


def nominate() -> None:
    """npc (60): 37 by 市人大办, 13 by D-party-1, 10 nobody wrote down; residents (100): 25 each by four streets."""
    npc = list(Evaluator.objects.filter(stratum__code="npc").order_by("code").values_list("pk", flat=True))
    bodies = ["市人大办"] * 37 + ["示范市D-party-1局"] * 13 + [""] * 10
    residents = list(Evaluator.objects.filter(stratum__code="residents").order_by("code").values_list("pk", flat=True))
    bodies += [f"第{at % 4 + 1}街道" for at in range(100)]
    for pk, body in zip(npc + residents, bodies, strict=True):
        Evaluator.objects.filter(pk=pk).update(proposed_by=body)


def drawn() -> Round:
    evaluation = city.draft()
    nominate()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    return evaluation


def report(evaluation: Round) -> Nominations:
    record = standing_draw(evaluation.year)
    make_representation(actor=console(), record=record)
    made = nominations_of(evaluation, record)
    assert made is not None
    return made


def by_rule(row: StratumBodies) -> list[str]:
    """The warnings that do not depend on who was drawn: ids, and with them the draw, differ from run to run."""
    return [warning for warning in row.warnings if "被抽中偏" not in warning]


def test_shares_are_of_those_whose_body_is_known() -> None:
    made = report(drawn())
    npc = next(row for row in made.strata if row.code == "npc")
    assert [(row.name, row.people) for row in npc.rows] == [("市人大办", 37), ("示范市D-party-1局", 13)]
    assert (npc.total, npc.unstated, npc.rows[0].share) == (60, 10, 74)
    assert by_rule(npc)[0] == "市人大办一家推荐了74.0%（上限40%）。"
    # 0.74² + 0.26² = 0.6152: 1.6 equal bodies, below 3.
    assert by_rule(npc)[1] == "推荐来源集中，仅相当于1.6个同等规模单位（下限3个）。"
    assert by_rule(npc)[2] == "有16.7%的人员未填写推荐单位。"
    residents = next(row for row in made.strata if row.code == "residents")
    assert residents.spread is not None and residents.spread.equal_bodies == 4
    assert by_rule(residents) == []
    # Expected: 10 of 60 npc seats, half in each district; the bodies' people are numbered through both districts.
    assert sum(row.expected or 0 for row in npc.rows) == pytest.approx(10 - 10 * 10 / 60)


def test_a_department_whose_nominees_judge_it_is_named() -> None:
    evaluation = city.draft()
    Evaluator.objects.filter(stratum__code="npc").update(proposed_by="示范市D-party-1局")
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    # Ten of the sixty are drawn; one of them works there and is recused: drawn, but no judge of it.
    one = evaluation.invitations.filter(stratum__code="npc").first()
    one.recused = ["D-party-1"]
    one.save()
    (row,) = report(evaluation).departments
    assert (row.department, row.people, row.is_part) == ("示范市D-party-1局", 60, False)
    assert (row.drawn, row.judging) == (10, 9)


def test_too_many_of_one_bodys_people_among_the_drawn_are_pointed_out() -> None:
    # Of 400 people 200 each by A and B, 100 seats: 50 expected, variance 100 · 300/399 · 1/4 = 18.8. With two bodies a
    # residual beyond 2.24 is marked: 60 is 2.31 away, 59 is 2.08.
    table = {"categories": ["A", "B"], "people": [200, 200], "expected": [50, 50], "variance": [18.797, 18.797]}
    seen = nominations_module._stratum("npc", "人大代表", {**table, "drawn": [60, 40]}, {}, Limits(60, 1))
    assert [row.mark for row in seen.rows] == [1, -1]
    assert seen.warnings[0] == "A推荐的人员被抽中偏多（60人，期望50.0人），超出随机波动范围。"
    unseen = nominations_module._stratum("npc", "人大代表", {**table, "drawn": [59, 41]}, {}, Limits(60, 1))
    assert unseen.warnings == []


def test_the_register_of_now_is_counted_by_a_job() -> None:
    city.draft()
    nominate()
    Evaluator.objects.filter(proposed_by="市人大办", code__endswith="1").update(status="paused")
    counted = count_register(actor=console())
    gone = Evaluator.objects.filter(proposed_by="市人大办", status="paused").count()
    assert counted["npc"] == {"市人大办": 37 - gone, "示范市D-party-1局": 13, "": 10}
    made = nominations_now(counted)
    assert [row.code for row in made.strata] == ["npc", "residents", "media"]
    assert [(row.name, row.drawn, row.judging) for row in made.departments] == [("示范市D-party-1局", None, None)]


def test_limits_hold_for_later_rounds_until_they_have_their_own() -> None:
    evaluation = city.draft()
    assert (limits_of(evaluation).largest_percent, limits_of(evaluation).fewest_bodies) == (40, 3)
    set_limits(actor=somebody("committee"), round=evaluation, largest_percent=75, fewest_bodies=1)
    assert limits_of(Round(year=2009)).largest_percent == 75
    assert limits_of(Round(year=2007)).largest_percent == 40
    entry = AuditEntry.objects.get(action="nominations.limits")
    assert (entry.before["largest_percent"], entry.after["largest_percent"]) == (40, 75)
    with pytest.raises(ValidationError):
        set_limits(actor=somebody("committee", "two"), round=evaluation, largest_percent=0, fewest_bodies=1)
    for role in ("leader", "auditor", "assessor"):
        with pytest.raises(PermissionDenied):
            set_limits(actor=somebody(role), round=evaluation, largest_percent=10, fewest_bodies=1)
    assert NominationLimits.objects.get().largest_percent == 75


# -- pages -------------------------------------------------------------------------------------------------------------


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(somebody(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("role", ["liaison", "assessor", "organiser", "sector_guide", "supervisor", "administrator"])
def test_who_may_not_see_rounds_sees_no_nominations(role: str) -> None:
    city.draft()
    client = client_of(role)
    assert client.get(PAGE).status_code == 403
    assert client.get(NOW).status_code == 403
    assert client.post(NOW).status_code == 403


def test_leaders_read_and_do_not_set_limits() -> None:
    report(drawn())
    leader = client_of("leader")
    assert leader.get(PAGE).status_code == 200
    assert leader.get(reverse("evaluation:nomination-limits", args=(2008,))).status_code == 403
    assert leader.get(NOW).status_code == 403


def test_pages_of_staff(django_capture_on_commit_callbacks: Any) -> None:
    evaluation = drawn()
    staff = client_of("committee")
    assert staff.get(PAGE).context["report"] is None
    report(evaluation)
    assert "市人大办" in staff.get(PAGE).content.decode()
    assert "示范市D-party-1局" in staff.get(PAGE + "?stratum=npc").content.decode()
    assert staff.get(PAGE + "?stratum=none").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(NOW).status_code == 302
    assert "第1街道" in staff.get(NOW + "?stratum=residents").content.decode()
    sent = staff.post(
        reverse("evaluation:nomination-limits", args=(2008,)), {"largest_percent": "80", "fewest_bodies": "1"}
    )
    assert sent.status_code == 302
    npc = next(row for row in staff.get(PAGE).context["report"].strata if row.code == "npc")
    assert by_rule(npc) == ["有16.7%的人员未填写推荐单位。"]
