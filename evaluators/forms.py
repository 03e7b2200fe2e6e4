"""Forms of the registry."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from evaluators.models import CHOSEN_STATUSES, Evaluator, EvaluatorStatus, PairState, Stratum, Unit
from evaluators.search_words import LONGEST, unseal
from evaluators.selectors import Search, districts
from foundation.tables import Column, ImportResult, TableSchema, Unreadable, read_table
from foundation.tables.cleaning import clean_code

_STATES = [("", _("All")), ("active", _("Active")), ("inactive", _("Inactive"))]


class RegistryFilter(forms.Form):
    """Filters of the registry; the words searched for travel apart from them, sealed (``evaluators.search_words``)."""

    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), required=False, empty_label=_("All strata")
    )
    district = forms.CharField(
        label=_("District"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"list": "districts", "autocomplete": "off"}),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *EvaluatorStatus.choices])
    unit = forms.ModelChoiceField(queryset=Unit.objects.all(), required=False, widget=forms.HiddenInput)

    def search(self, words: str = "") -> Search:
        """What is looked for; fields that make no sense do not matter."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name) for name in self.fields}
        return Search(
            text=unseal(words),
            stratum=found["stratum"],
            unit=found["unit"],
            district=(found["district"] or "").strip(),
            status=found["status"] or "",
        )


class SearchForm(RegistryFilter):
    """What the search sends by POST: the words as they were typed, and the filters."""

    q = forms.CharField(label=_("Name, unit, code, e-mail or mobile"), required=False, max_length=LONGEST)

    field_order = ["q", "stratum", "district", "status", "unit"]


class EvaluatorForm(forms.Form):
    """A person; contact data only for those who may see it. The service checks what is typed, as the import does."""

    code = forms.CharField(label=_("Code"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=100)
    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), empty_label=_("Choose a stratum")
    )
    unit_code = forms.CharField(
        label=_("Code of the unit"),
        max_length=60,
        required=False,
        help_text=_("As in the list of units; may be empty."),
    )
    district = forms.CharField(
        label=_("District"),
        max_length=200,
        required=False,
        help_text=_("Empty means that of the unit."),
        widget=forms.TextInput(attrs={"list": "districts"}),
    )
    industry = forms.CharField(
        label=_("Industry"), max_length=200, required=False, help_text=_("Empty means that of the unit.")
    )
    phone = forms.CharField(
        label=_("Mobile"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    weight_class = forms.CharField(
        label=_("Weight class"), max_length=80, required=False, help_text=_("Empty means the ordinary class.")
    )
    employer = forms.ModelChoiceField(
        label=_("Works for department"),
        queryset=Department.objects.all(),
        required=False,
        empty_label=_("none"),
        help_text=_("Nobody judges a department that he or she works for."),
    )
    proposed_by = forms.CharField(
        label=_("Proposed by"), max_length=300, required=False, help_text=_("The body that put the person on the list.")
    )

    def __init__(self, *args: Any, evaluator: Evaluator | None, with_contact: bool, **kwargs: Any) -> None:
        if evaluator is not None:
            kwargs["initial"] = _initial(evaluator, with_contact)
        super().__init__(*args, **kwargs)
        if evaluator is not None:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = _("The code stays as it is.")
        if not with_contact:
            del self.fields["phone"], self.fields["email"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        code = cleaned.pop("unit_code", "").strip()
        cleaned["unit"] = None
        if code:
            cleaned["unit"] = Unit.objects.filter(code=code).first()
            if cleaned["unit"] is None:
                self.add_error("unit_code", _("There is no unit of this code."))
        return cleaned


def _initial(evaluator: Evaluator, with_contact: bool) -> dict[str, Any]:
    names = ["code", "name", "stratum", "district", "industry", "weight_class", "employer", "proposed_by"]
    if with_contact:
        names += ["phone", "email"]
    found = {name: getattr(evaluator, name) for name in names}
    return found | {"unit_code": evaluator.unit.code if evaluator.unit else ""}


class StatusForm(forms.Form):
    """Whether a person can be drawn, and why it changes."""

    status = forms.ChoiceField(label=_("Status"), choices=CHOSEN_STATUSES)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class DayForm(forms.Form):
    """A day on which somebody's state is looked at."""

    on = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def day(self) -> date | None:
        """The day, if one is given that makes sense."""
        return self.cleaned_data.get("on") if self.is_bound and self.is_valid() else None


class PairFilter(forms.Form):
    """Which suggestions are listed."""

    pairs = forms.ChoiceField(label=_("State"), required=False, choices=PairState.choices, initial=PairState.OPEN)

    def state(self) -> str:
        """The state that is wanted; to be decided unless another is given."""
        return (self.cleaned_data.get("pairs") if self.is_bound and self.is_valid() else "") or PairState.OPEN


_CODES = TableSchema(
    name="codes", columns=(Column("code", "编号", "code", kind="code", required=True),), header_key=("code",)
)
_SEPARATORS = re.compile(r"[\s,;，；、]+")


class BulkForm(forms.Form):
    """The new status of many people and why; their codes unless a search says who."""

    new_status = forms.ChoiceField(label=_("New status"), choices=CHOSEN_STATUSES)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    codes = forms.CharField(
        label=_("Codes of the people"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        help_text=_("One a line, or separated by commas."),
    )
    file = forms.FileField(
        label=_("Or a list with the codes"),
        required=False,
        help_text=_("Excel or CSV with a column 编号; other columns do not matter."),
    )

    def __init__(self, *args: Any, by_filters: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if by_filters:
            del self.fields["codes"], self.fields["file"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "codes" in self.fields:
            typed = [clean_code(word) for word in _SEPARATORS.split(cleaned.get("codes") or "") if word]
            cleaned["codes"] = list(dict.fromkeys([*typed, *self._listed(cleaned.get("file"))]))
            if not cleaned["codes"] and not self.errors:
                self.add_error("codes", _("Give codes, or a list that has them."))
        return cleaned

    def _listed(self, file: Any) -> list[str]:
        """The codes of an uploaded list."""
        if file is None:
            return []
        try:
            table = read_table(file.read(), _CODES)
        except Unreadable as error:
            self.add_error("file", ImportResult.of_unreadable(error).problems[0].to_dict(gettext)["message"])
            return []
        for problem in table.problems[:5]:
            self.add_error("file", f"{problem.row}: {problem.to_dict(gettext)['message']}")
        return table.column("code")


class RetentionForm(forms.Form):
    """The rule: after how many years, with how many days' notice, and why it changes."""

    years = forms.IntegerField(
        label=_("Years until anonymised"),
        min_value=0,
        max_value=50,
        help_text=_("Counted from the day on which somebody was no longer active; 0 means never."),
    )
    grace_days = forms.IntegerField(
        label=_("Days between report and anonymising"), min_value=7, max_value=365, initial=30
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("Without names or other personal data."))


class ConfirmationFilter(forms.Form):
    """Which units' confirmations are looked at."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int, required=False)
    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), required=False, empty_label=_("All strata")
    )
    district = forms.ChoiceField(label=_("District"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("waiting", _("Sent, not back")),
            ("unsent", _("Not sent")),
            ("partly", _("Partly confirmed")),
            ("confirmed", _("Confirmed")),
        ],
    )

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]
        known = [(district, district) for district in districts()]
        self.fields["district"].choices = [("", _("All")), *known]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """What is chosen; fields that make no sense do not matter."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name) or None for name in ("year", "stratum", "district", "state")}
        years: Any = self.fields["year"]
        return found | {"year": found["year"] or years.choices[0][0]}


class UnitFilter(forms.Form):
    """Search and filters of the units."""

    q = forms.CharField(label=_("Name or code"), required=False, max_length=LONGEST)
    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), required=False, empty_label=_("All strata")
    )
    district = forms.ChoiceField(label=_("District"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=_STATES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(district, district) for district in districts()]
        self.fields["district"].choices = [("", _("All")), *known]  # type: ignore[attr-defined]


class _KeepsCode(forms.ModelForm):
    """The code of a stored row stays: plans and lists hold it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = _("The code stays as it is.")


class UnitForm(_KeepsCode):
    """A unit; its contact person only for those who may see contact data."""

    contact_phone = forms.CharField(
        label=_("Phone of the contact person"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, with_contact: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if with_contact:
            self.fields["contact_phone"].initial = self.instance.contact_phone or ""
        else:
            del self.fields["contact_name"], self.fields["contact_phone"]

    class Meta:
        model = Unit
        fields = ["code", "name", "stratum", "district", "industry", "contact_name", "recused", "is_active"]
        widgets = {"recused": forms.SelectMultiple(attrs={"size": 8})}
        help_texts = {
            "stratum": _("For strata that are drawn by unit."),
            "recused": _("Not on the ballots that this unit hands out. Ctrl and a click choose several."),
            "contact_name": _("Gets the packet of a unit drawn as such, and hands its ballots out."),
            "is_active": _("An inactive unit cannot be drawn; its people still can, each by their own status."),
        }


class StratumForm(_KeepsCode):
    """A stratum."""

    class Meta:
        model = Stratum
        fields = ["code", "name", "name_en", "order", "is_active"]
        help_texts = {
            "order": _("Smaller numbers come first."),
            "is_active": _("An inactive stratum is not offered to new rounds; its people stay in the register."),
        }
