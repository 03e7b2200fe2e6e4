"""A stored run explained to staff: the figures of the run, nothing hidden, and nothing that does not come out again."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from accounts.services import console
from assessment.models import Assessment
from scoring.explanations import Unexplained, explainer_of
from scoring.models import DepartmentScore, ScoreRun
from scoring.services import publish_round, score_round
from tests.scoring.derivations import read
from tests.scoring.golden import WITH_BALLOTS, counted_round

pytestmark = pytest.mark.django_db

FIGURES = ("satisfaction", "dissatisfaction", "base", "public", "total")


def client_of(role: str) -> Client:
    user = User.objects.create_user(username=f"u-{role}", full_name=role)
    user.grants.create(role=Role.objects.get(code=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(run: ScoreRun, code: str) -> str:
    return reverse("scoring:run-explain", args=(run.round.year, run.pk, code))


def scored(name: str) -> ScoreRun:
    return score_round(actor=console(), round=counted_round(name))


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_the_page_arrives_at_the_figures_of_the_run(name: str) -> None:
    run, client = scored(name), client_of("committee")
    for wanted in run.result["departments"]:
        found = read(client.get(address(run, wanted["code"])).content).ids
        if wanted["status"] == "insufficient":
            assert "total" not in found
            continue
        for figure in FIGURES:
            assert found[figure] == wanted[figure].replace("-", "−"), (wanted["code"], figure)
        assert (found["rank-group"], found["rank-overall"]) == (str(wanted["group_rank"]), str(wanted["overall_rank"]))
        assert found.get("movement", "").replace("−", "-").removeprefix("+") == str(
            wanted["movement"] if wanted["movement"] is not None else ""
        )


@pytest.mark.parametrize("name", WITH_BALLOTS)
def test_what_the_run_hides_is_hidden_here_too(name: str) -> None:
    run, client = scored(name), client_of("auditor")
    explainer, strata = explainer_of(run), run.axes["strata"]
    for code, entry in run.breakdown.items():
        shown = {row["stratum"] for row in entry["strata"] if not row["hidden"]}
        found = read(client.get(address(run, code)).content).ids
        cells = {identity for identity in found if identity.startswith(("valid-", "count-", "cell-"))}
        for position, stratum in enumerate(strata, start=1):
            of_stratum = [one for one in cells if f"-s{position}" in (f"-{part}" for part in one.split("-"))]
            assert bool(of_stratum) == (stratum in shown), (code, stratum)
        merged = [one.merged for one in explainer.explain(code).criteria if one.merged is not None]
        assert all(set(one.strata).isdisjoint(shown) for one in merged)


def test_an_assessment_corrected_later_does_not_change_what_was_scored() -> None:
    run = scored("banded-composite")
    Assessment.objects.filter(year=2007).update(score=50, bonus=0, deduction=3, veto="", problem="")
    for wanted in run.result["departments"]:
        found = explainer_of(run).explain(wanted["code"])
        if found.composite is not None:
            assert found.composite.total.shown == Decimal(wanted["total"])


def test_a_run_that_does_not_come_out_again_says_so() -> None:
    """As one that a program with other rules made: a row of the same input, its first total a tenth higher."""
    run = scored("banded-composite")
    first, *others = run.result["departments"]
    higher = {**first, "total": str(Decimal(first["total"]) + Decimal("0.1000"))}
    fields = {field.attname: getattr(run, field.attname) for field in ScoreRun._meta.concrete_fields}
    other = ScoreRun(**fields | {"id": uuid.uuid4(), "number": 2, "result": {"departments": [higher, *others]}})
    other.save()
    DepartmentScore.objects.create(
        run=other, department=DepartmentScore.objects.filter(run=run)[0].department, status="ranked"
    )
    with pytest.raises(Unexplained):
        explainer_of(other)
    code = DepartmentScore.objects.get(run=other).department.code
    page = client_of("committee").get(address(other, code))
    assert page.status_code == 200
    assert "无法重新推导" in page.content.decode()
    assert "total" not in read(page.content).ids


def test_a_department_set_aside_learns_why() -> None:
    round = counted_round("banded-composite")
    nothing = {"satisfaction": "", "dissatisfaction": "", "se_satisfaction": "", "se_dissatisfaction": ""}
    round.baselines = [{**row, **nothing} if row["code"] == "D01" else row for row in round.baselines]
    round.baselines_set_aside = {"D01": "机构职能重大调整"}
    round.save()
    page = client_of("committee").get(address(score_round(actor=console(), round=round), "D01"))
    assert "机构职能重大调整" in page.content.decode()
    assert "points-satisfaction" not in read(page.content).ids


@pytest.mark.parametrize("role", ["leader", "liaison", "sector_guide", "assessor", "organiser", "administrator"])
def test_who_must_not_see_a_run(role: str) -> None:
    run = scored("three-step")
    publish_round(actor=console(), round=run.round)
    assert client_of(role).get(address(run, "D01")).status_code == 403


def test_what_is_not_there_is_not_found() -> None:
    run, client = scored("three-step"), client_of("committee")
    assert client.get(address(run, "NONE")).status_code == 404
    assert client.get(reverse("scoring:run-explain", args=(2006, run.pk, "D01"))).status_code == 404
    assert Client().get(address(run, "D01")).status_code == 302


def test_the_run_page_leads_to_every_department() -> None:
    run = scored("three-step")
    page = client_of("committee").get(reverse("scoring:run-detail", args=(run.round.year, run.pk))).content.decode()
    for row in run.result["departments"]:
        assert address(run, row["code"]) in page
