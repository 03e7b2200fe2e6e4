"""What a role can be limited to. The apps that own departments, sectors and strata say which there are.

In ``AppConfig.ready``::

    scopes.register(ScopeKind.SECTOR, lambda: Sector.objects.values_list("code", "name"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _

from accounts.models import ScopeKind

Choices = Callable[[], Iterable[tuple[str, str]]]

_choices: dict[str, Choices] = {}


def register(kind: str, choices: Choices) -> None:
    """Give the function that lists (code, name) of one kind, called at each use.

    Raises ValueError for an unknown kind, or for "all", which has no codes.
    """
    if kind not in ScopeKind.values or kind == ScopeKind.ALL:
        raise ValueError(f"no kind of scope to choose from: {kind!r}")
    _choices[kind] = choices


def kinds() -> list[str]:
    """The kinds that have choices, in the order of ``ScopeKind``."""
    return [kind for kind in ScopeKind.values if kind in _choices]


def choices(kind: str) -> list[tuple[str, str]]:
    """The (code, name) that a role can be limited to; empty for a kind nobody registered."""
    return list(_choices[kind]()) if kind in _choices else []


class ScopeNames:
    """Names of scopes for one page: each kind is asked for at most once, and only if it is needed."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def label(self, kind: str, code: str) -> str:
        """``One sector: 政法片 (law)``; the code alone where the name is not known."""
        kind_label = str(ScopeKind(kind).label)
        if kind == ScopeKind.ALL:
            return kind_label
        if kind not in self._known:
            self._known[kind] = dict(choices(kind))
        name = self._known[kind].get(code)
        named = _("%(name)s (%(code)s)") % {"name": name, "code": code} if name else code
        return _("%(kind)s: %(name)s") % {"kind": kind_label, "name": named}
