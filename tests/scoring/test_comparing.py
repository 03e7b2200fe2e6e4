"""Two runs side by side: what differs, and who may look."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import console
from assessment.models import Assessment
from scoring.core.differences import compared
from scoring.services import score_round
from tests.scoring.golden import counted_round
from tests.somebody import somebody


def row(code: str, total: str | None, rank: int | None, **more: Any) -> dict[str, Any]:
    return {"code": code, "group": "g", "total": total, "group_rank": rank, "overall_rank": rank, **more}


def test_two_departments_that_change_places() -> None:
    # A 80 → 70 (first → second), B 75 → 75 (second → first): one pair, reversed, so tau is −1.
    found = compared(
        [row("A", "80.0", 1, outcomes={"advanced": True}), row("B", "75.0", 2)],
        [row("A", "70.0", 2, outcomes={"advanced": False}), row("B", "75.0", 1)],
    )
    assert [(entry.code, entry.figure, entry.change) for entry in found.differences] == [
        ("A", "total", Decimal("-10.0")),
        ("A", "group_rank", None),
        ("A", "overall_rank", None),
        ("B", "group_rank", None),
        ("B", "overall_rank", None),
    ]
    assert [(entry.code, entry.figure, entry.first, entry.second) for entry in found.outcomes] == [
        ("A", "advanced", True, False)
    ]
    assert (found.gained, found.lost, found.correlation) == (1, 1, -1.0)


def test_a_department_in_one_result_only_is_named() -> None:
    found = compared([row("A", "80.0", 1)], [row("A", "80.0", 1), row("B", "75.0", 2)])
    assert {entry.code for entry in found.differences} == {"B"}
    assert found.standings[1].group_ranks == (None, 2)
    assert found.standings[1].moved is None


@pytest.mark.django_db
def test_the_page_names_what_an_assessment_corrected_changed() -> None:
    round = counted_round("banded-composite")
    score_round(actor=console(), round=round)
    changed = Assessment.objects.filter(year=round.year, score__gt=1).order_by("department__code")[0]
    Assessment.objects.filter(pk=changed.pk).update(score=changed.score - 1)
    score_round(actor=console(), round=round, reason="corrected")
    client = Client()
    client.force_login(somebody("committee"))
    response = client.get(reverse("scoring:run-compare", args=(round.year,)))
    assert response.status_code == 200
    figures = {(entry.code, entry.figure) for entry in response.context["comparison"].differences}
    assert (changed.department.code, "assessment") in figures
    assert {code for code, figure in figures if figure == "assessment"} == {changed.department.code}
    assert [same for *_, same in response.context["proofs"]] == [False, True, True]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["leader", "liaison", "administrator", "assessor", "organiser"])
def test_who_must_not_compare(role: str) -> None:
    round = counted_round("three-step")
    client = Client()
    client.force_login(somebody(role))
    assert client.get(reverse("scoring:run-compare", args=(round.year,))).status_code == 403
