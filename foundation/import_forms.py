"""Forms of an import."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class UploadForm(forms.Form):
    """The file to import; whether it is a list is found out when it is read."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Excel (.xlsx, .xls) or CSV. Nothing is stored before you have seen what would change."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.csv,.txt"}),
    )

    def clean_file(self) -> object:
        file = self.cleaned_data["file"]
        limit = settings.IMPORT_MAX_BYTES
        if file.size > limit:
            raise forms.ValidationError(
                _("The file is larger than %(limit)s MB. Split it into several lists.") % {"limit": limit // 1_000_000}
            )
        return file


class ApplyForm(forms.Form):
    """Store; with problems only when their rows are left out on purpose."""

    skip_problem_rows = forms.BooleanField(
        label=gettext_lazy("Store the rows without problems and leave the others out"), required=False
    )
