"""Starting a round: from scratch, or from an earlier year's."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.models import DepartmentGroup, DepartmentYear
from departments.services import copy_year
from evaluation.definition import RoundConfiguration, default_configuration
from evaluation.models import Round
from evaluation.selectors import configuration_of
from evaluators.models import Stratum
from foundation import audit

#: What a person types in; the rest of the row is the system's own.
TYPED = ("year", "title", "theme", "grace_minutes")


@transaction.atomic
def create_round(
    *,
    actor: User,
    year: int,
    title: str,
    theme: str = "",
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    copy_from: Round | None = None,
    is_demo: bool = False,
) -> Round:
    """Start the round of a year as a draft.

    With ``copy_from`` it takes over that round's configuration and, where the new year has no departments yet,
    the groups and sectors of its departments; else it gets the default configuration over today's strata and groups.
    Raises PermissionDenied, and ValidationError for a year that has a round or is out of range.
    """
    require(actor, "round.configure")
    configuration = configuration_of(copy_from) if copy_from else starting_configuration()
    created = Round(
        year=year,
        title=title,
        theme=theme,
        opens_at=opens_at,
        closes_at=closes_at,
        grace_minutes=configuration.ballot.grace_minutes,
        configuration=configuration.to_dict(),
        copied_from=copy_from,
        is_demo=is_demo,
    )
    created.full_clean(exclude={field.name for field in Round._meta.fields} - set(TYPED))
    if opens_at and closes_at and opens_at >= closes_at:
        raise ValidationError({"closes_at": _("The round must open before it closes.")})
    created.save()
    audit.record(
        actor=actor,
        action="round.create",
        subject=created,
        year=year,
        after={"title": title, "theme": theme, "copied_from": copy_from.year if copy_from else None},
    )
    if copy_from is not None and not DepartmentYear.objects.filter(year=year).exists():
        copy_year(actor=actor, from_year=copy_from.year, to_year=year)
    return created


def starting_configuration() -> RoundConfiguration:
    """The default rules over the active strata and all groups."""
    strata = Stratum.objects.filter(is_active=True).values_list("code", "name", "name_en")
    groups = DepartmentGroup.objects.values_list("code", "name", "name_en")
    return default_configuration(list(strata), list(groups))
