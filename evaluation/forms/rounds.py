"""Forms of rounds: a new one, a reason, dates, opening, freezing and the seed of the draw."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluation.models import Round
from evaluators.draw import BadInput, check_public_seed
from evaluators.draw.plan import public_seed_remark


def _moment(label: Any, **kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, **kwargs)


class RoundChoiceField(forms.ModelChoiceField):
    """A round by its year and title."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


class NewRoundForm(forms.Form):
    """A year, a name, and where to start from."""

    year = forms.IntegerField(label=_("Year"), min_value=1990, max_value=2200)
    title = forms.CharField(label=_("Title"), max_length=100, required=False, help_text=_("Empty: made from the year."))
    theme = forms.CharField(label=_("Theme of the year"), max_length=200, required=False)
    copy_from = RoundChoiceField(
        label=_("Start from"),
        queryset=Round.objects.none(),
        required=False,
        empty_label=_("A fresh start with usual rules"),
        help_text=_("Takes over its rules, and the groups and sectors of its departments where the year has none yet."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rounds = Round.objects.order_by("-year")
        self.fields["copy_from"].queryset = rounds  # type: ignore[attr-defined]
        newest = rounds.first()
        self.fields["year"].initial = newest.year + 1 if newest else timezone.localdate().year
        self.fields["copy_from"].initial = newest.pk if newest else None

    def clean_year(self) -> int:
        year = self.cleaned_data["year"]
        if Round.objects.filter(year=year).exists():
            raise forms.ValidationError(_("There is a round of this year already."))
        return int(year)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("title") and cleaned.get("year"):
            cleaned["title"] = gettext("Public evaluation of departments %(year)s") % {"year": cleaned["year"]}
        return cleaned


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stays on record, visibly."),
    )  # fmt: skip


class SetAsideForm(ReasonForm):
    """Why a department is not compared with last year; no reason is asked for the way back."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not reason:
            del self.fields["reason"]


class RescheduleForm(forms.Form):
    """New dates and why."""

    opens_at = _moment(_("Opens"))
    closes_at = _moment(_("Closes"))
    reason = ReasonForm.base_fields["reason"]


class OpenForm(forms.Form):
    """When ballots are taken from."""

    at_once = forms.BooleanField(label=_("Take ballots at once, whatever the opening time says"), required=False)


class FreezeForm(forms.Form):
    """What will give the seed, and why unequal chances are accepted."""

    seed_source = forms.CharField(
        label=_("Source of the public seed"),
        max_length=300,
        help_text=_("What will give it, and when; for example a national lottery draw that has not been held yet."),
    )
    chances_reason = forms.CharField(
        label=_("Why unequal chances are accepted"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed where a cell has no chance to be drawn, or more than twice the chance of its stratum."),
    )


class SeedForm(forms.Form):
    """The public seed, typed from the announced source, and who was there."""

    public_seed = forms.CharField(
        label=_("Public seed"),
        max_length=300,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
        help_text=_("ASCII digits and letters in groups separated by single spaces, as the announced source gave it."),
    )
    witnesses = forms.CharField(
        label=_("Witnesses"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Names of those present, one a line."),
    )  # fmt: skip
    short_accepted = forms.BooleanField(
        label=_("The announced source gives fewer than 20 digits; this is all of it"), required=False
    )

    def clean_public_seed(self) -> str:
        seed = self.cleaned_data["public_seed"].strip()
        try:
            return check_public_seed(seed)
        except BadInput:
            raise forms.ValidationError(
                _("The seed has ASCII digits and letters in groups separated by single spaces, nothing else.")
            ) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seed = cleaned.get("public_seed")
        if seed and public_seed_remark(seed) and not cleaned.get("short_accepted"):
            self.add_error(
                "short_accepted",
                _("The seed has fewer than 20 digits. Check that it is complete, then confirm it here."),
            )
        return cleaned
