"""Counting nominations of the register of now, and the limits from where on a concentration is pointed out."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.models import NominationLimits, Round
from evaluation.nominations import limits_of
from evaluation.representation.collecting import MOST_BODIES, OTHER
from evaluators.draw.labels import normalise_label
from evaluators.nominations import register_by_body
from foundation import audit

JOB = "evaluation.nominations"


def count_register(*, actor: User) -> dict[str, dict[str, int]]:
    """Stratum code → nominating body → active people; beyond the largest two hundred bodies they are one.

    Raises PermissionDenied.
    """
    require(actor, "registry.view")
    found: dict[str, dict[str, int]] = {}
    for stratum, bodies in register_by_body().items():
        plain: dict[str, int] = {}
        for body, people in bodies.items():
            name = normalise_label(body)
            plain[name] = plain.get(name, 0) + people
        ordered = sorted(plain, key=lambda body: (-plain[body], body))
        found[stratum] = {body: plain[body] for body in ordered[:MOST_BODIES]}
        if len(ordered) > MOST_BODIES:
            found[stratum][OTHER] = sum(plain[body] for body in ordered[MOST_BODIES:])
    return found


@transaction.atomic
def set_limits(*, actor: User, round: Round, largest_percent: int, fewest_bodies: int) -> NominationLimits:
    """Say from where on a concentration is pointed out in this round and the next.

    Raises PermissionDenied, ValidationError (a share outside 1 to 100, fewer than 1 or more than 100 bodies).
    """
    require(actor, "round.configure")
    if not 1 <= largest_percent <= 100:
        raise ValidationError({"largest_percent": _("Enter a number from 1 to 100.")})
    if not 1 <= fewest_bodies <= 100:
        raise ValidationError({"fewest_bodies": _("Enter a number from 1 to 100.")})
    before = limits_of(round)
    row, _made = NominationLimits.objects.update_or_create(
        round=round, defaults={"largest_percent": largest_percent, "fewest_bodies": fewest_bodies}
    )
    audit.record(
        actor=actor,
        action="nominations.limits",
        subject=round,
        year=round.year,
        before={"largest_percent": before.largest_percent, "fewest_bodies": before.fewest_bodies},
        after={"largest_percent": largest_percent, "fewest_bodies": fewest_bodies},
    )
    return row
