"""The draw of a round: the announced seed in, invitations out, everything in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.definition import RoundConfiguration
from evaluation.models import Invitation, Round
from evaluation.recusal import RecusalRules, recusal_rules
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of, standing_draw, standing_snapshot
from evaluation.services.freezing import take_back
from evaluation.services.moves import lock, move, refuse_unless_at
from evaluation.services.register_changes import altered
from evaluation.states import VERBS
from evaluators.candidates import PERSON, Identified, Known, identify
from evaluators.draw import BadInput, check_public_seed, draw
from evaluators.models import Draw, DrawnPlace, DrawnRole, Stratum
from evaluators.services.snapshots import candidates_of, plan_of, record_draw, redraw
from foundation import audit, files
from foundation.files import FileGone
from foundation.jobs import Progress, SilentProgress

_BATCH = 2_000


def draw_evaluators(
    *,
    actor: User,
    round: Round,
    public_seed: str,
    witnesses: str,
    progress: Progress | None = None,
) -> Draw:
    """Draw from the frozen register with the seed that the announced source gave (configured → drawn).

    What is drawn depends on the stored register, the frozen plan and the seed alone, so that a run that was killed and
    started again draws the same. Those drawn get their invitations in the transaction of the draw.

    Args:
        public_seed: as the announced source gave it.
        witnesses: the names of those present, one a line; a draw without them is refused.

    Raises:
        PermissionDenied, Refused (wrong state, seed of another form, no witnesses, stored register altered).
    """
    require(actor, "round.draw")
    progress = progress or SilentProgress()
    round.refresh_from_db()
    refuse_unless_at(round, VERBS["draw"])
    refuse_bad_seed(public_seed)
    if not witnesses.strip():
        raise Refused(Missing("witnesses_missing", _("Name those present at the draw.")))
    snapshot = standing_snapshot(round.year)
    if snapshot is None:
        raise Refused(Missing("no_snapshot", _("There is no frozen register to draw from.")))
    try:
        candidates = candidates_of(snapshot)
        result = draw(candidates, plan_of(snapshot), public_seed, _teller(progress, _("Drawing")))
    except (BadInput, FileGone) as error:
        raise Refused(altered(actor, snapshot, error)) from error
    ids = {code: pool.ids for code, pool in candidates.pools.items()}
    identified = identify(snapshot.pk, ids, {place.id for place in result.places}, progress)
    with transaction.atomic():
        locked = lock(round)
        refuse_unless_at(locked, VERBS["draw"])
        standing = standing_snapshot(round.year)
        if standing is None or standing.pk != snapshot.pk:
            raise Refused(Missing("changed_meanwhile", _("The register was frozen anew meanwhile. Draw again.")))
        try:
            with transaction.atomic():
                record, places = record_draw(
                    actor=actor,
                    snapshot=snapshot,
                    public_seed=public_seed,
                    witnesses=witnesses.strip(),
                    result=result,
                    identified=identified,
                )
        except IntegrityError as error:
            raise Refused(Missing("drawn_already", _("From this register somebody has drawn already."))) from error
        _invite(locked, record, places, identified)
        move(round=locked, verb="draw", actor=actor)
        progress.confirm()
    round.refresh_from_db()
    return record


@transaction.atomic
def void_draw(*, actor: User, round: Round, reason: str) -> Round:
    """Take back a draw before any code is issued (drawn → draft). Draw and snapshot stay on record, visibly void.

    Raises PermissionDenied, Refused (no reason, a code is out already).
    """
    require(actor, "round.draw")
    locked = lock(round)
    refuse_unless_at(locked, VERBS["void_draw"])
    taken_back = take_back(actor=actor, round=locked, verb="void_draw", reason=reason)
    # Codes were ruled out under the lock; nothing else hangs on an invitation yet.
    taken_back.invitations.all().delete()
    round.refresh_from_db()
    return round


@dataclass(frozen=True)
class Verification:
    """The outcome of drawing once more from the stored files."""

    same: bool
    snapshot_hash: str
    plan_hash: str
    seed: str
    places: int


def verify_draw(*, actor: User, record: Draw, progress: Progress | None = None) -> Verification:
    """Redo a draw and compare the result with the stored file, byte by byte; the outcome goes to the audit log.

    Raises PermissionDenied, Refused (stored register altered).
    """
    require(actor, "round.view")
    progress = progress or SilentProgress()
    try:
        again = redraw(record, _teller(progress, _("Drawing once more")))
    except (BadInput, FileGone) as error:
        raise Refused(altered(actor, record.snapshot, error)) from error
    same = again.csv() == _stored_result(record) and again.seed == record.seed
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="draw.verify",
            subject=record,
            label=f"{record.snapshot.year}-{record.snapshot.number}",
            year=record.snapshot.year,
            after={"same": same, "seed": again.seed},
        )
        progress.confirm()
    return Verification(same, again.snapshot_hash, again.plan_hash, again.seed, len(again.places))


def repeated(round: Round, public_seed: str) -> Draw | None:
    """The draw in force if it was made with this very seed: what a job finds that was killed after its commit."""
    record = standing_draw(round.year)
    return record if record is not None and record.public_seed == public_seed else None


def refuse_bad_seed(public_seed: str) -> None:
    """Raise Refused unless the public seed has the form that everybody can type again."""
    try:
        check_public_seed(public_seed)
    except BadInput as error:
        message = _(
            "The public seed has ASCII digits and letters in groups separated by single spaces, and nothing before or "
            "after."
        )
        raise Refused(Missing(error.code, message)) from error


def _invite(round: Round, record: Draw, places: Mapping[str, DrawnPlace], identified: Identified) -> None:
    """Make the invitations of the main places, and note the weight classes that were too small to keep."""
    configuration = configuration_of(round)
    recusal = recusal_rules(round.year)
    main = [place for place in places.values() if place.role == DrawnRole.MAIN]
    codes = dict(Stratum.objects.values_list("pk", "code"))
    strata = {place.candidate: codes[place.stratum_id] for place in main}
    classes = {place.candidate: class_of(configuration, identified.known[place.candidate]) for place in main}
    small = _small_classes(configuration, [(strata[key], name) for key, name in classes.items()])
    default = configuration.default_class.code
    invitations: list[Invitation] = []
    for place in main:
        code = strata[place.candidate]
        name = classes[place.candidate]
        weight_class = default if (code, name) in small else name
        invitations += invitations_of(
            round, place, identified.known[place.candidate], weight_class, configuration, code, recusal
        )
    Invitation.objects.bulk_create(invitations, batch_size=_BATCH)
    record.summary = {
        **record.summary,
        "invitations": len(invitations),
        "small_classes": [
            {"stratum": code, "weight_class": name, "count": count} for (code, name), count in sorted(small.items())
        ],
    }
    record.save(update_fields=["summary"])


def invitations_of(
    round: Round,
    place: DrawnPlace,
    known: Known,
    weight_class: str,
    configuration: RoundConfiguration,
    stratum: str,
    recusal: RecusalRules,
) -> list[Invitation]:
    """One invitation for a person; for a unit as many as it hands out, nobody's by name."""
    plan = configuration.stratum(stratum)
    is_person = known.kind == PERSON
    if is_person:
        recused = recusal.recused(plan.recusal, known.employer_id)
    else:
        recused = recusal.units.get(known.pk, frozenset())
    return [
        Invitation(
            round=round,
            place=place,
            evaluator_id=known.pk if is_person else None,
            unit_id=known.unit_id,
            stratum_id=place.stratum_id,
            district=known.district,
            weight_class=weight_class,
            recused=sorted(recused),
        )
        for _number in range(1 if is_person else plan.ballots_per_unit)
    ]


def class_of(configuration: RoundConfiguration, known: Known) -> str:
    """The weight class of somebody drawn; whoever has none, or one the round does not know, has the default."""
    codes = {entry.code for entry in configuration.weight_classes}
    has_class = known.weight_class and known.weight_class in codes
    return known.weight_class if has_class else configuration.default_class.code


def _small_classes(configuration: RoundConfiguration, held: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Classes held by fewer than ``min_cell`` of those drawn from a stratum: they would single people out."""
    if not configuration.merge_small_classes:
        return {}
    default = configuration.default_class.code
    counts = Counter(pair for pair in held if pair[1] != default)
    return {pair: count for pair, count in counts.items() if count < configuration.min_cell}


def _stored_result(record: Draw) -> bytes:
    return files.read(record.result_file)


def _teller(progress: Progress, message: str) -> Callable[[int, int], None]:
    return lambda done, total: progress.report(done, total, message)
