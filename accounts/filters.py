"""Search and filters of the list of accounts."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.selectors import roles, search_people

_STATES = [("active", _("May log in")), ("inactive", _("Deactivated")), ("no_role", _("Without a role"))]


def _roles(_request: object) -> QuerySet[Role]:
    return roles()


class UserFilter(django_filters.FilterSet):
    """By words in names, by role, by state."""

    q = django_filters.CharFilter(label=_("Name, user name or e-mail address"), method="search")
    role = django_filters.ModelChoiceFilter(label=_("Role"), queryset=_roles, method="by_role", empty_label=_("All"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=_STATES, method="by_state", empty_label=_("All"))

    class Meta:
        model = User
        fields: list[str] = []

    def search(self, rows: QuerySet[User], _name: str, value: str) -> QuerySet[User]:
        return search_people(rows, value)

    def by_role(self, rows: QuerySet[User], _name: str, value: Role) -> QuerySet[User]:
        return rows.filter(pk__in=value.grants.values("user"))

    def by_state(self, rows: QuerySet[User], _name: str, value: str) -> QuerySet[User]:
        if value == "no_role":
            return rows.filter(grants__isnull=True)
        return rows.filter(is_active=value == "active")
