"""Finding people and going through pages; nothing of what is searched for in an address."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from evaluators import listing, search_words, selectors
from evaluators.models import Evaluator, EvaluatorCount, Stratum, Unit
from evaluators.services.bulk import NewEvaluator, add_evaluators
from foundation.counting import compact
from foundation.database import set_by_id
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
    staff = user("committee")
    # By filters, along the whole register, by words that find some, and by words that find very many.
    for search in (selectors.Search(), selectors.Search(status="active"), selectors.Search(text="张")):
        first = listing.page_of(staff, search)
        assert (first.people[0].code, first.people[-1].code, len(first.people)) == ("P000", "P049", 50)
        assert (first.previous, first.count) == (None, 120)
        second = listing.page_of(staff, search, after=first.next)
        assert (second.people[0].code, second.people[-1].code) == ("P050", "P099")
        third = listing.page_of(staff, search, after=second.next)
        assert ([third.people[0].code, third.people[-1].code], third.next) == (["P100", "P119"], None)
        back = listing.page_of(staff, search, before=third.previous)
        assert [row.code for row in back.people] == [row.code for row in second.people]
        assert listing.page_of(staff, search, before=second.previous).previous is None
        assert listing.page_of(staff, search, after=999_999).people[0].code == "P000"  # gone meanwhile: from the start


@pytest.mark.parametrize("found", [1, 1_000])
def test_every_page_of_every_search_in_order(monkeypatch: pytest.MonkeyPatch, found: int) -> None:
    """The pages of a search, one after the other, are all that fit, by code: also where they are too many to sort."""
    monkeypatch.setattr(listing, "FOUND", found)
    monkeypatch.setattr(listing, "PER_PAGE", 3)
    company = unit("U1", "张氏公司")
    for number in range(24):
        person(
            f"P{number * 7 % 24:02}",
            "张三" if number % 2 else "李四",
            "npc" if number % 3 else "media",
            status="paused" if number % 5 == 0 else "active",
            district="鼓楼区" if number % 4 else "",
            unit=company if number % 6 == 0 else None,
        )
    staff = user("committee")
    media = Stratum.objects.get(code="media")
    for search in (
        selectors.Search(text="张"),
        selectors.Search(text="张", stratum=media),
        selectors.Search(text="张", district="鼓楼区", status="active"),
        selectors.Search(text="张", unit=company),
        selectors.Search(text="张_"),
        selectors.Search(stratum=media),
        selectors.Search(district="鼓楼区"),
        selectors.Search(status="paused", stratum=media),
        selectors.Search(unit=company),
    ):
        wanted = sorted(selectors.find(Evaluator.objects.all(), search).values_list("code", flat=True))
        seen: list[str] = []
        turn = None
        for _page in range(10):
            page = listing.page_of(staff, search, after=turn)
            seen += [row.code for row in page.people]
            if (turn := page.next) is None:
                break
        assert seen == wanted, search


def test_the_count_stops_where_it_helps_nobody(people: list[Evaluator], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FOUND", 1)
    staff = user("committee")
    page = listing.page_of(staff, selectors.Search(text="张"))
    assert (page.count, page.is_exact) == (1, False)
    # Of filters the number is known without counting, and exact.
    page = listing.page_of(staff, selectors.Search(status="active"))
    assert (page.count, page.is_exact) == (3, True)
    words = search_words.seal("张")
    assert "超过" in client(staff).get(reverse(LIST), {"words": words}).content.decode()


def test_counts_follow_whoever_writes(people: list[Evaluator]) -> None:
    """Kept by the database: made through the ORM, changed by a queryset and in bulk, deleted; summed up in between."""
    npc = Stratum.objects.get(code="npc")

    def sizes() -> tuple[int, int]:
        return next((total, active) for row, total, active in selectors.stratum_sizes() if row == npc)

    assert sizes() == (3, 3)
    Evaluator.objects.filter(code="P1").update(status="moved")
    assert sizes() == (3, 2)
    compact(EvaluatorCount, selectors.GROUPED_BY, "people")
    assert sizes() == (3, 2)
    set_by_id(Evaluator, ["district"], [[people[0].pk, "玄武区"]])
    assert listing.page_of(user("committee"), selectors.Search(district="玄武区")).count == 1
    Evaluator.objects.filter(code__in=["P1", "P2"]).delete()
    assert sizes() == (1, 1)
    add_evaluators([NewEvaluator("N1", "新人", npc.pk), NewEvaluator("N2", "新人", npc.pk, status="paused")])
    assert sizes() == (3, 2)


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
