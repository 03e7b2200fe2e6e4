"""The list of accounts."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import ScopeKind, User
from accounts.scopes import ScopeNames
from foundation import formats
from foundation.templatetags.ui import empty_state, status


class UserTable(tables.Table):
    """Name, user name, roles, state, last login."""

    full_name = tables.Column(
        verbose_name=pgettext_lazy("person", "Name"),
        linkify=("accounts:user-detail", [tables.A("pk")]),
        empty_values=(),
    )
    username = tables.Column(verbose_name=_("User name"))
    roles = tables.Column(verbose_name=_("Roles held"), accessor="grants", orderable=False, empty_values=())
    is_active = tables.Column(verbose_name=_("State"))
    last_login = tables.Column(verbose_name=_("Last login"), empty_values=())

    class Meta:
        model = User
        fields = ("full_name", "username", "roles", "is_active", "last_login")
        order_by = "username"
        attrs = {"class": "table table-cards"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = ScopeNames()
        self.empty_text = empty_state(
            "people", gettext("No account found"), gettext("Search for less, or create the account that is missing.")
        )

    def render_full_name(self, record: User) -> str:
        return str(record)

    def render_roles(self, record: User) -> SafeString | str:
        grants = list(record.grants.all())
        if not grants:
            return formats.DASH
        return format_html_join(
            mark_safe("<br>"),
            "{}",
            (
                (
                    str(grant.role)
                    if grant.scope_kind == ScopeKind.ALL
                    else f"{grant.role} · {self._names.label(grant.scope_kind, grant.scope_code)}",
                )
                for grant in grants
            ),
        )

    def render_is_active(self, record: User) -> SafeString:
        if not record.is_active:
            return status(gettext("Deactivated"), "neutral")
        if record.must_change_password:
            return status(gettext("One-time password"), "warning")
        return status(gettext("May log in"), "success")

    def render_last_login(self, record: User) -> str:
        return formats.moment(record.last_login)
