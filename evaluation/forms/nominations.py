"""The form of the limits of nominations."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class LimitsForm(forms.Form):
    """From where on a concentration is pointed out; it changes no figure."""

    largest_percent = forms.IntegerField(
        label=_("Largest share of one body (per cent)"),
        help_text=_("A body that nominated more of a stratum than this is pointed out."),
        min_value=1,
        max_value=100,
    )
    fewest_bodies = forms.IntegerField(
        label=_("Fewest bodies of equal size"),
        help_text=_("A stratum whose nominations are no more spread than over so many equal bodies is pointed out."),
        min_value=1,
        max_value=100,
    )
