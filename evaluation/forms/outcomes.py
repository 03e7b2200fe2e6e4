"""The rules of honour and help as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluation.forms.fields import CountField, ExactField, shown
from evaluation.forms.sections import SectionForm

_OFF = _("Empty: not looked at.")


def _switch() -> forms.BooleanField:
    return forms.BooleanField(label=_("Propose this outcome"), required=False)


class KeyHelpFields(forms.Form):
    """重点帮助单位."""

    on = _switch()
    last_in_group = CountField(label=_("The last so many of a group"), required=False, help_text=_OFF)
    places_dropped = CountField(label=_("Fell at least so many places"), required=False, help_text=_OFF)
    dissatisfaction_at_least = ExactField(label=_("Dissatisfaction of at least (%)"), help_text=_OFF)


class AdvancedFields(forms.Form):
    """先进单位."""

    on = _switch()
    top_percent = ExactField(label=_("Among the best so many per cent of a group"), help_text=_OFF)
    max_dissatisfaction = ExactField(label=_("Dissatisfaction of at most (%)"), help_text=_OFF)


class PeopleSatisfiedFields(forms.Form):
    """人民满意单位."""

    on = _switch()
    min_satisfaction = ExactField(label=_("Satisfaction of at least (%)"), help_text=_OFF)
    top_in_group = CountField(
        label=_("Among the first so many of a group by satisfaction"), required=False, help_text=_OFF
    )


class MostImprovedFields(forms.Form):
    """争先进位单位."""

    on = _switch()
    places_gained = CountField(label=_("Gained at least so many places"), required=False, help_text=_OFF)


RULES: dict[str, tuple[str | Promise, type[forms.Form]]] = {
    "key_help": (_("Key-help departments"), KeyHelpFields),
    "advanced": (_("Advanced departments"), AdvancedFields),
    "people_satisfied": (_("People-satisfied departments"), PeopleSatisfiedFields),
    "most_improved": (_("Most improved departments"), MostImprovedFields),
}


class OutcomesForm(SectionForm):
    """Four rules, each of which can be left out."""

    template = "evaluation/sections/outcomes.html"

    def build(self) -> None:
        saved = self.configuration.outcomes.to_dict()
        self.rules = {
            name: form(self.data, prefix=name, initial={"on": name in saved, **saved.get(name, {})})
            for name, (_title, form) in RULES.items()
        }
        self.forms = list(self.rules.values())

    def changes(self) -> dict[str, Any]:
        outcomes: dict[str, Any] = {}
        for name, form in self.rules.items():
            typed = dict(form.cleaned_data)
            if typed.pop("on"):
                outcomes[name] = {
                    key: value if isinstance(value, int) else shown(value)
                    for key, value in typed.items()
                    if value is not None
                }
        return {"outcomes": outcomes}

    def context(self) -> dict[str, Any]:
        return {"rules": [(RULES[name][0], form) for name, form in self.rules.items()]}
