"""Forms of departments."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from departments.models import Department, DepartmentGroup, DepartmentYear, LineageKind, Sector


class DepartmentForm(forms.ModelForm):
    """Code, names and whether the department is active; the code of a stored one stays."""

    class Meta:
        model = Department
        fields = ["code", "full_name", "short_name", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True


class YearForm(forms.Form):
    """Group and sector in a year; no group = the department does not take part."""

    year = forms.IntegerField(label=_("Year"), min_value=1990, max_value=2200)
    group = forms.ModelChoiceField(
        label=_("Group"),
        queryset=DepartmentGroup.objects.all(),
        required=False,
        empty_label=_("does not take part"),
    )
    sector = forms.ModelChoiceField(
        label=_("Sector"), queryset=Sector.objects.all(), required=False, empty_label=_("none")
    )


class LineageForm(forms.Form):
    """What a department carries on, and from which year."""

    predecessor = forms.ModelChoiceField(label=_("Predecessor"), queryset=Department.objects.none())
    kind = forms.ChoiceField(label=_("What happened"), choices=LineageKind.choices)
    year = forms.IntegerField(label=_("From the round of"), min_value=1990, max_value=2200)

    def __init__(self, department: Department, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["predecessor"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        field.queryset = Department.objects.exclude(pk=department.pk)


class DepartmentFilter(django_filters.FilterSet):
    """By words, group, sector and state, within a year."""

    # Travels along when the form is sent; the view has narrowed to the year already.
    year = django_filters.NumberFilter(widget=forms.HiddenInput, method="as_it_is")
    q = django_filters.CharFilter(label=_("Code or name"), method="search")
    group = django_filters.ModelChoiceFilter(
        label=_("Group"), queryset=DepartmentGroup.objects.all(), empty_label=_("All groups")
    )
    sector = django_filters.ModelChoiceFilter(
        label=_("Sector"), queryset=Sector.objects.all(), empty_label=_("All sectors")
    )

    class Meta:
        model = DepartmentYear
        fields: list[str] = []

    def as_it_is(self, rows: QuerySet[DepartmentYear], _name: str, _value: object) -> QuerySet[DepartmentYear]:
        return rows

    def search(self, rows: QuerySet[DepartmentYear], _name: str, value: str) -> QuerySet[DepartmentYear]:
        value = value.strip()
        return rows.filter(
            Q(department__code__icontains=value)
            | Q(department__full_name__icontains=value)
            | Q(department__short_name__icontains=value)
        )
