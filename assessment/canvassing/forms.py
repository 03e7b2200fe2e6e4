"""Forms of the reports of canvassing: the public ones, and those of the examination."""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessment.canvassing.evidence import ACCEPT, Evidence, read_evidence
from assessment.canvassing.secrets import FormTokenError, new_form_token, token_of
from assessment.canvassing.selectors import departments_of, years
from assessment.canvassing.services import MOST_CONTACT, MOST_REASON, MOST_TEXT
from assessment.marks import MOST_WORDS
from assessment.models import CanvassingState
from departments.models import Department

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class ReportForm(forms.Form):
    """What anybody can report. ``website`` is a trap that people do not see; ``opened`` says when."""

    department = forms.ModelChoiceField(
        label=_("Which department is it about?"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=_("I do not know, or another body"),
    )
    what = forms.CharField(
        label=_("What happened?"),
        help_text=_(
            "Who asked whom for what, where and how: a call, a message, a dinner, a gift. Names only if needed."
        ),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    happened_on = forms.DateField(
        label=_("When?"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    evidence = forms.FileField(
        label=_("A picture, PDF or recording"),
        help_text=_(
            "At most 10 MB; it is kept encrypted and without its name. Pictures may hold place and time of the device."
        ),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )
    contact = forms.CharField(
        label=_("How can we reach you? (may stay empty)"),
        help_text=_("Only if you want to be asked; it is encrypted, and only those who examine the report see it."),
        max_length=MOST_CONTACT,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    opened = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments_of(year)  # type: ignore[attr-defined]
        self.token = b""
        self.fields["opened"].initial = new_form_token()

    def clean_happened_on(self) -> Any:
        day = self.cleaned_data["happened_on"]
        if day and day > timezone.localdate():
            raise ValidationError(gettext("This day has not come yet."))
        return day

    def clean_evidence(self) -> Evidence | None:
        upload = self.cleaned_data.get("evidence")
        return read_evidence(upload) if upload else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Not a field of the form, which would have a label and a tab stop: a bare input out of sight.
        if self.data.get("website"):
            raise ValidationError(gettext("The report could not be taken. Please open the page anew."))
        try:
            self.token = token_of(str(self.data.get("opened", "")), time.time())
        except FormTokenError as error:
            messages = {
                "too_fast": gettext("That was very quick. Please wait a few seconds and send it again."),
                "too_old": gettext("The page was open for very long. Please send it once more."),
                "forged": gettext("The report could not be taken. Please send it once more."),
            }
            if error.code != "too_fast":
                self.data = {**self.data.dict(), "opened": new_form_token()}  # type: ignore[attr-defined]
            raise ValidationError(messages[error.code]) from error
        return cleaned


class LookUpForm(forms.Form):
    """Case number and secret word."""

    number = forms.CharField(
        label=_("Case number"),
        max_length=40,
        widget=forms.TextInput(attrs=_PLAIN),
    )
    secret = forms.CharField(
        label=_("Secret word"),
        max_length=80,
        widget=forms.TextInput(attrs=_PLAIN),
    )


class CanvassingFilter(forms.Form):
    """Search and filters of the list."""

    q = forms.CharField(label=_("Case number"), required=False, max_length=40)
    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All states")), *CanvassingState.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(year), str(year)) for year in years()]
        self.fields["year"].choices = [("", _("All years")), *known]  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    """The department that a report is about."""

    prefix = "assign"
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none())
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments_of(year)  # type: ignore[attr-defined]


class ProposeForm(forms.Form):
    """The decision that is proposed."""

    prefix = "propose"
    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (CanvassingState.FOUNDED.value, CanvassingState.FOUNDED.label),
            (CanvassingState.UNFOUNDED.value, CanvassingState.UNFOUNDED.label),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("What was found, and how. Stands in the audit log."),
        max_length=MOST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    veto = forms.CharField(
        label=_("Veto of the department’s year"),
        help_text=_("The words of the veto, only with a founded report; empty: no veto."),
        required=False,
        max_length=MOST_WORDS,
    )
    answer = forms.CharField(
        label=_("Answer to the reporter"),
        help_text=_("Shown to whoever has the case number and the secret word."),
        required=False,
        max_length=MOST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SendBackForm(forms.Form):
    """Why a proposal is not confirmed."""

    prefix = "back"
    reason = forms.CharField(label=_("Why the examination must go on"), max_length=MOST_REASON)
