"""Refusals that their reader can mend: what is missing, and where to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from foundation.errors import Conflict


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way. ``code`` is stable; the page to mend it is named, never spelt out."""

    code: str
    message: str
    remedy: str = ""
    url_name: str = ""
    url_args: tuple[Any, ...] = ()
    url_label: str | Promise = ""
    params: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def url(self) -> str:
        """Where to mend it; empty if there is no such page."""
        if not self.url_name:
            return ""
        try:
            return reverse(self.url_name, args=self.url_args)
        except NoReverseMatch:
            return ""


class Refused(Conflict):
    """A service did nothing, because of ``problems``. As a page: 409; as a command or job: one line."""

    def __init__(self, problems: Missing | Iterable[Missing]) -> None:
        self.problems = [problems] if isinstance(problems, Missing) else list(problems)
        first = self.problems[0]
        super().__init__(self.line, remedy=first.remedy, url=first.url, url_label=first.url_label)

    @property
    def code(self) -> str:
        """The code of the first problem."""
        return self.problems[0].code

    @property
    def line(self) -> str:
        """Everything in one line."""
        return " ".join(" ".join(str(problem.message).split()) for problem in self.problems)


class Stale(Refused):
    """The round changed since its form was shown; ``version`` is the present one."""

    def __init__(self, problem: Missing, version: int) -> None:
        super().__init__(problem)
        self.version = version
