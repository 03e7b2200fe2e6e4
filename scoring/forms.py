"""Forms of the staff pages of results."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class ReleaseForm(forms.Form):
    """To whom the public bundle goes, and that its telling cells have been looked at."""

    readers = forms.ChoiceField(
        label=_("Who may download it"),
        widget=forms.RadioSelect,
        initial="results.view",
        choices=[
            ("results.view", _("Those who may see the results of all departments (leaders, auditors, work committee)")),
            ("results.own", _("Also liaisons and sector guides, who otherwise see their own departments only")),
        ],
    )
    confirmed = forms.BooleanField(required=True)

    def __init__(self, cells: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not cells:
            del self.fields["confirmed"]
            return
        self.fields["confirmed"].label = ngettext(
            "I have looked at the %(count)s cell named above, and it may go out",
            "I have looked at the %(count)s cells named above, and they may go out",
            cells,
        ) % {"count": cells}
