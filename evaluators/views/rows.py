"""The rows of the long table of people: made in one go, since a template would spend most of the time on them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from evaluators.listing import Row
from evaluators.models import EvaluatorStatus, Unit
from foundation.formats import whole
from foundation.templatetags.ui import status

_PERSON = (
    '<tr><th scope="row" class="text-nowrap"><a href="{}{}/">{}</a></th><td class="text-nowrap">{}</td>'
    '<td class="text-nowrap">{}</td><td>{}</td><td class="text-nowrap">{}</td><td>{}</td><td>{}</td></tr>'
)
_UNIT = (
    '<tr><th scope="row"><a href="{}{}/">{}</a></th><td class="text-nowrap">{}</td><td class="text-nowrap">{}</td>'
    '<td class="text-nowrap">{}</td><td>{}</td><td class="num">{}</td><td class="num">{}</td><td>{}</td></tr>'
)


def option_tags(choices: Iterable[tuple[object, object]], chosen: object) -> SafeString:
    """The options of a select, the chosen one marked: a widget's templates would take longer than the search."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, mark_safe(" selected") if value == chosen else "", label) for value, label in choices),  # noqa: S308
    )


def status_badges() -> dict[str, SafeString]:
    """The badge of each status, by its word."""
    active = EvaluatorStatus.ACTIVE.label
    words: Iterable[str | Promise] = EvaluatorStatus.labels
    return {str(word): status(str(word), "success" if word == active else "neutral") for word in words}


def people_rows(people: Iterable[Row]) -> SafeString:
    """The table rows of people: name, code, stratum, unit, district, industry, status."""
    badges, start = status_badges(), reverse("evaluators:evaluator-detail", args=[0]).removesuffix("0/")
    return format_html_join(
        "",
        _PERSON,
        (
            (
                start, row.pk, row.name, row.code, row.stratum, row.unit or "—", row.district or "—",
                row.industry or "—", badges[row.status],
            )
            for row in people
        ),
    )  # fmt: skip


def unit_rows(units: Iterable[tuple[Unit, int, int]]) -> SafeString:
    """The table rows of units with their people and those who can be drawn."""
    badges = {True: status(_("Active"), "success"), False: status(_("Inactive"), "neutral")}
    start = reverse("evaluators:unit-detail", args=[0]).removesuffix("0/")
    return format_html_join(
        "",
        _UNIT,
        (
            (
                start, row.pk, row.name, row.code, row.stratum or "—", row.district or "—", row.industry or "—",
                whole(people), whole(active), badges[row.is_active],
            )
            for row, people, active in units
        ),
    )  # fmt: skip
