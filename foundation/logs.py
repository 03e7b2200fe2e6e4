"""Keeping personal data out of log lines."""

from __future__ import annotations

import logging
import re

_CODE = re.compile(r"(/b/)[^\s/?\"']+")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def redact(text: str) -> str:
    """Blank out ballot codes in addresses, mobile numbers and e-mail addresses."""
    text = _CODE.sub(r"\1***", text)
    text = _PHONE.sub("1**********", text)
    return _EMAIL.sub("***@***", text)


class PrivacyFilter(logging.Filter):
    """Rewrites every record before it is written; never drops one."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if record.name == "django.request" and record.levelno < logging.ERROR:
            record.exc_info = record.exc_text = None  # pages that are refused or not there: no fault to trace
        record.msg, record.args = redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True
