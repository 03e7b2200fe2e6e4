"""The ballot in Chromium on a phone: with and without JavaScript, by keyboard, on a bad line; axe on every page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evaluation import attempts
from evaluation.envelopes import Opener
from evaluation.models import Round
from evaluation.services.closing import close_round
from evaluation.services.codes import revoke_code
from evaluation.services.counting import count_round
from evaluation.services.drafts import open_draft
from evaluation.services.keys import private_key
from evaluation.services.submitting import Content, new_token, submit
from evaluation.views import ballot as ballot_views
from foundation.context import forget_demo
from tests.ballot.world import World, build
from tests.judging import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _no_demo_notice() -> None:
    forget_demo()


@pytest.fixture
def world() -> World:
    return build(departments_per_page=2)


def ballot_of(world: World, index: int = 0) -> Any:
    return Opener(private_key(world.round)).open(bytes(world.reload(index).envelope))


def eventually(check: Callable[[], bool], seconds: float = 5.0) -> bool:
    limit = time.monotonic() + seconds
    while not check():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def tap(department: Any, choice: str) -> None:
    department.get_by_role("radio", name=choice, exact=True).click()


def answer_all(page: Any, choice: str) -> None:
    """One tap a department."""
    for department in page.locator(".dept").all():
        tap(department, choice)


@pytest.mark.sqlite_story
@pytest.mark.parametrize("javascript", [True, False])
def test_the_whole_ballot_on_a_phone(world: World, live: Any, open_page: Callable[..., Any], javascript: bool) -> None:
    page = open_page(**PHONE, javascript=javascript)
    page.goto(f"/b/{world.codes[0].reveal()}")
    assert page.url == f"{live.url}/b/ballot/"
    page.get_by_role("button", name="开始评议").click()
    answer_all(page, "比较满意")
    first = page.locator(".dept").first
    number = first.get_attribute("id").removeprefix("d")
    first.locator("summary").click()
    first.get_by_role("textbox").fill("窗口排队时间太长。")
    for at in (2, 3, 4):
        page.get_by_role("button", name="下一页").click()
        page.wait_for_url(f"**/b/ballot/{at}/")
        answer_all(page, "比较满意")
    page.get_by_role("button", name="核对并提交").click()
    page.wait_for_url("**/b/ballot/review/")
    assert page.get_by_text("所有部门均已评价。").is_visible()
    page.get_by_role("button", name="提交选票").click()
    page.wait_for_url("**/b/ballot/receipt/")
    assert len(re.sub(r"\s", "", page.locator(".receipt-code").inner_text())) == 27
    assert page.locator(".receipt img").evaluate("image => image.complete && image.naturalWidth > 0")
    ballot = ballot_of(world)
    assert ballot.answers == bytes([2] * 6)
    assert ballot.opinions == {f"D00{number}": "窗口排队时间太长。"}
    # Back and forth and a reload: the receipt stays, the ballot is one.
    page.reload()
    page.goto("/b/ballot/")
    assert page.url.endswith("/b/ballot/receipt/")
    page.get_by_role("button", name="完成，从本设备清除评议码").click()
    page.goto("/b/ballot/")
    assert page.url == f"{live.url}/b/"


def test_a_dropped_phone_loses_nothing(world: World, live: Any, open_page: Callable[..., Any]) -> None:
    """Taps are saved as they are made; another device goes on from there."""
    phone = open_page(**PHONE)
    phone.goto(f"/b/{world.codes[0].reveal()}")
    phone.get_by_role("button", name="开始评议").click()
    answer_all(phone, "不了解")
    assert eventually(lambda: open_draft(world.codes[0], world.reload().draft, 6).answers.count(4) == 2)
    phone.get_by_text("已保存").wait_for()
    assert phone.locator("[data-answered]").inner_text() == "2"
    phone.close()
    computer = open_page()
    computer.goto(f"/b/{world.codes[0].reveal()}")
    computer.get_by_role("button", name="继续填写（已评 2/6）").click()
    computer.wait_for_url("**/b/ballot/2/")
    computer.get_by_role("button", name="上一页").click()
    computer.wait_for_url("**/b/ballot/1/")
    assert computer.locator("input:checked").count() == 2


def test_a_bad_line_is_told_and_mended(world: World, live: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE)
    page.goto(f"/b/{world.codes[0].reveal()}")
    page.get_by_role("button", name="开始评议").click()
    page.wait_for_url("**/b/ballot/1/")  # the line breaks after the page and its script have come
    page.context.set_offline(True)
    tap(page.locator(".dept").first, "不满意")
    page.get_by_text("尚未保存").wait_for()
    assert world.reload().draft is None
    page.context.set_offline(False)
    page.get_by_text("已保存").wait_for(timeout=10_000)
    assert open_draft(world.codes[0], world.reload().draft, 6).answers.count(3) == 1


def test_a_slow_save_does_not_overtake_the_page(
    world: World, live: Any, open_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The save of an older state is still on its way when the page is posted: the newer one stays."""
    save = ballot_views._save

    def slowly(form: Any, request: Any, admission: Any) -> Any:
        if request.path.endswith("/save/"):
            time.sleep(0.7)
        return save(form, request, admission)

    monkeypatch.setattr(ballot_views, "_save", slowly)
    page = open_page(**PHONE)
    page.goto(f"/b/{world.codes[0].reveal()}")
    page.get_by_role("button", name="开始评议").click()
    first = page.locator(".dept").first
    position = int(first.locator("input").first.get_attribute("name").removeprefix("a"))
    tap(first, "不满意")
    tap(first, "满意")
    page.get_by_role("button", name="下一页").click()
    page.wait_for_url("**/b/ballot/2/")
    time.sleep(1)
    assert open_draft(world.codes[0], world.reload().draft, 6).answers[position] == 1


def test_keyboard_alone(world: World, live: Any, open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto("/b/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.locator("#id_code").focus()
    page.keyboard.type(world.codes[4].reveal_grouped().lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/b/ballot/")
    page.get_by_role("button", name="开始评议").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/b/ballot/1/")
    page.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")  # goes on, as the page's first button says
    page.wait_for_url("**/b/ballot/2/")
    assert sorted(open_draft(world.codes[4], world.reload(4).draft, 6).answers) == [0, 0, 0, 0, 0, 3]


def test_the_rating_grid_as_a_screen_reader_hears_it(world: World, live: Any, open_page: Callable[..., Any]) -> None:
    """Each department is a group named after it; its choices are radio buttons with their words."""
    page = open_page(**PHONE)
    page.goto(f"/b/{world.codes[0].reveal()}")
    page.get_by_role("button", name="开始评议").click()
    groups = page.get_by_role("group", name=re.compile(r"^示范市第\d局$"))
    assert groups.count() == 2
    assert groups.first.get_by_role("radio").count() == 4
    assert groups.first.get_by_role("radio", name="不了解").count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("progressbar", name="已评部门数").count() == 1


def walk(page: Any, world: World, index: int) -> list[str]:
    """Every page of a ballot, judged by axe; ends with the receipt."""
    found = []
    page.goto("/b/")
    found += faults(page)
    page.fill("#id_code", "ABCD")
    page.locator("main button[type=submit]").click()
    found += faults(page)
    page.goto(f"/b/{world.codes[index].reveal()}")
    page.locator("main summary").click()
    found += faults(page)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/b/ballot/1/")
    page.locator(".dept summary").first.click()
    page.locator(".choice").first.click()
    found += faults(page)
    page.goto("/b/ballot/review/")
    page.locator("main summary").click()
    found += faults(page)
    page.locator(".actions .button-primary").click()
    page.wait_for_url("**/b/ballot/receipt/")
    return [*found, *faults(page)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(("width", "large"), [(390, False), (320, True), (1440, False)])
def test_every_page_is_accessible(
    world: World, live: Any, open_page: Callable[..., Any], language: str, width: int, large: bool
) -> None:
    page = open_page(width=width, height=844)
    cookies = {"django_language": language, **({"large_type": "1"} if large else {})}
    page.context.add_cookies([{"name": name, "value": value, "url": live.url} for name, value in cookies.items()])
    assert walk(page, world, 0) == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_state_is_accessible(
    live: Any, open_page: Callable[..., Any], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build(opens_at=timezone.now() + timedelta(days=1))
    page = open_page(**PHONE)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live.url}])
    found = []

    def look(path: str, status: int) -> None:
        response = page.goto(path)
        assert response.status == status, path
        found.extend(faults(page))

    links = [f"/b/{code.reveal()}" for code in world.codes]
    look(links[0], 403)
    Round.objects.update(opens_at=timezone.now() - timedelta(days=1))
    submit(admission=world.admission(0), content=Content(bytes(6)), token=new_token())
    look(links[0], 409)
    revoke_code(actor=world.staff, invitation=world.invitations[1], reason="x")
    look(links[1], 410)
    look("/b/0123456789ABCDEFG", 404)
    look("/b/receipts/", 200)
    close_round(actor=world.staff, round=world.round)
    look(links[0], 410)
    look(links[2], 410)
    count_round(actor=world.staff, round=world.round)
    look("/b/receipts/", 200)
    look("/b/receipts/2008/", 200)
    for typed in ("ABC", "0" * 27):
        page.fill("#id_receipt", typed)
        page.locator("main button[type=submit]").click()
        page.wait_for_load_state()
        found.extend(faults(page))
    monkeypatch.setattr(attempts, "ADDRESS_LIMIT", 0)
    look(links[3], 429)
    assert found == []


def test_forced_colours(world: World, live: Any, open_page: Callable[..., Any]) -> None:
    page = open_page(**PHONE, forced_colors="active")
    assert walk(page, world, 0) == []
