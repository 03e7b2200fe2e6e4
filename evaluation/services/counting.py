"""Opening the box: every envelope is opened in memory first, then everything is written in one transaction, or nothing.

That transaction also empties every outer envelope of the round, used or not, so that all its invitations carry the same
transaction id; afterwards the key file is deleted and the tables are rewritten (VACUUM). Killed at any point, it can be
started again: before the commit nothing has happened, after it only the clearing up is left.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from accounts.policies import require
from evaluation import receipts
from evaluation.admission import rules_of
from evaluation.definition import BallotDefinition
from evaluation.envelopes import EnvelopeError, InnerEnvelope, Opener
from evaluation.models import Ballot, Invitation, KeyMode, Opinion, Receipt, ReturnedBy, Round, UnopenedEnvelope
from evaluation.refusals import Missing, Refused
from evaluation.services import guards
from evaluation.services.keys import destroy_key, has_key_file, private_key
from evaluation.services.moves import lock, move, refuse_unless_at
from evaluation.services.opened import OpenedRow, OpinionRow, UnopenedRow, Written, write_opened
from evaluation.states import VERBS
from evaluators.models import Stratum
from foundation import audit
from foundation.database import StillRead, vacuum
from foundation.formats import moment
from foundation.jobs import Progress, SilentProgress

REPORT_FORMAT = 1
_CHUNK = 1_000


@guards.guard("count")
def closing_time_passed(round: Round) -> Iterator[Missing]:
    """Nobody can still be filling in a form that was opened in time."""
    last = round.last_accepted_at
    if last is not None and timezone.now() < last:
        message = _("The box can be opened from %(time)s on, when closing time and grace are over.") % {
            "time": moment(last)
        }
        yield Missing("too_early", message)


@guards.guard("count")
def key_at_hand(round: Round) -> Iterator[Missing]:
    """The private key is where it belongs; for key holders' sheets the opening itself asks."""
    if round.key_mode == KeyMode.FILE and not has_key_file(round):
        message = _("The key file of the round of %(year)s is not on this machine.") % {"year": round.year}
        yield Missing("key_missing", message, _("Put it back where it was and start again."))


@guards.result("count")
def box_opened(round: Round) -> Iterator[Missing]:
    """Nothing sealed, and nothing that could be matched with a ballot, is left on an invitation."""
    if round.counting_report is None or _sealed(round).exists():
        yield Missing("not_opened", _("The box has not been opened."))


@dataclass
class _Box:
    """What the envelopes held, with a digest of each to see whether the set changes before it is written."""

    ballots: list[OpenedRow] = field(default_factory=list, repr=False)
    opinions: list[OpinionRow] = field(default_factory=list, repr=False)
    receipts: set[bytes] = field(default_factory=set, repr=False)
    unopened: list[UnopenedRow] = field(default_factory=list, repr=False)
    reasons: Counter[str] = field(default_factory=Counter)
    digests: dict[int, bytes] = field(default_factory=dict, repr=False)


def is_cleared(round: Round) -> bool:
    """True once the key file is gone and the tables were rewritten after the opening."""
    return bool(round.counting_report and round.counting_report.get("cleared_at"))


@sensitive_variables()
def count_round(
    *,
    actor: User,
    round: Round,
    progress: Progress | None = None,
    private: bytes | None = None,
) -> dict[str, Any]:
    """Open the box of a closed round (closed → counted); returns the counting report, which stays on the round.

    Args:
        private: the private key (32 bytes) put together from key holders' sheets; else the key file is read.

    A round that was counted by a run that died before clearing up is cleared up. Raises PermissionDenied, Refused (not
    closed, too early, key missing, envelopes changed meanwhile, numbers that do not agree).
    """
    require(actor, VERBS["count"].permission)
    progress = progress or SilentProgress()
    round.refresh_from_db()
    if round.counted_at is not None and not is_cleared(round):
        clear_up(round)
        return dict(round.counting_report or {})
    refuse_unless_at(round, VERBS["count"])
    problems = guards.missing(round, "count")
    if problems:
        raise Refused(problems)
    started = time.monotonic()
    opener = Opener(private if private is not None else _key_of(round))
    box = _open_all(round, opener, progress)
    report = _write(actor, round, box, progress, started)
    round.refresh_from_db()
    return report


def clear_up(round: Round) -> None:
    """After the commit: delete the key file, rewrite the tables, and note that it is done. Safe to run twice."""
    if round.key_mode == KeyMode.FILE:
        destroy_key(round)
    try:
        vacuum(Invitation, Ballot, Opinion, Receipt, UnopenedEnvelope)
    except StillRead as error:
        message = _(
            "The box is open and every ballot is stored. What the envelopes held can only be wiped when nobody reads "
            "the database as it was before: a backup or another long job is running. Clear up again when it has ended."
        )
        raise Refused(Missing("tables_read", message)) from error
    round.refresh_from_db(fields=["counting_report"])
    round.counting_report = {**(round.counting_report or {}), "cleared_at": timezone.now().isoformat()}
    round.save(update_fields=["counting_report"])


def record_counted(*, round: Round, written: Written, at: datetime, seconds: float = 0.0) -> dict[str, Any]:
    """Put the counting report, the root and the time on the round; returns the report. Changes no state.

    Raises Refused unless returned = opened + unopenable in every stratum. Call inside the transaction of the writing.
    """
    returned = _returned(round, ReturnedBy.ONLINE)
    codes = dict(Stratum.objects.values_list("pk", "code"))
    found = Counter(written.opened) + Counter(written.unopenable)
    for stratum in sorted({*returned, *found}, key=lambda pk: codes[pk]):
        if returned.get(stratum, 0) != found.get(stratum, 0):
            message = _(
                "Stratum %(stratum)s: %(returned)s ballots returned, but %(found)s envelopes. Nothing was written."
            ) % {
                "stratum": codes[stratum],
                "returned": returned.get(stratum, 0),
                "found": found.get(stratum, 0),
            }
            raise Refused(Missing("numbers_differ", message))
    report = {
        "format": REPORT_FORMAT,
        "strata": [
            {
                "stratum": codes[pk],
                "returned": returned[pk],
                "opened": written.opened.get(pk, 0),
                "unopenable": written.unopenable.get(pk, 0),
            }
            for pk in sorted(returned, key=lambda pk: codes[pk])
        ],
        "returned": sum(returned.values()),
        "opened": sum(written.opened.values()),
        "unopenable": sum(written.unopenable.values()),
        "opinions": written.opinions,
        "receipts": written.receipts,
        "root": written.root,
        "key_mode": round.key_mode,
        "seconds": f"{seconds:.1f}",
    }
    round.counted_at, round.receipts_root, round.counting_report = at, written.root, report
    round.save(update_fields=["counted_at", "receipts_root", "counting_report"])
    return report


def _key_of(round: Round) -> bytes:
    if round.key_mode == KeyMode.SHARES:
        raise Refused(Missing("shares_needed", _("The key holders have to put in their sheets.")))
    return private_key(round)


@sensitive_variables()
def _open_all(round: Round, opener: Opener, progress: Progress) -> _Box:
    """Open every envelope in memory, in chunks; nothing is written and no transaction stays open."""
    definition = rules_of(round).definition
    envelopes = round.invitations.filter(envelope__isnull=False)
    total = envelopes.count()
    box = _Box()
    last = 0
    while True:
        chunk = list(
            envelopes.filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", "stratum_id", "stratum__code", "weight_class", "recused", "envelope")[:_CHUNK]
        )
        if not chunk:
            return box
        for pk, stratum_id, stratum, weight_class, recused, envelope in chunk:
            sealed = bytes(envelope or b"")
            box.digests[pk] = hashlib.sha256(sealed).digest()
            try:
                inner = opener.open(sealed)
                _check(inner, definition, round.year, stratum, weight_class, frozenset(recused))
                if inner.receipt in box.receipts:
                    raise EnvelopeError("receipt_twice")
            except EnvelopeError as error:
                box.unopened.append((stratum_id, sealed))
                box.reasons[error.args[0] if error.args[0] in _REASONS else "damaged"] += 1
                continue
            box.receipts.add(inner.receipt)
            box.ballots.append((stratum_id, weight_class, inner.answers))
            box.opinions.extend(inner.opinions.items())
        last = chunk[-1][0]
        progress.report(len(box.digests), total, _("Opening envelopes"))


#: Why an envelope is not counted: altered or for another key, not this invitation's, or a copy of another one.
_REASONS = ("damaged", "foreign", "receipt_twice")


def _check(
    inner: InnerEnvelope,
    definition: BallotDefinition,
    year: int,
    stratum: str,
    weight_class: str,
    recused: frozenset[str],
) -> None:
    """Raise EnvelopeError unless the ballot is one that this invitation could have sent."""
    if (inner.year, inner.stratum, inner.weight_class) != (year, stratum, weight_class):
        raise EnvelopeError("foreign")
    try:
        allowed = definition.cleaned(inner.answers, stratum, recused) == inner.answers
    except ValueError:
        raise EnvelopeError("foreign") from None
    judged = {entry.code for entry in definition.departments_for(stratum, recused)}
    if not allowed or not judged.issuperset(inner.opinions):
        raise EnvelopeError("foreign")


@sensitive_variables()
def _write(actor: User, round: Round, box: _Box, progress: Progress, started: float) -> dict[str, Any]:
    """The one transaction: lock, see that nothing changed, write, empty every envelope, move on."""
    with transaction.atomic():
        locked = lock(round)
        refuse_unless_at(locked, VERBS["count"])
        _refuse_if_changed(locked, box)
        written = write_opened(
            round=locked,
            ballots=box.ballots,
            opinions=box.opinions,
            receipts=[receipts.hash_of(receipts.text_of(receipt)) for receipt in box.receipts],
            unopened=box.unopened,
        )
        report = record_counted(round=locked, written=written, at=timezone.now(), seconds=time.monotonic() - started)
        if box.reasons:
            report["reasons"] = dict(sorted(box.reasons.items()))
            locked.save(update_fields=["counting_report"])
        # All of them, used or not: a row left out would be a row that says something.
        Invitation.objects.filter(round=locked).update(envelope=None, draft=None, token_hash=None)
        audit.record(
            actor=actor,
            action="box.open",
            subject=locked,
            year=locked.year,
            after={key: report[key] for key in ("returned", "opened", "unopenable", "opinions", "root")},
        )
        move(round=locked, verb="count", actor=actor)
        progress.confirm()
        transaction.on_commit(lambda: clear_up(locked))
    return report


def _refuse_if_changed(round: Round, box: _Box) -> None:
    """Lock all invitations and compare the envelopes on them with those that were opened."""
    present = 0
    rows = Invitation.objects.filter(round=round).order_by("pk").select_for_update().values_list("pk", "envelope")
    for pk, envelope in rows.iterator(chunk_size=_CHUNK):
        if envelope is None:
            continue
        present += 1
        if box.digests.get(pk) != hashlib.sha256(bytes(envelope)).digest():
            break
    else:
        if present == len(box.digests):
            return
    message = _("The envelopes changed while they were being opened. Nothing was written; start again.")
    raise Refused(Missing("envelopes_changed", message))


def _returned(round: Round, way: ReturnedBy) -> dict[int, int]:
    """How many ballots of each stratum (by id) came back in this way."""
    return dict(
        round.invitations.filter(returned_on__isnull=False, returned_by=way)
        .order_by()
        .values_list("stratum_id")
        .annotate(count=Count("pk"))
    )


def _sealed(round: Round) -> Any:
    unsealed = {"envelope": None, "draft": None, "token_hash": None}
    return round.invitations.exclude(**unsealed)
