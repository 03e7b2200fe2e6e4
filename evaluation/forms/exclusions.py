"""Filters of the list of those left out."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.exclusions import LEFT_OUT, PARTLY, ExclusionSearch
from evaluators.models import Stratum
from evaluators.search_words import LONGEST, unseal


class ExclusionFilter(forms.Form):
    """Stratum and reason; the words travel apart from them, sealed."""

    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), required=False, empty_label=_("All strata")
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        required=False,
        choices=[
            ("", _("All reasons")),
            ("out", _("All who are left out")),
            *LEFT_OUT.items(),
            ("partly", _("All who are recused in part")),
            *PARTLY.items(),
        ],
    )

    def search(self, words: str = "") -> ExclusionSearch:
        """What is looked for; fields that make no sense do not matter."""
        self.is_valid()
        return ExclusionSearch(
            unseal(words), self.cleaned_data.get("stratum"), str(self.cleaned_data.get("reason") or "")
        )


class ExclusionSearchForm(ExclusionFilter):
    """What the search sends by POST: the words as they were typed, and the filters."""

    q = forms.CharField(label=_("Name, code or unit"), required=False, max_length=LONGEST)

    field_order = ["q", "stratum", "reason"]
