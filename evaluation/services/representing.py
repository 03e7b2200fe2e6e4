"""The representativeness report of a draw: computed once, then only read."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.models import PlaceProfile, Representation
from evaluation.nominations import judging_own, matches_of
from evaluation.refusals import Missing, Refused
from evaluation.representation.collecting import collect
from evaluation.selectors import configuration_of, round_of
from evaluators.draw import BadInput
from evaluators.models import Draw
from evaluators.services.snapshots import candidates_of
from foundation import audit
from foundation.database import serialise
from foundation.files import FileGone
from foundation.jobs import Progress, SilentProgress

JOB = "evaluation.representation"
_BATCH = 2_000


def make_representation(*, actor: User, record: Draw, progress: Progress | None = None) -> Representation:
    """Compare the drawn with the frozen register and keep the tables; what is kept already is not made again.

    Raises PermissionDenied, Refused (the stored register was altered).
    """
    require(actor, "round.view")
    progress = progress or SilentProgress()
    if found := Representation.objects.filter(draw=record).first():
        return found
    round = round_of(record.snapshot.year)
    if round is None:
        raise Refused(Missing("no_round", _("There is no round of this year.")))
    try:
        collected = collect(record, configuration_of(round), candidates_of(record.snapshot), progress)
    except (BadInput, FileGone) as error:
        message = _("The stored register is not the one that was frozen; nothing can be compared with it.")
        raise Refused(Missing("snapshot_changed", message)) from error
    bodies = {body for table in collected.tables["strata"] for body in table.get("bodies", {}).get("categories", ())}
    nominations = {"matches": matches_of(sorted(bodies)), "own": judging_own(round, record, collected.drawn)}
    with transaction.atomic():
        serialise(f"representation:{record.pk}")
        if found := Representation.objects.filter(draw=record).first():
            return found
        PlaceProfile.objects.bulk_create(
            (
                PlaceProfile(place_id=pk, district=row.district, industry=row.industry, unit_size=row.unit_size)
                for pk, candidate in record.places.values_list("pk", "candidate")
                if (row := collected.drawn.get(candidate)) is not None
            ),
            batch_size=_BATCH,
        )
        made = Representation.objects.create(draw=record, tables=collected.tables | {"nominations": nominations})
        audit.record(
            actor=actor,
            action="representation.make",
            subject=record,
            label=f"{record.snapshot.year}-{record.snapshot.number}",
            year=record.snapshot.year,
        )
        progress.confirm()
    return made
