"""Fields of the configuration forms: exact numbers as people type them, and tables of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BaseFormSet, BoundField
from django.utils.translation import gettext_lazy as _

from evaluation.definition.values import decimal_or_none, exact_sum, plain

BLANK_ROWS = 2
MAX_ROWS = 60


def number_input(total: str = "", **attrs: Any) -> forms.TextInput:
    """A text input for numbers; ``total`` names the live sum it adds to (js/totals.js)."""
    found = {"inputmode": "decimal", "autocomplete": "off", "class": "input-num", **attrs}
    if total:
        found["data-sum"] = total
    return forms.TextInput(attrs=found)


class ExactField(forms.DecimalField):
    """A decimal as text in the configuration: no rounding, no exponent; empty is allowed in a draft."""

    def __init__(self, *, total: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("widget", number_input(total))
        super().__init__(max_digits=14, decimal_places=8, **kwargs)


class CountField(forms.IntegerField):
    """A whole number of 0 or more."""

    def __init__(self, *, total: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", 10_000_000)
        kwargs.setdefault("widget", number_input(total, inputmode="numeric"))
        super().__init__(**kwargs)


def shown(value: Decimal | None) -> str:
    """A decimal as the configuration holds it; "" for none."""
    return "" if value is None else plain(value)


def typed_sum(fields: Iterable[BoundField]) -> str:
    """The sum of what stands in the fields now, typed or saved; what is no number counts as 0."""
    return plain(exact_sum(decimal_or_none(_text(field.value())) for field in fields))


def _text(value: object) -> str:
    return "" if value is None else str(value)


class RowFormSet(BaseFormSet):
    """Rows that can be added, ordered and taken away without JavaScript."""

    def get_ordering_widget(self) -> forms.Widget:  # type: ignore[override]
        return number_input(inputmode="numeric")

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if "ORDER" in form.fields:
            form.fields["ORDER"].label = _("Order")
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove")

    def kept(self) -> Iterator[dict[str, Any]]:
        """Cleaned rows in their order, without the removed and the empty ones. Call on a valid formset."""
        forms_ = self.ordered_forms if self.can_order else self.forms
        for form in forms_:
            if (form.has_changed() or form.initial) and not form.cleaned_data.get("DELETE"):
                yield form.cleaned_data

    def live(self) -> Iterator[forms.Form]:
        """The forms that are not marked for removal, bound or not."""
        for form in self.forms:
            removed = form["DELETE"].value() if "DELETE" in form.fields else False
            if removed in (False, None, ""):
                yield form

    def column_sum(self, field: str) -> str:
        """The sum of one column as it stands now."""
        return typed_sum(form[field] for form in self.live())


def rows_of(form: type[forms.Form], *, ordered: bool = True) -> type[RowFormSet]:
    """A formset over a row form."""
    return forms.formset_factory(  # type: ignore[return-value]
        form, formset=RowFormSet, extra=BLANK_ROWS, can_delete=True, can_order=ordered, max_num=MAX_ROWS,
        absolute_max=MAX_ROWS + BLANK_ROWS,
    )  # fmt: skip
