"""Paths of the configuration (``strata.npc.quota``) in the words of its forms, for telling people what changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from evaluation.definition import RoundConfiguration
from evaluation.forms.outcomes import RULES
from evaluation.forms.sections import (
    BallotFields,
    BandRow,
    BasicsFields,
    ChoiceRow,
    ClassRow,
    ComparisonFields,
    CompositeFields,
    ItemRow,
    MergeForm,
)
from evaluation.forms.strata import StratumFields
from evaluation.wording import Named, label_of

_FORMS: tuple[type[forms.Form], ...] = (
    BallotFields, BandRow, BasicsFields, ClassRow, ComparisonFields, CompositeFields, ItemRow, MergeForm, StratumFields,
    ChoiceRow, *(form for _title, form in RULES.values()),
)  # fmt: skip
_LABELS: dict[str, str | Promise] = {
    name: field.label for form in _FORMS for name, field in form.base_fields.items() if field.label
}
_LABELS |= {
    "weights": _("Weight"),
    "baselines_set_aside": _("Not compared with last year"),
    "from": BandRow.base_fields["start"].label or "",
    **{name: title for name, (title, _form) in RULES.items()},
}
_CHOICES: dict[str, dict[str, str | Promise]] = {
    name: {str(value): label for value, label in field.widget.choices}  # type: ignore[attr-defined]
    for form in _FORMS
    for name, field in form.base_fields.items()
    if isinstance(field, forms.ChoiceField)
}
# The page says these already.
_CONTAINERS = {
    "scale", "items", "strata", "groups", "weight_classes", "year_over_year", "composite", "outcomes", "ballot",
}  # fmt: skip


def words(path: str, configuration: RoundConfiguration) -> str:
    """A path as people read it: names of strata, groups and choices instead of codes, labels instead of keys."""
    rows: dict[str, tuple[Named, ...]] = {
        "weight_classes": configuration.weight_classes,
        "scale": configuration.scale,
        "items": configuration.items,
        "groups": configuration.groups,
        "strata": configuration.strata,
    }
    names = {part.code: label_of(part) for parts in rows.values() for part in parts}
    steps = path.split(".")
    kept = steps[1:] if len(steps) > 1 and steps[0] in _CONTAINERS else steps
    # A group and a stratum may have the same code: the first step after its container is a row of that container.
    own = {part.code: label_of(part) for part in rows.get(steps[0], ())}
    first = own.get(kept[0])
    found = [first or _LABELS.get(kept[0]) or names.get(kept[0], kept[0])]
    found += [_LABELS.get(step) or names.get(step, step) for step in kept[1:]]
    return " · ".join(map(str, found))


def value_words(path: str, value: Any) -> str:
    """A value as its form shows it; a dash for none."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return str(_CHOICES.get(path.rpartition(".")[2], {}).get(text, text))
