"""Finding people and going through pages; nothing of what is searched for in an address."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from evaluators import search_words, selectors
from evaluators.models import Evaluator, Stratum, Unit
from tests.evaluators.registry import client, person, role, unit, user

pytestmark = pytest.mark.django_db

LIST = "evaluators:evaluator-list"


def found(text: str = "", **values: Any) -> list[str]:
    rows = selectors.find(Evaluator.objects.all(), selectors.Search(text=text, **values))
    return sorted(rows.values_list("code", flat=True))


@pytest.fixture
def people() -> list[Evaluator]:
    company = unit("U1", "示范市宏图公司")
    return [
        person("P1", "张三", phone="13800000001", email="Zhang@example.cn", district="鼓楼区"),
        person("P2", "张四", phone="13911110001", unit=company),
        person("P3", "李三", "media", phone="13922222222", status="paused"),
        person("0001", "王五", district="鼓楼区"),
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("张", ["P1", "P2"]),
        ("张三", ["P1"]),
        ("三", []),  # names by how they begin
        (" p1 ", []),  # codes as they are
        ("Ｐ１", ["P1"]),
        ("宏图", ["P2"]),
        ("U1", ["P2"]),
        ("0001", ["0001", "P1", "P2"]),  # four digits: the end of a number, or a code
        ("13800000001", ["P1"]),
        ("+86 138-0000-0001", ["P1"]),
        ("zhang@EXAMPLE.cn", ["P1"]),
        ("zhang@example", []),
        ("%", []),
        ("", ["0001", "P1", "P2", "P3"]),
    ],
)
def test_search(people: list[Evaluator], text: str, codes: list[str]) -> None:
    assert found(text) == codes


def test_filters(people: list[Evaluator]) -> None:
    assert found(stratum=Stratum.objects.get(code="media")) == found(status="paused") == ["P3"]
    assert found(district="鼓楼区") == ["0001", "P1"]
    assert found("张", unit=Unit.objects.get()) == ["P2"]


def test_pages_forth_and_back(db: None) -> None:
    for number in range(120):
        person(f"P{number:03}")
    rows = Evaluator.objects.all()
    first = selectors.page_of(rows)
    assert (first.people[0].code, first.people[-1].code, len(first.people)) == ("P000", "P049", 50)
    assert (first.previous, first.count) == (None, 120)
    second = selectors.page_of(rows, after=first.next)
    assert (second.people[0].code, second.people[-1].code) == ("P050", "P099")
    third = selectors.page_of(rows, after=second.next)
    assert ([third.people[0].code, third.people[-1].code], third.next) == (["P100", "P119"], None)
    back = selectors.page_of(rows, before=third.previous)
    assert [row.code for row in back.people] == [row.code for row in second.people]
    assert selectors.page_of(rows, before=second.previous).previous is None
    assert selectors.page_of(rows, after=999_999).people[0].code == "P000"  # gone meanwhile: from the start


def test_the_count_stops_where_it_helps_nobody(people: list[Evaluator], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "COUNTED", 2)
    assert selectors.page_of(Evaluator.objects.all()).count == 3
    assert "2" in client(user("committee")).get(reverse(LIST)).content.decode()


def test_what_is_typed_never_stands_in_an_address(people: list[Evaluator]) -> None:
    browser = client(user("committee"))
    for text in ("13800000001", "zhang@example.cn", "张三"):
        response = browser.post(reverse(LIST), {"q": text, "stratum": people[0].stratum_id, "status": "active"})
        address = response["Location"]
        for word in (text, "1380", "zhang", "%E5%BC%A0"):
            assert word not in address
        page = browser.get(address)
        assert [row.code for row in page.context["page"].people] == ["P1"]
        # The words stand in their box again, and a page may not be kept.
        assert f'value="{text}"' in page.content.decode()
        assert "no-store" in page["Cache-Control"]
    assert browser.post(reverse(LIST), {"q": " "})["Location"] == reverse(LIST)


def test_foreign_words_are_no_words(people: list[Evaluator]) -> None:
    token = search_words.seal("张三")
    assert search_words.unseal(token) == "张三"
    for wrong in ("", "x", "张三", token[:-2], token[::-1], "A" * 5000):
        assert search_words.unseal(wrong) == ""
    page = client(user("committee")).get(reverse(LIST), {"words": token[::-1], "stratum": "x", "after": "-1"})
    assert page.status_code == 200
    assert len(page.context["page"].people) == 4


def test_a_limited_role_finds_its_stratum_alone(people: list[Evaluator]) -> None:
    browser = client(user(role("media_office", "registry.view"), ("stratum", "media")))
    assert [row.code for row in browser.get(reverse(LIST)).context["page"].people] == ["P3"]
    words = search_words.seal("13800000001")
    assert not browser.get(reverse(LIST), {"words": words}).context["page"].people
    assert browser.get(reverse("evaluators:evaluator-detail", args=[people[2].pk])).status_code == 200
    assert browser.get(reverse("evaluators:evaluator-detail", args=[people[0].pk])).status_code == 404


def test_no_contact_data_is_read_for_a_list(people: list[Evaluator], django_assert_max_num_queries: Any) -> None:
    browser = client(user("committee"))
    with django_assert_max_num_queries(14):
        text = browser.get(reverse(LIST)).content.decode()
    assert "13800000001" not in text
