"""The list of departments."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from departments.models import DepartmentYear
from foundation.templatetags.ui import empty_state


class DepartmentTable(tables.Table):
    """Code, names, group and sector of a year."""

    code = tables.Column(verbose_name=_("Code"), accessor="department__code", order_by="department__code")
    full_name = tables.Column(
        verbose_name=_("Full name"),
        accessor="department__full_name",
        linkify=("departments:department-detail", [tables.A("department_id")]),
    )
    short_name = tables.Column(verbose_name=_("Short name"), accessor="department__short_name")
    group = tables.Column(verbose_name=_("Group"), order_by=("group__order", "department__code"))
    sector = tables.Column(verbose_name=_("Sector"), order_by=("sector__order", "department__code"))

    class Meta:
        model = DepartmentYear
        fields = ("code", "full_name", "short_name", "group", "sector")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = empty_state(
            "buildings", _now("No department found"), _now("Search for less, or import the list of departments.")
        )
