"""The list of departments."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from foundation import formats
from foundation.templatetags.ui import empty_state, status

_WHOLE = {"td": {"class": "text-nowrap"}, "th": {"class": "text-nowrap"}}


class DepartmentTable(tables.Table):
    """Code, names, group and sector in a year, state; rows come from ``selectors.in_year``."""

    code = tables.Column(verbose_name=_("Code"))
    full_name = tables.Column(
        verbose_name=_("Full name"), attrs=_WHOLE, linkify=("departments:department-detail", [tables.A("pk")])
    )
    short_name = tables.Column(verbose_name=_("Short name"), attrs=_WHOLE)
    group = tables.Column(
        verbose_name=_("Group"),
        attrs=_WHOLE,
        accessor="group_name",
        order_by=("group_order", "group_pk", "code"),
        empty_values=(),
    )
    sector = tables.Column(
        verbose_name=_("Sector"), attrs=_WHOLE, accessor="sector_name", order_by=("sector_order", "sector_pk", "code")
    )
    state = tables.Column(verbose_name=_("State"), attrs=_WHOLE, accessor="is_active", order_by=("-is_active", "code"))

    class Meta:
        model = Department
        fields = ("code", "full_name", "short_name", "group", "sector", "state")

    def __init__(self, *args: Any, is_empty_year: bool = False, may_import: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_empty_year:
            self.empty_text = empty_state("buildings", gettext("No department found"), gettext("Search for less."))
        elif may_import:
            address = reverse("foundation:import-upload", args=["departments"])
            text = gettext("Import the list, or start the round from last year's to take its departments over.")
            self.empty_text = empty_state(
                "buildings", gettext("No departments in this year yet"), text, address, gettext("Import a list")
            )
        else:
            self.empty_text = empty_state("buildings", gettext("No departments in this year yet"))

    def render_group(self, record: Any) -> str:
        if record.group_name is None:
            return formats.DASH
        in_english = record.group_name_en and (get_language() or "").startswith("en")
        return record.group_name_en if in_english else record.group_name

    def render_state(self, record: Any) -> SafeString:
        if not record.is_active:
            return status(gettext("Inactive"), "neutral")
        if record.group_name is None:
            return status(gettext("Not taking part"), "warning")
        return status(gettext("Taking part"), "success")
