"""Pages for what went wrong: status, words, language, and nothing that is nobody's business."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User

pytestmark = [pytest.mark.urls("tests.ui.urls"), pytest.mark.django_db]

PAGES = [
    ("/wrong/bad/", 400, "无法识别的请求", "The request could not be understood"),
    ("/wrong/denied/", 403, "没有权限", "You are not allowed to see this"),
    ("/styleguide/nothing/", 404, "页面不存在", "There is no such page"),
    ("/wrong/conflict/", 409, "与当前状态不符", "This no longer fits"),
    ("/wrong/often/", 429, "操作过于频繁", "Too many attempts"),
]


@pytest.mark.parametrize(("address", "status", "chinese", "english"), PAGES)
def test_each_has_its_page_in_both_languages(address: str, status: int, chinese: str, english: str) -> None:
    client = Client()
    client.force_login(User.objects.create(username="somebody"))
    answer = client.get(address)
    assert answer.status_code == status
    text = answer.content.decode()
    assert f"<h1>{chinese}</h1>" in text
    assert f"错误 {status}" in text
    assert "您可以" in text
    client.cookies["django_language"] = "en"
    answer = client.get(address)
    assert answer.status_code == status
    assert f"<h1>{english}</h1>" in answer.content.decode()


def test_a_conflict_says_what_to_do() -> None:
    text = Client().get("/wrong/conflict/").content.decode()
    assert "方案已锁定。" in text
    assert "查看锁定后的方案。" in text
    assert '<a class="btn btn-primary" href="/rounds/">查看方案</a>' in text


def test_too_often_says_how_long_to_wait() -> None:
    answer = Client().get("/wrong/often/")
    assert answer["Retry-After"] == "61"
    assert "请等待 2 分钟后再试。" in answer.content.decode()  # 61 seconds are not over after one minute


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_server_error_stands_alone_in_both_languages_and_tells_nothing(language: str) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["django_language"] = language
    answer = client.get("/wrong/fault/")
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "系统出错" in text
    assert "Something went wrong" in text
    assert "13900000000" not in text
    assert "Traceback" not in text
    assert "app.css" not in text  # its own style sheet only


def test_a_server_error_needs_neither_database_nor_context(django_assert_num_queries: Any, rf: Any) -> None:
    from foundation.errors import server_error

    with django_assert_num_queries(0):
        assert server_error(rf.get("/")).status_code == 500


def test_an_old_form_gets_its_own_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/display/", {"large": "1"})
    assert answer.status_code == 403
    assert "<h1>表单已过期</h1>" in answer.content.decode()


def test_a_lost_login_reloads_the_page_instead_of_filling_a_fragment() -> None:
    answer = Client().get("/inside/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers.get("HX-Refresh")) == (200, "true")
    assert answer.content == b""
    assert Client().get("/inside/").status_code == 302


def test_maintenance_page_renders_without_a_request() -> None:
    from django.template.loader import render_to_string

    with translation.override("en"):
        text = render_to_string("503.html")
    assert "系统正在维护" in text
    assert "The site is being maintained" in text
