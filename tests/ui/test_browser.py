"""The page of all components in a real browser: axe, keyboard, no script, zoom, forced colours, downloads."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role, RoleGrant, User
from foundation import navigation
from foundation.models import Job
from tests.judging import SIDEWAYS, violations

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.ui.urls")]

STAFF = "/styleguide/"
BALLOT = "/styleguide/?ballot"


def set_cookies(page: Any, base: str, **cookies: str) -> None:
    page.context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])


@pytest.fixture
def staff(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """A member of the committee, with one entry in the navigation."""
    monkeypatch.setattr(navigation, "_items", {})
    navigation.register(navigation.NavItem("样例", "styleguide", "round.view", "table", section="evaluation"))
    user = User.objects.create(username="staff", full_name="张晓明")
    role, _made = Role.objects.get_or_create(code="committee", defaults={"name": "工委", "permissions": ["round.view"]})
    RoleGrant.objects.create(user=user, role=role)
    return user


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("width", [390, 1440])
def test_staff_components_are_accessible(
    open_page: Callable[..., Any], live: Any, sign_in: Callable[..., None], staff: User, width: int, language: str
) -> None:
    page = open_page(width=width)
    sign_in(page, staff)
    set_cookies(page, live.url, django_language=language)
    page.goto(STAFF)
    page.wait_for_selector("[data-chart='heat-sample'].is-drawn canvas")
    assert list(violations(page)) == []
    assert page.evaluate(SIDEWAYS) <= 0


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("large", ["0", "1"])
def test_ballot_components_are_accessible(open_page: Callable[..., Any], live: Any, language: str, large: str) -> None:
    page = open_page(width=390, height=844)
    set_cookies(page, live.url, django_language=language, large_type=large)
    page.goto(BALLOT)
    assert list(violations(page)) == []
    assert page.evaluate(SIDEWAYS) <= 0
    small = page.evaluate(
        "[...document.querySelectorAll('.choice, .button, .switch, summary, .input')]"
        ".map(e => [e.textContent.trim(), e.getBoundingClientRect().height]).filter(([, h]) => h && h < 48)"
    )
    assert small == []


@pytest.mark.parametrize("address", [STAFF, BALLOT])
@pytest.mark.parametrize("width", [320, 640, 720])
def test_zoomed_pages_never_scroll_sideways(open_page: Callable[..., Any], address: str, width: int) -> None:
    # 200 % zoom of a 1280 or 1440 px screen leaves 640 or 720 CSS pixels; 320 is the reflow limit of WCAG 1.4.10.
    page = open_page(width=width)
    page.goto(address)
    assert page.evaluate(SIDEWAYS) <= 0


@pytest.mark.parametrize("address", [STAFF, BALLOT])
def test_forced_colours_keep_borders_and_choices(open_page: Callable[..., Any], address: str) -> None:
    page = open_page(width=390, forced_colors="active")
    page.goto(address)
    assert list(violations(page)) == []
    if address == BALLOT:
        chosen, other = (
            page.locator(".choice > span").nth(index).evaluate("e => getComputedStyle(e).backgroundColor")
            for index in (0, 1)
        )
        assert chosen != other


def test_the_drawer_by_keyboard(open_page: Callable[..., Any], sign_in: Callable[..., None], staff: User) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, staff)
    page.goto(STAFF)
    page.focus(".menu-toggle")
    page.keyboard.press("Enter")
    assert page.get_attribute(".menu-toggle", "aria-expanded") == "true"
    assert page.locator("#menu").is_visible()
    assert page.evaluate("document.activeElement.hasAttribute('data-drawer-close')")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == STAFF
    page.keyboard.press("Escape")
    assert not page.locator("#menu").is_visible()
    assert page.evaluate("document.activeElement.classList.contains('menu-toggle')")


def test_skip_link_and_error_summary_move_the_focus(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto(STAFF)
    assert page.evaluate("document.activeElement.classList.contains('error-summary')")
    page.click(".error-summary a[href='#bad_year']")
    assert page.evaluate("document.activeElement.id") == "bad_year"
    page.goto(BALLOT)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_everything_is_there_without_javascript(
    open_page: Callable[..., Any], sign_in: Callable[..., None], staff: User
) -> None:
    page = open_page(width=390, height=844, javascript=False)
    sign_in(page, staff)
    page.goto(STAFF)
    assert page.locator("#bars-sample-table").is_visible()
    assert not page.locator(".chart-tools").first.is_visible()
    assert not page.locator("#menu").is_visible()
    page.click(".menu-toggle")
    assert page.locator("#menu .nav-item").is_visible()
    page.click("[data-drawer-close]")
    assert not page.locator("#menu").is_visible()
    page.click("summary.header-button")
    assert page.get_by_role("button", name="退出登录").is_visible()


def test_large_type_and_language_without_javascript(open_page: Callable[..., Any], live: Any) -> None:
    page = open_page(width=390, height=844, javascript=False)
    page.goto(BALLOT)
    page.get_by_role("button", name="大字版").click()
    assert page.locator("html.large").count() == 1
    assert page.url == f"{live.url}{BALLOT}"
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Normal type").click()
    assert page.locator("html.large").count() == 0


def test_a_ballot_is_filled_in_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page(width=390, height=844)
    page.goto(BALLOT)
    page.focus("input[name=d2][value='1']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[name=d2]:checked").get_attribute("value") == "3"
    group = page.get_by_role("group", name="乙局")  # a screen reader hears whose choice it is
    assert group.get_by_role("radio").count() == 4


def test_sums_follow_what_is_typed(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto(STAFF)
    line = page.locator(".total-line")
    assert "total-off" in line.get_attribute("class")
    page.fill("#w1", "69.9")
    page.fill("#w2", "30.1")  # 69.9 + 30.1 is 100 exactly, although not in binary
    assert "total-ok" in line.get_attribute("class")
    assert line.locator("output").inner_text() == "100.00"


def test_charts_are_saved_as_picture_and_figures(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page()
    page.goto(STAFF)
    saved = {}
    for kind in ("png", "svg", "csv"):
        with page.expect_download() as download:
            page.click(f"[data-chart='bars-sample'] [data-chart-save='{kind}']")
        assert download.value.suggested_filename == f"样例：带误差范围的横条.{kind}"
        download.value.save_as(tmp_path / kind)
        saved[kind] = (tmp_path / kind).read_bytes()
    assert saved["png"].startswith(b"\x89PNG")
    assert saved["svg"].startswith(b"<svg")
    rows = list(csv.reader(io.StringIO(saved["csv"].decode("utf-8-sig"))))
    assert rows[0] == ["部门", "满意率（%）", "满意率：可能范围下限", "满意率：可能范围上限"]
    assert rows[1] == ["甲局", "96.40", "94.90", "97.90"]
    assert rows[8] == ["辛中心", "", "", ""]


def test_on_paper_only_what_can_be_read(open_page: Callable[..., Any]) -> None:
    page = open_page(width=800)
    page.goto(STAFF)
    page.emulate_media(media="print")
    for hidden in (".filter-bar", ".pager", ".page-actions", ".chart-tools", ".site-header form"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator("h1").is_visible()
    assert page.locator("[data-chart='bars-sample'] canvas").is_visible()


def test_a_job_is_followed_without_losing_the_focus_and_ends_with_its_result(
    open_page: Callable[..., Any], sign_in: Callable[..., None], staff: User
) -> None:
    row = Job.objects.create(kind="test.kind", state="running", done=10, total=100, created_by=staff, done_url="/jobs/")
    page = open_page()
    sign_in(page, staff)
    page.goto(f"/jobs/{row.pk}/")
    assert list(violations(page)) == []
    page.get_by_role("button", name="停止任务").focus()
    Job.objects.filter(pk=row.pk).update(done=40, message="第 40 行")
    page.wait_for_selector("progress[value='40']")
    assert page.evaluate("document.activeElement.textContent.trim()") == "停止任务"
    assert page.locator("[aria-live]").last.inner_text() == "第 40 行 40%"
    page.reload()
    assert page.locator("progress").get_attribute("value") == "40"
    Job.objects.filter(pk=row.pk).update(state="done", done=100, message="")
    page.get_by_role("link", name="查看结果").wait_for()
    assert page.locator("[hx-trigger]").count() == 0
