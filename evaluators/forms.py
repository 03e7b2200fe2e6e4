"""Forms of the registry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from evaluators.models import Evaluator, EvaluatorStatus, Stratum, Unit


class RegistryFilter(forms.Form):
    """Search and filters of the registry."""

    q = forms.CharField(
        label=_("Name, code, unit, e-mail address, number or its last four digits"), required=False, max_length=100
    )
    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), required=False, empty_label=_("All strata")
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *EvaluatorStatus.choices])
    district = forms.CharField(label=_("District"), required=False, max_length=100)


class EvaluatorForm(forms.Form):
    """A person; contact data only for those who may see it."""

    code = forms.CharField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=50)
    stratum = forms.ModelChoiceField(label=_("Stratum"), queryset=Stratum.objects.all())
    unit_code = forms.CharField(label=_("Code of the unit"), max_length=40, required=False)
    district = forms.CharField(label=_("District"), max_length=100, required=False)
    industry = forms.CharField(label=_("Industry"), max_length=100, required=False)
    phone = forms.CharField(label=_("Mobile"), max_length=40, required=False)
    email = forms.CharField(label=_("E-mail address"), max_length=254, required=False)
    weight_class = forms.CharField(label=_("Weight class"), max_length=40, required=False)
    status = forms.ChoiceField(label=_("Status"), choices=EvaluatorStatus.choices)
    employer = forms.ModelChoiceField(
        label=_("Works for department"), queryset=Department.objects.all(), required=False, empty_label=_("none")
    )
    proposed_by = forms.CharField(label=_("Proposed by"), max_length=200, required=False)

    def __init__(self, *args: Any, evaluator: Evaluator | None, with_contact: bool, **kwargs: Any) -> None:
        if evaluator is not None:
            kwargs["initial"] = {
                name: getattr(evaluator, name)
                for name in (
                    "code", "name", "stratum", "district", "industry", "weight_class", "status", "employer",
                    "proposed_by",
                )
            } | {"unit_code": evaluator.unit.code if evaluator.unit else ""}  # fmt: skip
            if with_contact:
                kwargs["initial"] |= {"phone": evaluator.phone, "email": evaluator.email}
        super().__init__(*args, **kwargs)
        if evaluator is not None:
            self.fields["code"].disabled = True
        if not with_contact:
            del self.fields["phone"], self.fields["email"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        code = cleaned.pop("unit_code", "")
        cleaned["unit"] = None
        if code:
            cleaned["unit"] = Unit.objects.filter(code=code).first()
            if cleaned["unit"] is None:
                self.add_error("unit_code", _("There is no unit of this code."))
        return cleaned


class StatusForm(forms.Form):
    """Whether a person can be drawn, and why it changes."""

    status = forms.ChoiceField(label=_("Status"), choices=EvaluatorStatus.choices)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class StratumForm(forms.ModelForm):
    """A stratum; the code of a stored one stays."""

    class Meta:
        model = Stratum
        fields = ["code", "name", "name_en", "order", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True
