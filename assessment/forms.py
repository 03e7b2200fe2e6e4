"""Forms of the assessment."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessment.marks import LIMITS, MOST_WORDS, PLACES, Marks
from assessment.selectors import NOTED, WITHOUT_SCORE


class AssessmentFilter(forms.Form):
    """Search and filters of a year's table."""

    q = forms.CharField(label=_("Department, veto or problem"), required=False, max_length=100)
    group = forms.ChoiceField(label=_("Group"), required=False)
    show = forms.ChoiceField(
        label=_("Departments shown"),
        required=False,
        choices=[
            ("", _("all departments")),
            (WITHOUT_SCORE, _("without a score")),
            (NOTED, _("with bonus, deduction, veto or problem")),
        ],
    )

    def __init__(self, *args: Any, groups: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [("", _("All groups")), *groups]  # type: ignore[attr-defined]


def _number(name: str, label: Any, help_text: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=0,
        max_value=LIMITS[name],
        max_digits=9,
        decimal_places=PLACES,
        widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )


class AssessmentForm(forms.Form):
    """What one department is given."""

    score = _number("score", _("Assessment score"), _("0 to 100, four decimals at most; empty: not given yet."))
    bonus = _number("bonus", _("Bonus"), _("Points added; empty: none."))
    deduction = _number("deduction", _("Deduction"), _("Points taken off, without a minus sign; empty: none."))
    veto = forms.CharField(
        label=_("Veto"),
        help_text=_("The reason. Any text here vetoes the honours of the year; leave it empty if there is none."),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    problem = forms.CharField(
        label=_("Prominent problem"),
        help_text=_("What it is; leave it empty if there is none."),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, marks: Marks, **kwargs: Any) -> None:
        # Zeros behind the last digit that counts are noise while editing, and so is a bonus or deduction of 0.
        numbers = {name: _plain(getattr(marks, name)) for name in LIMITS}
        numbers |= {name: None for name in ("bonus", "deduction") if not getattr(marks, name)}
        kwargs["initial"] = {**numbers, "veto": marks.veto, "problem": marks.problem}
        super().__init__(*args, **kwargs)

    def clean_bonus(self) -> Decimal:
        return self.cleaned_data["bonus"] or Decimal(0)

    def clean_deduction(self) -> Decimal:
        return self.cleaned_data["deduction"] or Decimal(0)


def _plain(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
