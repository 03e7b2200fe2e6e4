"""What does not fit in a stratum's plan, and the ways out, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from evaluation.quota_figures import StratumFigures
from evaluation.quotas.repairs import Change, Trouble
from foundation.formats import whole

METHOD_NAMES: dict[str, str | Promise] = {
    "proportional": gettext_lazy("In proportion to size"),
    "square_root": gettext_lazy("By the square root of the size"),
    "neyman": gettext_lazy("Most precise for the total (Neyman)"),
    "equal": gettext_lazy("The same for all"),
}
CELL_NAMES: dict[str, str | Promise] = {
    "district,industry": gettext_lazy("District and industry"),
    "district": gettext_lazy("District"),
    "industry": gettext_lazy("Industry"),
    "": gettext_lazy("Not spread"),
}
_RECUSALS: dict[str, str | Promise] = {
    "group": pgettext_lazy("recusal", "its own group"),
    "department": pgettext_lazy("recusal", "its own department"),
    "none": pgettext_lazy("recusal", "nothing"),
}


@dataclass(frozen=True)
class Told:
    """One trouble in words. ``is_grave``: the plan cannot be carried out as it stands."""

    text: str
    ways: list[str]
    is_grave: bool


def told(row: StratumFigures) -> list[Told]:
    """The troubles of one stratum."""
    return [
        Told(_what(row, trouble), list(_ways(trouble)), trouble.kind in ("quota", "reserve"))
        for trouble in row.troubles
    ]


def _what(row: StratumFigures, trouble: Trouble) -> str:
    missing = whole(trouble.missing)
    if trouble.kind == "quota" and row.plan.quota >= row.eligible:
        return _("The quota is %(quota)s, but only %(size)s can be drawn: %(missing)s too few.") % {
            "quota": whole(row.plan.quota), "size": whole(row.eligible), "missing": missing,
        }  # fmt: skip
    if trouble.kind == "quota":
        return _(
            "With at most %(cap)s per unit only %(reach)s of the %(size)s who can be drawn can be taken: %(missing)s "
            "seats stay empty."
        ) % {
            "cap": whole(row.plan.max_per_unit), "reach": whole(row.seats), "size": whole(row.eligible),
            "missing": missing,
        }  # fmt: skip
    if trouble.kind == "reserve":
        return _("After the draw only %(left)s are left for the reserve: %(missing)s too few.") % {
            "left": whole(row.eligible - row.seats), "missing": missing,
        }  # fmt: skip
    if trouble.kind == "minimum":
        return _("There are more cells than seats: the seat for each cell does not set in (%(missing)s missing).") % {
            "missing": missing
        }
    return _("In %(number)s cells nobody can be drawn, or the chance is more than twice the stratum's.") % {
        "number": missing
    }


def _ways(trouble: Trouble) -> Iterator[str]:
    for change in trouble.changes:
        yield _way(trouble, change)


def _way(trouble: Trouble, change: Change) -> str:
    numbers = {"value": whole(change.value) if isinstance(change.value, int) else "", "reach": whole(change.reach)}
    if change.field == "quota" and trouble.kind == "minimum":
        return _("raise the quota to %(value)s") % numbers
    if change.field == "quota":
        return _("lower the quota to %(value)s") % numbers
    if change.field == "reserve":
        return _("lower the reserve to %(value)s") % numbers
    if change.field == "max_per_unit":
        return _("raise the cap to %(value)s per unit (%(reach)s can then be taken)") % numbers
    if change.field == "rotation_rounds":
        return _("lower the rounds of rest to %(value)s (%(reach)s can then be taken)") % numbers
    if change.field == "recusal":
        rule = {"rule": _RECUSALS[str(change.value)]}
        return _("let those who work for a department lose only: %(rule)s (%(reach)s can then be taken)") % {
            **numbers, **rule,
        }  # fmt: skip
    if change.field == "min_per_cell" and change.value:
        return _("give each cell one seat first")
    if change.field == "min_per_cell":
        return _("give no cell a seat first")
    return _("spread over: %(cells)s") % {"cells": CELL_NAMES[str(change.value)]}
