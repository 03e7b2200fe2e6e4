"""The form of a trial: the frozen rules as numbers that can be changed, each beside the official one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.definition import GroupWeights, RoundConfiguration
from evaluation.definition.values import decimal_or_none
from evaluation.forms.fields import ExactField, RowFormSet, shown, typed_sum
from evaluation.forms.sections import ComparisonForm
from evaluation.forms.words import value_words
from evaluation.models import Round
from evaluation.wording import label_of

Data = Any  # a QueryDict, or None for an unbound form


@dataclass(frozen=True)
class TrialField:
    """A field with its official value, and whether what stands in it differs."""

    bound: BoundField
    official: str
    words: str

    @property
    def changed(self) -> bool:
        """Whether the number (or choice) is another one; 20 and 20.0 are the same."""
        typed, official = self.bound.value(), self.official
        if isinstance(self.bound.field, forms.BooleanField):
            return bool(typed) != (official == "True")
        text = "" if typed is None else str(typed).strip()
        if isinstance(self.bound.field, ExactField):
            return decimal_or_none(text) != decimal_or_none(official) or (text == "") != (official == "")
        return text != official


@dataclass(frozen=True)
class TrialRows:
    """A table of bands: a row of fields each."""

    title: str
    formset: RowFormSet
    rows: list[list[TrialField]]


@dataclass(frozen=True)
class Section:
    """A part of the form that unfolds; `total` names the inputs that add up to 100 and what they add up to now."""

    key: str
    title: str
    fields: list[TrialField]
    note: str = ""
    selector: str = ""
    total: str = ""
    tables: list[TrialRows] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How many fields differ from the official rules."""
        rows = (row for table in self.tables for row in table.rows)
        return sum(entry.changed for entry in [*self.fields, *(one for row in rows for one in row)])

    @property
    def is_wrong(self) -> bool:
        """Whether something in it is no number, or does not add up."""
        wrong = any(entry.bound.errors for entry in self.fields) or any(
            not table.formset.is_valid() for table in self.tables if table.formset.is_bound
        )
        return wrong or bool(self.selector and decimal_or_none(self.total) != 100)

    @property
    def is_open(self) -> bool:
        """Only what was changed or must be mended is unfolded."""
        return bool(self.changes) or self.is_wrong


class TrialForm:
    """Weights, classes, scale values, comparison and shares of a frozen round, prefilled; nothing of it is stored."""

    def __init__(self, round: Round, frozen: RoundConfiguration, data: Data = None) -> None:
        self.frozen = frozen
        fields: dict[str, forms.Field] = dict(self._fields())
        initial = {name: entry.initial for name, entry in fields.items()}
        self.numbers: forms.Form = type("TrialNumbers", (forms.Form,), fields)(data, initial=initial)
        self.comparison = ComparisonForm(round, frozen, data)

    def _fields(self) -> Iterator[tuple[str, forms.Field]]:
        for group in self.frozen.groups:
            for code, weight in self._judging(group):
                name = f"w:{group.code}:{code}"
                yield name, ExactField(label=code, total=f"w:{group.code}", min_value=0, initial=shown(weight))
        for entry in self.frozen.weight_classes:
            yield f"class:{entry.code}", ExactField(label=label_of(entry), initial=shown(entry.weight))
        for choice in self.frozen.scale:
            if choice.is_valid:
                yield f"value:{choice.code}", ExactField(label=label_of(choice), initial=shown(choice.value))
        for name, label in (
            ("public", gettext_lazy("Share of public evaluation (%)")),
            ("assessment", gettext_lazy("Share of assessment (%)")),
        ):
            initial = shown(getattr(self.frozen.composite, name))
            yield f"share:{name}", ExactField(label=label, total="share", initial=initial)

    def _judging(self, group: GroupWeights) -> Iterable[tuple[str, Decimal]]:
        """The strata that judged a group: the others have no ballots there, and no weight would change that."""
        return ((plan.code, group.weight(plan.code)) for plan in self.frozen.strata if group.weight(plan.code) > 0)

    @property
    def is_bound(self) -> bool:
        return self.numbers.is_bound

    @property
    def parts(self) -> list[Any]:
        """Every form and formset in it."""
        return [self.numbers, *self.comparison.forms]

    def is_valid(self) -> bool:
        """True if everything typed is a number. Asks every form, so that all errors show at once."""
        answers = [entry.is_valid() for entry in self.parts]
        return all(answers)

    @property
    def plain_forms(self) -> list[forms.Form]:
        """The forms whose errors are summed up on top."""
        return [self.numbers, self.comparison.form]

    def changes(self) -> dict[str, Any]:
        """Keys of `RoundConfiguration.to_dict()` with the tried values. Call on a valid form."""
        typed, rules = self.numbers.cleaned_data, self.frozen.to_dict()

        def weights(group: dict[str, Any]) -> dict[str, str]:
            return {
                code: shown(typed.get(f"w:{group['code']}:{code}") or Decimal(0)) if Decimal(weight) > 0 else weight
                for code, weight in group["weights"].items()
            }

        return {
            "groups": [{**group, "weights": weights(group)} for group in rules["groups"]],
            "weight_classes": [
                {**entry, "weight": shown(typed[f"class:{entry['code']}"])} for entry in rules["weight_classes"]
            ],
            "scale": [
                {**choice, "value": shown(typed[f"value:{choice['code']}"])}
                if f"value:{choice['code']}" in typed
                else choice
                for choice in rules["scale"]
            ],
            "composite": {name: shown(typed[f"share:{name}"]) for name in ("public", "assessment")},
            **self.comparison.changes(),
        }

    def sections(self) -> list[Section]:
        """What the page shows, in its order: weights by group first."""
        names = {plan.code: label_of(plan) for plan in self.frozen.strata}
        found = []
        for group in self.frozen.groups:
            entries = []
            for code, _weight in self._judging(group):
                entry = self._number(f"w:{group.code}:{code}")
                entry.bound.label = names[code]
                entries.append(entry)
            selector = f"[data-sum='w:{group.code}']"
            title = _("Weights: %(group)s") % {"group": label_of(group)}
            found.append(self._section(f"weights-{group.code}", title, entries, selector=selector))
        classes = [self._number(f"class:{entry.code}") for entry in self.frozen.weight_classes]
        values = [self._number(f"value:{choice.code}") for choice in self.frozen.scale if choice.is_valid]
        shares = [self._number(f"share:{name}") for name in ("public", "assessment")]
        return [
            *found,
            self._section("classes", _("Weights of evaluator classes"), classes),
            self._section("values", _("Values of the scale"), values),
            Section(
                "comparison",
                _("Comparison with last year"),
                [self._rule(bound) for bound in self.comparison.form],
                note=_("The bands are only used by the banded method."),
                tables=list(self._bands()),
            ),
            self._section("shares", _("Shares of the comprehensive score"), shares, selector="[data-sum='share']"),
        ]

    @staticmethod
    def _section(key: str, title: str, entries: list[TrialField], selector: str = "") -> Section:
        total = typed_sum(entry.bound for entry in entries) if selector else ""
        return Section(key, title, entries, selector=selector, total=total)

    def _number(self, name: str) -> TrialField:
        bound = self.numbers[name]
        return TrialField(bound, str(bound.initial), str(bound.initial) or "—")

    def _rule(self, bound: BoundField) -> TrialField:
        official = "" if bound.initial is None else str(bound.initial)
        return TrialField(bound, official, value_words(f"year_over_year.{bound.name}", bound.initial))

    def _bands(self) -> Iterator[TrialRows]:
        for title, formset in self.comparison.context()["bands"]:
            rows = [
                [self._rule(form[name]) for name in ("start", "points", "DELETE") if name in form.fields]
                for form in formset.forms
            ]
            yield TrialRows(str(title), formset, rows)
