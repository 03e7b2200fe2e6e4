"""What the staff pages share about forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm


def try_service(form: BaseForm, work: Callable[[], Any]) -> Any:
    """Run a service; what it finds wrong stands in the form, at its field where there is one. None if it refused."""
    try:
        return work()
    except ValidationError as error:
        fields = getattr(error, "error_dict", None)
        for name, problems in (fields or {None: error}).items():
            form.add_error(name if name in form.fields else None, problems)
        return None
