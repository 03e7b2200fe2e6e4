"""Forms of the list of the drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.drawn import DrawnSearch
from evaluation.services.drawn_list import MOST_REASON, check_reason
from evaluators.models import Stratum
from evaluators.search_words import LONGEST, unseal


class DrawnFilter(forms.Form):
    """Filters of the list; the words travel apart from them, sealed."""

    stratum = forms.ModelChoiceField(
        label=_("Stratum"), queryset=Stratum.objects.all(), required=False, empty_label=_("All strata")
    )
    district = forms.ChoiceField(label=_("District"), required=False)

    def __init__(self, *args: Any, districts: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(district, district) for district in districts]
        self.fields["district"].choices = [("", _("All districts")), *known]  # type: ignore[attr-defined]

    def search(self, words: str = "") -> DrawnSearch:
        """What is looked for; fields that make no sense do not matter."""
        self.is_valid()
        return DrawnSearch(
            unseal(words), self.cleaned_data.get("stratum"), str(self.cleaned_data.get("district") or "")
        )


class DrawnSearchForm(DrawnFilter):
    """What the search sends by POST: the words as they were typed, and the filters."""

    q = forms.CharField(label=_("Name, code or unit"), required=False, max_length=LONGEST)

    field_order = ["q", "stratum", "district"]


class TakeListForm(forms.Form):
    """What the list is needed for, and whether with contact data (for those who may see it)."""

    reason = forms.CharField(
        label=_("What the list is needed for"),
        help_text=_("Stands in the audit log beside your name."),
        max_length=MOST_REASON,
    )
    with_contact = forms.BooleanField(label=_("With mobile numbers and e-mail addresses"), required=False)

    def __init__(self, *args: Any, may_see_contact: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_see_contact:
            del self.fields["with_contact"]

    def clean_reason(self) -> str:
        return check_reason(self.cleaned_data["reason"])
