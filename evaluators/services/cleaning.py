"""Values typed into a form, cleaned and checked by the rules of the import, column by column."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from evaluators.importing import schema
from evaluators.models import Evaluator, Unit
from foundation.tables import codes
from foundation.tables.cleaning import clean_value
from foundation.tables.findings import fill


def cleaned(values: Mapping[str, str], *, of_unit: bool = False) -> dict[str, str]:
    """Clean values by the column of the list that has their name. ``of_unit``: code and name are a unit's.

    Raises ValidationError with all that is wrong, by name.
    """
    columns = schema()
    model = Unit if of_unit else Evaluator
    found: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, text in values.items():
        column = columns.column(f"unit_{name}" if of_unit and name in ("code", "name") else name)
        value, problem = clean_value(text, column)
        found[name] = value
        if problem:
            code, params = problem
            label = str(getattr(model._meta.get_field(name), "verbose_name", name))
            problems[name] = fill(codes.MESSAGES[code], {"column": label, **params}, _)
    if problems:
        raise ValidationError({name: [message] for name, message in problems.items()})
    return found
