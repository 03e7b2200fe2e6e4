"""What a reader can choose; all of it travels in the address, so that a view can be sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal import selectors


class RankingFilter(forms.Form):
    """Group and sector of the ranking."""

    group = forms.ChoiceField(label=_("Group"), required=False)
    sector = forms.ChoiceField(label=_("Sector"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, empty, choices in (
            ("group", _("All groups"), selectors.group_choices()),
            ("sector", _("All sectors"), selectors.sector_choices()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- for the type checker
            field.choices = [("", empty), *choices]
