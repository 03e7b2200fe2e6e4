"""Large type and language: switched by forms, kept in cookies, never a way to another site."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = [pytest.mark.urls("tests.ui.urls"), pytest.mark.django_db]


def test_large_type_on_and_off() -> None:
    client = Client()
    assert 'class="large"' not in client.get("/styleguide/?ballot").content.decode()
    answer = client.post("/display/", {"large": "1", "next": "/styleguide/?ballot"})
    assert (answer.status_code, answer["Location"]) == (302, "/styleguide/?ballot")
    assert answer.cookies["large_type"]["httponly"]
    assert '<html lang="zh-hans" class="large">' in client.get("/styleguide/?ballot").content.decode()
    client.post("/display/", {"large": "0", "next": "/"})
    assert 'class="large"' not in client.get("/styleguide/?ballot").content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_no_way_to_another_site(target: str) -> None:
    assert Client().post("/display/", {"large": "1", "next": target})["Location"] == "/"


def test_looking_changes_nothing() -> None:
    assert Client().get("/display/?large=1").status_code == 405


def test_language_switch() -> None:
    client = Client()
    answer = client.post("/language/", {"language": "en", "next": "/styleguide/"})
    assert answer["Location"] == "/styleguide/"
    text = client.get("/styleguide/").content.decode()
    assert '<html lang="en">' in text
    assert "Skip to content" in text
