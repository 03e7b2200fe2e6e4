"""Forms of packets and letters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.models import LetterKind
from evaluation.services.packets import Part
from evaluators.models import Stratum, Unit


class LetterForm(forms.Form):
    """What to print: packets or letters, for which part of the round, and whether codes handed out are to end."""

    kind = forms.ChoiceField(label=_("What is printed"), choices=LetterKind.choices)
    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), required=False, empty_label=_("All strata")
    )
    district = forms.CharField(
        label=_("District"), max_length=100, required=False, help_text=_("Empty means all districts.")
    )
    unit_code = forms.CharField(
        label=_("Code of the unit"), max_length=60, required=False, help_text=_("Empty means all units.")
    )
    again = forms.BooleanField(
        label=_("Produce again: codes that were handed out and not used end"),
        required=False,
        help_text=_("For a packet that was lost. Ballots already begun with those codes are deleted."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed where codes end; for the audit log."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        code = (cleaned.get("unit_code") or "").strip()
        cleaned["unit"] = Unit.objects.filter(code=code).first() if code else None
        if code and cleaned["unit"] is None:
            self.add_error("unit_code", _("There is no unit of this code."))
        if cleaned.get("again") and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", _("Say why codes that were handed out are to end."))
        return cleaned

    def part(self) -> Part:
        """The part of the round; call when valid."""
        data = self.cleaned_data
        return Part(data["stratum"], data["district"].strip(), data["unit"])


class SpoiledForm(forms.Form):
    """The code of a spoiled slip, typed or scanned."""

    code = forms.CharField(
        label=_("Code on the spoiled slip"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Typed in groups, or scanned: a scanner may also enter the whole link."),
    )

    def clean_code(self) -> str:
        """Of a scanned link its end."""
        return str(self.cleaned_data["code"]).strip().rstrip("/").rpartition("/")[2]
