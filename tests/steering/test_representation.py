"""The representativeness report: like is compared with like, the past stays, and small numbers stay hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.services import console
from evaluation.models import Round
from evaluation.representation import words
from evaluation.representation.collecting import size_class
from evaluation.representation.fit import Fit
from evaluation.representation.report import Comparison, Report, Returned, Row, report_of
from evaluation.selectors import standing_draw
from evaluation.services import configure, draw_evaluators, freeze_register
from evaluation.services.representing import make_representation
from evaluators.models import Evaluator
from foundation.models import AuditEntry, Job
from tests.evaluation_rounds import city
from tests.somebody import somebody

pytestmark = pytest.mark.django_db

PAGE = reverse("evaluation:representation", args=(2008,))


def drawn(**npc: Any) -> Round:
    """npc 10 of 60 (no cells), residents 20 of 100 (cells: 鼓楼区 50, 玄武区 50), media all 4; `npc` changes its plan.

    Of the residents 30 work in a unit of 30 people, 5 in one of 5; the others have none.
    """
    evaluation = city.draft()
    large, small = city.units("residents", 2)
    residents = list(Evaluator.objects.filter(stratum__code="residents").order_by("code"))
    for people, unit in ((residents[:30], large), (residents[30:35], small)):
        Evaluator.objects.filter(pk__in=[row.pk for row in people]).update(unit=unit, industry="制造业")
    plans = city.strata_plans(
        evaluation,
        npc={"reserve": 2, "cell_by": [], **npc},
        residents={"quota": 20, "reserve": 4, "cell_by": ["district"]},
        media={"mode": "all", "quota": 0},
    )
    configure(
        actor=console(), round=evaluation, section="strata", changes={"strata": plans}, version=evaluation.version
    )
    evaluation.refresh_from_db()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    draw_evaluators(actor=console(), round=evaluation, public_seed=city.SEED, witnesses=city.WITNESSES)
    return evaluation


def report(evaluation: Round, stratum: str = "") -> Report:
    record = standing_draw(evaluation.year)
    make_representation(actor=console(), record=record)
    made = report_of(evaluation, record, stratum)
    assert made is not None
    return made


def by_category(made: Report, dimension: str) -> dict[str, Row]:
    (comparison,) = (one for one in made.comparisons if one.dimension == dimension)
    return {row.category: row for row in comparison.rows}


def test_expected_is_what_the_chances_of_the_cells_give() -> None:
    made = report(drawn())
    # 鼓楼区: npc 30 of 60 at 10/60, residents 50 of 100 at 10/50 in their own cell, media 2 of 2: 5 + 10 + 2.
    rows = by_category(made, "district")
    assert {name: (row.people, row.expected) for name, row in rows.items()} == {
        "鼓楼区": (82, pytest.approx(17)),
        "玄武区": (82, pytest.approx(17)),
    }
    assert sum(row.drawn for row in rows.values()) == 34
    # Only npc leaves the district to chance: its variance is 10 · 50/59 · 1/4.
    (district,) = (one for one in made.comparisons if one.dimension == "district")
    away = rows["鼓楼区"].drawn - 17
    assert district.drawn_fit is not None
    assert district.drawn_fit.statistic == pytest.approx(away**2 / (10 * 50 / 59 / 4))
    # Of the residents 35 of 100 are industrial, half of them in each district as they are numbered: 17 or 18 of 50.
    assert by_category(made, "industry")["制造业"].expected == pytest.approx(20 * 35 / 100)


def test_sizes_of_units_count_those_who_could_be_drawn() -> None:
    rows = by_category(report(drawn()), "unit_size")
    assert {name: row.people for name, row in rows.items()} == {"0": 60 + 65 + 4, "10-49": 30, "1-9": 5}
    assert [size_class(people) for people in (0, 1, 9, 10, 49, 50, 199, 200)] == [
        "0", "1-9", "1-9", "10-49", "10-49", "50-199", "50-199", "200+",
    ]  # fmt: skip


def test_a_cap_on_units_is_no_alarm_about_their_sizes() -> None:
    evaluation = drawn(max_per_unit=1)
    made = report(evaluation)
    (sizes,) = (one for one in made.comparisons if one.dimension == "unit_size")
    assert sizes.left_out == ["npc"]
    assert sum(row.people for row in sizes.rows) == 100 + 4


def test_what_the_plan_fixes_is_not_called_chance() -> None:
    made = report(drawn(), "residents")
    (district,) = (one for one in made.comparisons if one.dimension == "district")
    assert district.fixed
    assert [(cell.label, cell.size, cell.seats, cell.drawn) for cell in made.cells] == [
        ("玄武区", 50, 10, 10),
        ("鼓楼区", 50, 10, 10),
    ]
    assert [(cell.chance, cell.weight) for cell in made.cells] == [(20, 5), (20, 5)]


def test_the_past_stays_when_the_register_changes() -> None:
    evaluation = drawn()
    before = report(evaluation)
    Evaluator.objects.update(district="江宁区", industry="金融业", unit=None)
    Evaluator.objects.filter(places=None).delete()
    assert report(evaluation) == before
    assert AuditEntry.objects.filter(action="representation.make").count() == 1


def test_returns_are_counts_and_small_ones_stay_hidden() -> None:
    evaluation = drawn()
    report(evaluation)
    back = evaluation.invitations.filter(stratum__code="residents", place__profile__district="鼓楼区")
    assert back.count() == 10
    back.update(returned_on=date(2008, 11, 24))
    made = report(evaluation, "residents")
    rows = by_category(made, "district")
    # 10 of 10 returned in 鼓楼区, 0 of 10 in 玄武区: 0 is below the smallest cell, and 10 would tell it.
    assert {name: row.back.returned for name, row in rows.items()} == {"鼓楼区": None, "玄武区": None}
    evaluation.invitations.filter(
        pk__in=evaluation.invitations.filter(stratum__code="residents", returned_on=None).values("pk")[:6]
    ).update(returned_on=date(2008, 11, 24))
    rows = by_category(report(evaluation, "residents"), "district")
    assert {name: row.back.returned for name, row in rows.items()} == {"鼓楼区": 10, "玄武区": 6}
    # 16 of 20 returned; 8 expected of each 10, hypergeometric variance 16 · 4/19 · 1/4: (2²)/(16/19) = 4.75, but fewer
    # than five are expected to be missing in each, so that nothing can be said yet.
    (district,) = (one for one in report(evaluation, "residents").comparisons if one.dimension == "district")
    assert district.returned_fit is not None
    assert district.returned_fit.p is None
    assert district.returned_fit.residuals == (pytest.approx(-(4.75**0.5)), pytest.approx(4.75**0.5))


def test_a_revoked_invitation_was_not_asked() -> None:
    evaluation = drawn()
    report(evaluation)
    some = evaluation.invitations.filter(stratum__code="npc").first()
    some.revoked_on = date(2008, 11, 20)
    some.save()
    (npc,) = (row for row in report(evaluation).strata if row.code == "npc")
    assert (npc.drawn, npc.back.asked) == (10, 9)


# -- words -------------------------------------------------------------------------------------------------------------


def comparison(fit: Fit | None, *rows: Row, back: Fit | None = None) -> Comparison:
    return Comparison("district", list(rows), fit, back, [])


def row(name: str, mark: int = 0, back_mark: int = 0) -> Row:
    return Row(name, 500, 10.0, 50.0, 10.0, 25, 5.0, mark, Returned(50, 35, back_mark), 7.0)


GOOD = Fit(3.0, 5, 0.7, (0.1, 0.2), ())
BAD = replace(GOOD, p=0.0004)


@pytest.mark.parametrize(
    ("fit", "mark", "kind", "said"),
    [
        (GOOD, 0, "success", "区县：抽中人员与名册构成一致，差异在随机波动范围内（p = 0.70）。"),
        (GOOD, -1, "warning", "区县：总体差异在随机波动范围内（p = 0.70），但溧水县偏少（抽中25，期望50.0）。"),
        (
            BAD,
            1,
            "warning",
            "区县：差异大于100次正常抽取中的95次（p < 0.001）：溧水县偏多（抽中25，期望50.0）。"
            "可用抽取资料包重新抽取核验。",
        ),
        (replace(GOOD, p=None, degrees=0), 0, "success", "区县：各类抽取人数由方案确定，与随机性无关。"),
    ],
)
def test_what_a_leader_reads_of_the_draw(fit: Fit, mark: int, kind: str, said: str) -> None:
    verdict = words.drawn_verdict(comparison(fit, row("鼓楼区"), row("溧水县", mark)))
    assert verdict is not None
    assert (verdict.kind, verdict.text) == (kind, said)


def test_what_a_leader_reads_of_the_returns() -> None:
    odd = words.returned_verdict(comparison(GOOD, row("溧水县", back_mark=-1), back=BAD))
    assert odd is not None
    assert odd.text == "区县：回收情况不一致（p < 0.001）：溧水县回收明显偏低（70.0%）。"
    assert words.returned_verdict(comparison(GOOD, row("溧水县"))) is None


# -- pages -------------------------------------------------------------------------------------------------------------


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(somebody(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("role", ["liaison", "assessor", "organiser", "sector_guide", "supervisor", "administrator"])
def test_who_may_not_see_rounds_sees_no_report(role: str) -> None:
    evaluation = drawn()
    client = client_of(role)
    assert client.get(PAGE).status_code == 403
    assert client.get(reverse("evaluation:representation-export", args=(2008,))).status_code == 403
    assert client.post(reverse("evaluation:representation-make", args=(2008,))).status_code == 403
    with pytest.raises(PermissionDenied):
        make_representation(actor=somebody(role, "other"), record=standing_draw(evaluation.year))


def test_the_draw_on_the_page_orders_its_report(django_capture_on_commit_callbacks: Any) -> None:
    evaluation = city.draft()
    freeze_register(actor=console(), round=evaluation, seed_source=city.SOURCE)
    staff = client_of("committee")
    assert staff.get(PAGE).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse("evaluation:draw-detail", args=(2008,)), {"public_seed": city.SEED, "witnesses": "甲"})
    assert Job.objects.get(kind="evaluation.representation").state == "done"
    page = staff.get(PAGE)
    assert page.context["report"] is not None
    book = load_workbook(BytesIO(staff.get(reverse("evaluation:representation-export", args=(2008,))).content))
    assert book.sheetnames == ["代表性报告", "抽中构成"]
    assert staff.get(PAGE + "?stratum=npc").status_code == 200
    assert staff.get(PAGE + "?stratum=nowhere").status_code == 404


def test_a_draw_without_a_report_offers_to_make_it(django_capture_on_commit_callbacks: Any) -> None:
    drawn()
    staff = client_of("committee")
    assert staff.get(PAGE).context["report"] is None
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(reverse("evaluation:representation-make", args=(2008,)))
    assert staff.get(PAGE).context["report"] is not None
