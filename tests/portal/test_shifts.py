"""What else changed since last year, beside the points for the change: on page, derivation and in the workbook."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db.models import QuerySet
from django.test import Client

from accounts.models import User
from config.demo.city import City
from portal.reports.workbook import result_workbook
from scoring import shifts
from scoring.models import Publication, ScoreRun
from tests.demo.city import small_city
from tests.tampering import past_the_triggers

pytestmark = pytest.mark.django_db

SAME = "组别、层面、权重和未计入的层面均与上年相同"
UNKNOWN = "上年结果不是由本系统公布的"


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with small_city(django_db_blocker) as built:
        yield built


def page(path: str) -> str:
    client = Client()
    user = User.objects.get(username="lingdao")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(path).content.decode()


@pytest.fixture
def other_rules_in_2006(city: City) -> Iterator[None]:
    """In 2006 D39 was in the party group, city leaders weighed 5 more and the media did not judge that group."""
    run = Publication.objects.get(round__year=2006).run
    basis, result = run.basis, run.result
    groups = {group["code"]: group["weights"] for group in basis["round"]["groups"]}
    now = Publication.objects.get(round__year=2007).run.basis["round"]["groups"]
    today = next(group["weights"] for group in now if group["code"] == "enforcement")
    then = {code: weight for code, weight in today.items() if code != "media"}
    then["leaders"] = str(float(today["leaders"]) + float(today["media"]))
    groups["party"].clear()
    groups["party"].update(then)
    for row in result["departments"]:
        row["group"] = "party" if row["code"] == "D39" else row["group"]
    with past_the_triggers(ScoreRun):
        QuerySet(ScoreRun).filter(pk=run.pk).update(basis=basis, result=result)
    shifts._judged.cache_clear()  # which trusts that no run ever changes
    yield
    shifts._judged.cache_clear()


@pytest.mark.parametrize("path", ["/results/departments/D39/?year=2007", "/results/2007/departments/D39/explain/"])
def test_the_changes_are_listed_beside_the_points(other_rules_in_2006: None, path: str) -> None:
    text = page(path)
    for words in ("组别：党群综合，现为执法监督", "市领导权重：12.00，现为 10.00", "新闻媒体首次评议，权重 2.00"):
        assert words in text


def test_they_are_in_the_workbook(other_rules_in_2006: None) -> None:
    book = openpyxl.load_workbook(
        BytesIO(result_workbook(Publication.objects.get(round__year=2007).run, published=True))
    )
    rows = {row[1]: row[-1] for row in book["年度比较"].iter_rows(values_only=True)}
    assert str(rows["D39"]).startswith("组别：党群综合，现为执法监督")
    assert not rows["D40"]


def test_equal_rules_say_so_and_where_nobody_knows_that_is_said(city: City) -> None:
    assert SAME in page("/results/departments/D40/?year=2007")
    assert UNKNOWN in page("/results/2001/departments/D40/explain/")
