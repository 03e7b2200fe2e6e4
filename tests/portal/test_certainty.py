"""How sure ranks are, in words that leaders read: from the chances that the published run keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import translation

from accounts.models import User
from config.demo.city import City
from scoring.certainty import certainty_of
from scoring.models import Publication, ScoreRun
from tests.demo.city import small_city

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with small_city(django_db_blocker) as built:
        yield built


def page(username: str, path: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def published(year: int = 2007) -> ScoreRun:
    return Publication.objects.get(round__year=year).run


def years_with(*, unsure: bool) -> Iterator[tuple[int, str, str]]:
    """Year, group and code of each department that is last and (un)surely so."""
    for publication in Publication.objects.select_related("run", "round"):
        for code, group in certainty_of(publication.run).items():
            results = {row["code"]: row for row in publication.run.result["departments"]}
            for one in group.order.codes:
                if "last_in_group" in results[one]["outcomes"]["key_help"] and (one in group.unsure_last) == unsure:
                    yield publication.round.year, code, one


def test_the_ranking_names_the_ranks_that_cannot_be_told_apart(city: City) -> None:
    """Three departments a group: one stretch where all three pairs are open, else each open pair of neighbours."""
    text = re.sub(r"<[^>]+>|\s", "", page("lingdao", "/results/2007/"))
    wanted = []
    for order in published().summary["orders"]:
        (first, both), (second,), _ = order["chances"]
        opened = [first < 0.95, second < 0.95]
        if all(opened) and both < 0.95:
            wanted.append("名次把握：第1–3名难分先后")
        elif any(opened):
            stretches = [ranks for ranks, is_open in zip(("1–2", "2–3"), opened, strict=True) if is_open]
            wanted.append(f"名次把握：第{'、'.join(stretches)}名难分先后")
    assert wanted
    for words in set(wanted):
        assert text.count(words) == wanted.count(words)


def test_who_sees_a_part_of_a_group_hears_nothing_of_the_others_order(city: City) -> None:
    assert "难分先后" not in page("lianluo", "/results/2007/")


def test_a_last_place_that_is_not_distinct_carries_a_warning(city: City) -> None:
    """On the ranking and on the department's page, and nowhere else."""
    unsure, sure = list(years_with(unsure=True)), list(years_with(unsure=False))
    assert unsure
    assert sure
    for year in {row[0] for row in unsure}:
        ranking = page("lingdao", f"/results/{year}/")
        assert ranking.count("末位差异不显著") == sum(row[0] == year for row in unsure)
    for year, _group, code in unsure[:1]:
        assert "末位差异不显著" in page("lingdao", f"/results/departments/{code}/?year={year}")
    for year, _group, code in sure[:1]:
        assert "末位差异不显著" not in page("lingdao", f"/results/departments/{code}/?year={year}")


def test_a_department_reads_its_ranges_and_its_neighbours_without_their_names(city: City) -> None:
    text = page("lianluo", "/results/departments/D39/?year=2007")
    assert "结果的把握" in text
    assert ("与前一名相比" in text) or ("与后一名相比" in text)
    for order in published().summary["orders"]:
        for code in set(order["codes"]) - {"D39"}:
            assert f"/results/departments/{code}/" not in text


@pytest.mark.parametrize(
    ("certainty", "said", "not_said"),
    [
        ({"alike": True}, "区间宽度为零", "仅一张选票"),
        ({"single": ["新闻媒体"]}, "新闻媒体：仅一张选票", "全体候选人均已评议"),
        ({"census": ["市领导"]}, "市领导：全体候选人均已评议", "仅一张选票"),
    ],
)
def test_ranges_without_width_say_why(certainty: dict[str, Any], said: str, not_said: str) -> None:
    with translation.override("zh-hans"):
        text = Template('{% include "portal/_certainty.html" %}').render(Context({"certainty": certainty}))
    assert said in text
    assert not_said not in text


def test_flags_of_strata_are_those_that_judged_the_department(city: City) -> None:
    """Demo years ask everybody of some strata (city leaders): their pages say so by the run's own flags."""
    run = published()
    census = {row["code"] for row in run.summary["strata"] if row["flag"] == "census"}
    judged = {row["stratum"] for row in run.breakdown["D39"]["strata"] if row["reports"]}
    text = page("lingdao", "/results/departments/D39/?year=2007")
    assert text.count("全体候选人均已评议") == len(census & judged)
