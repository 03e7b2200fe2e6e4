"""Log lines without personal data: codes in addresses, phone numbers, e-mail addresses."""

from __future__ import annotations

import logging
import sys

import pytest

from foundation.logs import PrivacyFilter, redact


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /b/7K3M-9QXT-2RWA-5HNP HTTP/1.1", "GET /b/*** HTTP/1.1"),
        ("Not Found: /b/ABCD?x=1", "Not Found: /b/***?x=1"),
        ("电话 13912345678 已登记", "电话 1********** 已登记"),
        ("zhang.san+test@mail.example.cn wrote", "***@*** wrote"),
        ("order 9139123456780 stays", "order 9139123456780 stays"),  # longer than a number
        ("year 2008, 11904 ballots", "year 2008, 11904 ballots"),
    ],
)
def test_what_is_private_is_blanked_out(line: str, shown: str) -> None:
    assert redact(line) == shown


def _filtered(*args: object, exc_info: object = None, name: str = "x", level: int = logging.ERROR) -> logging.LogRecord:
    message, *rest = args
    record = logging.LogRecord(name, level, "x.py", 1, str(message), tuple(rest), exc_info)  # type: ignore[arg-type]
    assert PrivacyFilter().filter(record) is True  # never drops a line
    return record


def test_arguments_are_looked_at_too() -> None:
    assert _filtered("user %s from %s", "zhang@example.cn", "127.0.0.1").getMessage() == "user ***@*** from 127.0.0.1"


def test_a_percent_sign_in_the_message_survives() -> None:
    assert _filtered("100%% of %s", "13912345678").getMessage() == "100% of 1**********"


def test_tracebacks_are_looked_at_too() -> None:
    try:
        raise ValueError("手机 13912345678")
    except ValueError:
        record = _filtered("failed", exc_info=sys.exc_info())
    text = logging.Formatter().format(record)
    assert "13912345678" not in text
    assert "ValueError" in text


def test_every_handler_of_the_site_has_the_filter() -> None:
    from django.conf import settings

    handlers = settings.LOGGING["handlers"]
    assert handlers
    assert all("private" in handler.get("filters", []) for handler in handlers.values())


def test_pages_that_are_refused_leave_a_line_and_no_trace() -> None:
    try:
        raise PermissionError("not you")
    except PermissionError:
        shown = {
            level: logging.Formatter().format(
                _filtered("Forbidden: /x", name="django.request", level=level, exc_info=sys.exc_info())
            )
            for level in (logging.WARNING, logging.ERROR)
        }
    assert "Traceback" not in shown[logging.WARNING]
    assert "Traceback" in shown[logging.ERROR]
