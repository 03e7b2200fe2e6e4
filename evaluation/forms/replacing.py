"""Forms of replacements: whom, why, and why not after all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.models import ReplacementReason
from evaluation.services.replacing import STATUS_OF_REASON


class PlaceSearchForm(forms.Form):
    """Finding somebody who serves. Sent by POST: a name does not belong into an address."""

    q = forms.CharField(
        label=_("Name or code of an evaluator or unit"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


class ReplacementForm(forms.Form):
    """Why somebody cannot judge; the register can be told of a person who moved away or died."""

    reason = forms.ChoiceField(label=_("Reason"), choices=ReplacementReason.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Remark"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "What was tried, and when; nothing about health or family, since it stays on record. Needed for another "
            "reason than those named."
        ),
    )
    mark_in_register = forms.BooleanField(
        label=_("Also mark the person in the register as moved away or deceased"),
        required=False,
        help_text=_("Only with one of these two reasons, and only once the replacement is confirmed."),
    )

    def __init__(self, *args: Any, may_mark: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_mark:
            del self.fields["mark_in_register"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        reason = cleaned.get("reason")
        if reason == ReplacementReason.OTHER and not cleaned.get("note"):
            self.add_error("note", _("Say what the other reason is."))
        if cleaned.get("mark_in_register") and reason not in STATUS_OF_REASON:
            self.add_error("mark_in_register", _("The register can only be told of a person who moved away or died."))
        return cleaned


class WithdrawForm(forms.Form):
    """Why a replacement is not needed after all."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
