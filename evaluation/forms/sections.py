"""The pages of the configuration as forms: a configuration in, changed keys of ``RoundConfiguration.to_dict()`` out.

Drafts may be unfinished: a form only insists on numbers being numbers. What is missing or does not add up is told by
``RoundConfiguration.problems()``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluation.definition import RoundConfiguration
from evaluation.definition.parts import TIE_BREAKS
from evaluation.forms.fields import CountField, ExactField, RowFormSet, rows_of, shown, typed_sum
from evaluation.models import Round

Data = Any  # a QueryDict, or None for an unbound form


class SectionForm(ABC):
    """One page. Subclasses set ``template`` and fill ``forms`` in ``build``."""

    template: ClassVar[str]
    #: Buttons that show what was typed, added up, without saving it.
    shows_only: ClassVar[tuple[str, ...]] = ("add_up",)

    def __init__(self, round: Round, configuration: RoundConfiguration, data: Data = None) -> None:
        self.round = round
        self.configuration = configuration
        self.data = data
        self.forms: list[Any] = []
        self.build()

    @abstractmethod
    def build(self) -> None:
        """Fill ``forms`` from the configuration or from what was typed."""

    def is_valid(self) -> bool:
        """True if everything typed can be stored. Asks every form, so that all errors show at once."""
        answers = [form.is_valid() for form in self.forms]
        return all(answers)

    @abstractmethod
    def changes(self) -> dict[str, Any]:
        """The section's keys with their new values. Call on a valid form."""

    def context(self) -> dict[str, Any]:
        """What the template needs beside ``section``."""
        return {}


# Rows


class ChoiceRow(forms.Form):
    """One step of the scale."""

    code = forms.CharField(label=_("Code"), max_length=40)
    label = forms.CharField(label=_("Name"), max_length=60, required=False)
    label_en = forms.CharField(label=_("English name"), max_length=60, required=False)
    value = ExactField(label=_("Value"))
    counts = forms.ChoiceField(
        label=_("Counts as"),
        choices=[
            ("", "—"),
            ("satisfied", _("Satisfied")),
            ("neutral", _("Neither")),
            ("dissatisfied", _("Dissatisfied")),
            ("abstain", _("Don't know (not valid)")),
        ],
    )


class ItemRow(forms.Form):
    """One criterion."""

    code = forms.CharField(label=_("Code"), max_length=40)
    label = forms.CharField(label=_("Name"), max_length=60, required=False)
    label_en = forms.CharField(label=_("English name"), max_length=60, required=False)
    weight = ExactField(label=_("Weight (%)"), total="weight")


class ClassRow(forms.Form):
    """One weight class; the default one may have no code."""

    code = forms.CharField(label=_("Code"), max_length=40, required=False)
    label = forms.CharField(label=_("Name"), max_length=60, required=False)
    label_en = forms.CharField(label=_("English name"), max_length=60, required=False)
    weight = ExactField(label=_("Weight"))
    default = forms.BooleanField(label=_("Default"), required=False)


class BandRow(forms.Form):
    """From a change of so many percentage points on, so many points."""

    start = ExactField(label=_("From a change of (percentage points)"))
    points = ExactField(label=_("Points"))


class RowsSection(SectionForm):
    """A page with one table of rows."""

    template = "evaluation/sections/rows.html"
    key: ClassVar[str]
    row: ClassVar[type[forms.Form]]
    summed: ClassVar[str] = ""
    add_hint: ClassVar[str | Promise] = _("Empty rows are left out; saving gives new empty ones.")

    rows: RowFormSet

    def build(self) -> None:
        self.rows = rows_of(self.row)(self.data, prefix="rows", initial=self.initial())
        self.forms = [self.rows]

    def initial(self) -> list[dict[str, Any]]:
        return list(self.configuration.to_dict()[self.key])

    def changes(self) -> dict[str, Any]:
        return {self.key: [self.as_row(row) for row in self.rows.kept()]}

    def as_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """A cleaned row as the configuration holds it."""
        kept = {name: row[name] for name in self.row.base_fields}
        return {name: shown(value) if name in ("value", "weight") else value for name, value in kept.items()}

    def context(self) -> dict[str, Any]:
        total = self.rows.column_sum(self.summed) if self.summed else None
        return {"rows": self.rows, "summed": self.summed, "total": total, "add_hint": self.add_hint}


class ScaleForm(RowsSection):
    """The scale."""

    key = "scale"
    row = ChoiceRow


class CriteriaForm(RowsSection):
    """The criteria; their weights add up to 100."""

    key = "items"
    row = ItemRow
    summed = "weight"


class MergeForm(forms.Form):
    """What happens to a class that few hold."""

    merge_small_classes = forms.BooleanField(
        label=_("A class held by few counts with the default weight"),
        required=False,
        help_text=_("After the draw: held by fewer drawn evaluators of a stratum than the smallest cell shown."),
    )


class ClassesForm(RowsSection):
    """Weight classes and what becomes of small ones."""

    key = "weight_classes"
    row = ClassRow

    def build(self) -> None:
        super().build()
        initial = {"merge_small_classes": self.configuration.merge_small_classes}
        self.merge = MergeForm(self.data, initial=initial)
        self.forms.append(self.merge)

    def changes(self) -> dict[str, Any]:
        return {**super().changes(), "merge_small_classes": self.merge.cleaned_data["merge_small_classes"]}

    def context(self) -> dict[str, Any]:
        return {**super().context(), "extra": self.merge}


# Plain forms


class FormSection(SectionForm):
    """A page with one plain form."""

    template = "evaluation/sections/form.html"
    form_class: ClassVar[type[forms.Form]]
    form: forms.Form

    def build(self) -> None:
        self.form = self.form_class(self.data, initial=self.initial())
        self.forms = [self.form]

    @abstractmethod
    def initial(self) -> dict[str, Any]:
        """The values of the configuration that the form starts with."""

    def context(self) -> dict[str, Any]:
        return {"form": self.form}


class BasicsFields(forms.Form):
    """What the round is called and when it runs."""

    title = forms.CharField(label=_("Title"), max_length=100)
    theme = forms.CharField(label=_("Theme of the year"), max_length=200, required=False)
    opens_at = forms.DateTimeField(
        label=_("Opens"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    closes_at = forms.DateTimeField(
        label=_("Closes"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    grace_minutes = CountField(
        label=_("Grace (minutes)"),
        max_value=24 * 60,
        help_text=_("A ballot begun before closing is still taken for so many minutes."),
    )


class BasicsForm(FormSection):
    """Title, theme, dates, grace: columns of the round rather than keys of its configuration."""

    form_class = BasicsFields

    def initial(self) -> dict[str, Any]:
        return {name: getattr(self.round, name) for name in BasicsFields.base_fields}

    def changes(self) -> dict[str, Any]:
        return dict(self.form.cleaned_data)


class ComparisonFields(forms.Form):
    """The method and its numbers."""

    method = forms.ChoiceField(
        label=_("Method"),
        choices=[
            ("none", _("None: no points for the change")),
            ("linear", _("Linear: so many points for each percentage point")),
            ("banded", _("Banded: points by the size of the change")),
            ("headroom", _("Headroom: points for the share of what was still possible")),
        ],
    )
    satisfied = ExactField(label=_("Factor for satisfaction"), help_text=_("Linear and headroom only."))
    dissatisfied = ExactField(label=_("Factor for dissatisfaction"), help_text=_("Linear and headroom only."))
    cap_satisfied = ExactField(label=_("Cap for satisfaction (points)"), help_text=_("Empty: no cap."))
    cap_dissatisfied = ExactField(label=_("Cap for dissatisfaction (points)"), help_text=_("Empty: no cap."))
    deadband = forms.BooleanField(label=_("A change within the margin of error counts as none"), required=False)


class ComparisonForm(SectionForm):
    """Year over year."""

    template = "evaluation/sections/comparison.html"

    def build(self) -> None:
        rule = self.configuration.year_over_year
        self.form = ComparisonFields(self.data, initial=rule.to_dict())
        bands = rows_of(BandRow, ordered=False)
        self.bands = {
            name: bands(
                self.data,
                prefix=name,
                initial=[{"start": shown(band.start), "points": shown(band.points)} for band in getattr(rule, name)],
            )
            for name in ("bands_satisfied", "bands_dissatisfied")
        }
        self.forms = [self.form, *self.bands.values()]

    def changes(self) -> dict[str, Any]:
        typed = self.form.cleaned_data
        numbers = ("satisfied", "dissatisfied", "cap_satisfied", "cap_dissatisfied")
        rule: dict[str, Any] = {"method": typed["method"], "deadband": typed["deadband"]}
        rule |= {name: shown(typed[name]) for name in numbers}
        rule |= {
            name: [{"from": shown(row["start"]), "points": shown(row["points"])} for row in rows.kept()]
            for name, rows in self.bands.items()
        }
        return {"year_over_year": rule}

    def context(self) -> dict[str, Any]:
        titles = {
            "bands_satisfied": _("Bands for the change in satisfaction"),
            "bands_dissatisfied": _("Bands for the change in dissatisfaction"),
        }
        return {"form": self.form, "bands": [(titles[name], rows) for name, rows in self.bands.items()]}


class CompositeFields(forms.Form):
    """Shares, decimals, ties."""

    public = ExactField(label=_("Share of public evaluation (%)"), total="share")
    assessment = ExactField(label=_("Share of assessment (%)"), total="share")
    decimals = CountField(label=_("Decimals of published figures"), max_value=12)
    tie_break = forms.ChoiceField(
        label=_("Equal totals are ordered by"),
        required=False,
        choices=[
            (",".join(TIE_BREAKS), _("Satisfaction, then dissatisfaction")),
            ("satisfaction", _("Satisfaction")),
            ("dissatisfaction", _("Dissatisfaction")),
            ("dissatisfaction,satisfaction", _("Dissatisfaction, then satisfaction")),
            ("", _("Nothing: they share a rank")),
        ],
    )
    rank_scope = forms.ChoiceField(
        label=_("Movement is counted"), choices=[("group", _("In the group")), ("overall", _("Overall"))]
    )


class CompositeForm(FormSection):
    """The comprehensive score."""

    template = "evaluation/sections/composite.html"
    form_class = CompositeFields

    def initial(self) -> dict[str, Any]:
        rules = self.configuration
        return {
            **rules.composite.to_dict(),
            "decimals": rules.decimals,
            "tie_break": ",".join(rules.tie_break),
            "rank_scope": rules.rank_scope,
        }

    def changes(self) -> dict[str, Any]:
        typed = self.form.cleaned_data
        return {
            "composite": {"public": shown(typed["public"]), "assessment": shown(typed["assessment"])},
            "decimals": typed["decimals"],
            "tie_break": [key for key in typed["tie_break"].split(",") if key],
            "rank_scope": typed["rank_scope"],
        }

    def context(self) -> dict[str, Any]:
        return {**super().context(), "total": typed_sum([self.form["public"], self.form["assessment"]])}


class BallotFields(forms.Form):
    """When a stratum reports, what stays hidden, how the page behaves."""

    min_valid = CountField(
        label=_("Valid ballots a stratum needs to report"), min_value=1,
        help_text=_("A stratum with fewer for a department is left out and its weight goes to the others."),
    )  # fmt: skip
    min_cell = CountField(
        label=_("Smallest cell shown"), min_value=1,
        help_text=_("A breakdown with fewer ballots is shown as “too few”, on every page and in every file."),
    )  # fmt: skip
    replace_allowed = forms.BooleanField(
        label=_("A ballot can be replaced until closing"), required=False,
        help_text=_("The last one counts: what somebody was made to vote under pressure is not final."),
    )  # fmt: skip
    departments_per_page = CountField(label=_("Departments on one screen"), min_value=1, max_value=100)


class BallotForm(FormSection):
    """Ballot rules."""

    form_class = BallotFields

    def initial(self) -> dict[str, Any]:
        rules = self.configuration
        return {**rules.ballot.to_dict(), "min_valid": rules.min_valid, "min_cell": rules.min_cell}

    def changes(self) -> dict[str, Any]:
        typed = self.form.cleaned_data
        ballot = {
            **self.configuration.ballot.to_dict(),
            "replace_allowed": typed["replace_allowed"],
            "departments_per_page": typed["departments_per_page"],
        }
        return {"ballot": ballot, "min_valid": typed["min_valid"], "min_cell": typed["min_cell"]}
