"""Search and filters of the list of departments."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from departments.models import Department, DepartmentGroup, Sector

_STATES = [("all", _("All")), ("out", _("Not taking part")), ("inactive", _("Inactive"))]


class DepartmentFilter(django_filters.FilterSet):
    """By words, group, sector and state, within a year: over ``selectors.in_year``. By default those taking part."""

    # Travels along when the form is sent; the view has narrowed to the year already.
    year = django_filters.NumberFilter(widget=forms.HiddenInput, method="as_it_is")
    q = django_filters.CharFilter(label=_("Code or name"), method="search")
    group = django_filters.ModelChoiceFilter(
        label=_("Group"), queryset=DepartmentGroup.objects.all(), empty_label=_("All groups"), method="by_group"
    )
    sector = django_filters.ModelChoiceFilter(
        label=_("Sector"), queryset=Sector.objects.all(), empty_label=_("All sectors"), method="by_sector"
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=_STATES, empty_label=_("Taking part"), method="by_state"
    )

    class Meta:
        model = Department
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("state") else rows.filter(group_pk__isnull=False)

    def as_it_is(self, rows: QuerySet[Any], _name: str, _value: object) -> QuerySet[Any]:
        return rows

    def search(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        return rows.filter(Q(code__icontains=value) | Q(full_name__icontains=value) | Q(short_name__icontains=value))

    def by_group(self, rows: QuerySet[Any], _name: str, value: DepartmentGroup) -> QuerySet[Any]:
        return rows.filter(group_pk=value.pk)

    def by_sector(self, rows: QuerySet[Any], _name: str, value: Sector) -> QuerySet[Any]:
        return rows.filter(sector_pk=value.pk)

    def by_state(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        if value == "inactive":
            return rows.filter(is_active=False)
        return rows.filter(is_active=True, group_pk__isnull=True) if value == "out" else rows
