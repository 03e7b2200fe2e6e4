"""What departments, below this app, need to know of rounds: which year is being prepared, which are fixed."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from evaluation.models import Round


def open_year() -> int | None:
    """The year of the newest round that is not frozen yet."""
    return Round.objects.filter(frozen_at=None).order_by("-year").values_list("year", flat=True).first()


def frozen_reason(year: int) -> str | Promise:
    """Why the departments of a year can no longer be changed; "" while they can."""
    if Round.objects.filter(year=year, frozen_at__isnull=False).exists():
        return _("the round of %(year)s is frozen.") % {"year": year}
    return ""
