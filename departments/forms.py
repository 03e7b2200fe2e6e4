"""Forms of departments, their groups and sectors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from departments.models import Department, DepartmentGroup, LineageKind, Sector


class _KeepsCode(forms.ModelForm):
    """The code of a stored row stays: configurations, grants and lists hold it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = _("The code stays as it is.")


class DepartmentForm(_KeepsCode):
    """Code and names."""

    class Meta:
        model = Department
        fields = ["code", "full_name", "short_name"]
        help_texts = {"short_name": _("For tables and ballots; empty means the full name.")}


class GroupForm(_KeepsCode):
    """A group."""

    class Meta:
        model = DepartmentGroup
        fields = ["code", "name", "name_en", "order"]
        help_texts = {"order": _("Smaller numbers come first.")}


class SectorForm(_KeepsCode):
    """A sector."""

    class Meta:
        model = Sector
        fields = ["code", "name", "order"]
        help_texts = {"order": _("Smaller numbers come first.")}


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


class _DepartmentChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} {obj.full_name}"


class LineageForm(forms.Form):
    """What a department carries on, and from which year."""

    predecessor = _DepartmentChoice(
        label=_("Predecessor"), queryset=Department.objects.none(), empty_label=_("Choose a department")
    )
    kind = forms.ChoiceField(label=_("What happened to it"), choices=LineageKind.choices)
    year = forms.IntegerField(
        label=_("From the round of"),
        min_value=1990,
        max_value=2200,
        help_text=_("The first year in which the successor is judged in its place."),
    )

    def __init__(self, department: Department, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "lineage"} | kwargs)
        field = self.fields["predecessor"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        field.queryset = Department.objects.exclude(pk=department.pk)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
