"""The side navigation: apps register their entries; each person sees the ones that he or she may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.checks import Error
from django.core.checks import register as register_check
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Check = Callable[[Any], bool]
Policy = Callable[[Any, str], bool]

SECTIONS: dict[str, str | Promise] = {
    "overview": "",
    "evaluation": _("Evaluation"),
    "registry": _("Registers"),
    "results": _("Results"),
    "followup": _("Follow-up"),
    "administration": _("Administration"),
}


@dataclass(frozen=True)
class NavItem:
    """One entry. ``permission``: a permission code, a function of the user, or None for everybody logged in."""

    label: str | Promise
    url_name: str
    permission: str | Check | None = None
    icon: str = "circle-fill"
    order: int = 100
    section: str = "overview"


@dataclass(frozen=True)
class NavLink:
    """An entry as the page shows it."""

    label: str | Promise
    url: str
    icon: str
    is_current: bool


@dataclass(frozen=True)
class NavSection:
    """A titled part of the navigation with at least one link."""

    code: str
    title: str | Promise
    links: list[NavLink]


_items: dict[str, NavItem] = {}
_policy: list[Policy] = []


def register(item: NavItem) -> None:
    """Add an entry, in ``AppConfig.ready``; a second one for the same URL name replaces the first.

    Raises ValueError for an unknown section.
    """
    if item.section not in SECTIONS:
        raise ValueError(f"unknown section {item.section!r}; known: {', '.join(SECTIONS)}")
    _items[item.url_name] = item


def use_policy(may_somewhere: Policy) -> None:
    """Set who decides about permission codes: an entry shows to those who hold its permission for anything at all."""
    _policy[:] = [may_somewhere]


def is_allowed(item: NavItem, user: Any) -> bool:
    """True if this user sees the entry; nobody who is not logged in sees any."""
    if user is None or not getattr(user, "is_authenticated", False):
        return False
    if item.permission is None:
        return True
    if callable(item.permission):
        return bool(item.permission(user))
    return bool(_policy and _policy[0](user, item.permission))


def _address(item: NavItem) -> str | None:
    try:
        return reverse(item.url_name)
    except NoReverseMatch:
        return None  # check_addresses below reports it


def build(user: Any, path: str) -> list[NavSection]:
    """The sections with the user's entries; current is the one with the longest address that starts ``path``."""
    order = list(SECTIONS)
    chosen = sorted(
        (item for item in _items.values() if is_allowed(item, user)),
        key=lambda item: (order.index(item.section), item.order, item.url_name),
    )
    addressed = [(item, url) for item in chosen if (url := _address(item)) is not None]
    matching = [url for _item, url in addressed if path == url or (url != "/" and path.startswith(url))]
    current = max(matching, key=len, default=None)
    sections: dict[str, list[NavLink]] = {}
    for item, url in addressed:
        sections.setdefault(item.section, []).append(NavLink(item.label, url, item.icon, url == current))
    return [NavSection(code, SECTIONS[code], links) for code, links in sections.items()]


@register_check("urls")
def check_addresses(**kwargs: Any) -> list[Error]:
    """Report entries whose URL name does not exist."""
    return [
        Error(f"navigation entry {item.url_name!r} has no address", id="foundation.E001")
        for item in _items.values()
        if _address(item) is None
    ]
