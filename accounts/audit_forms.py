"""Search of the audit log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.audit_log import Search
from foundation import audit


class AuditSearchForm(forms.Form):
    """What, who, which action, which round, between which days."""

    q = forms.CharField(label=_("Subject or reason"), required=False, max_length=100)
    who = forms.CharField(label=_("Who"), required=False, max_length=100)
    action = forms.ChoiceField(label=_("Action"), required=False)
    year = forms.IntegerField(label=_("Round"), required=False, min_value=1990, max_value=2200)
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"].choices = [("", _("All")), *audit.action_choices()]  # type: ignore[attr-defined]

    def search(self) -> Search:
        """What was asked for; a field that makes no sense is left out (its error stands beside it)."""
        self.is_valid()
        return Search(**self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("This day is before the first one."))
        return cleaned
