"""Names from a round's configuration, in the reader's language."""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import get_language, gettext

from evaluation.definition import Problem


class Named(Protocol):
    """What has a code and a label in one or two languages: a stratum, a group, a choice, a criterion, a class."""

    @property
    def code(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def label_en(self) -> str: ...


def label_of(part: Named) -> str:
    """The English label for English readers where there is one, else the label, else the code."""
    if part.label_en and (get_language() or "").startswith("en"):
        return part.label_en
    return part.label or part.code


def translated(problem: Problem) -> str:
    """A problem of the pure configuration in the reader's language."""
    return gettext(problem.message) % problem.params
