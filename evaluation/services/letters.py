"""Producing a released batch: new codes, the PDFs that hold them, and their hashes in one transaction at the end."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from accounts.policies import require
from evaluation import letter_pages
from evaluation.ballot_code import BallotCode
from evaluation.letter_pages import Coded
from evaluation.models import Invitation, LetterFile, LetterKind, LetterRun, RevokedCode, Round
from evaluation.refusals import Missing, Refused
from evaluation.services.codes import ISSUABLE
from evaluation.services.moves import lock
from evaluation.services.packets import PERMISSION, due, part_of
from foundation import audit, documents, files
from foundation.database import set_by_id
from foundation.jobs import Progress, SilentProgress

LETTER_KIND = "evaluation.letters"
_shuffle = secrets.SystemRandom().shuffle


@dataclass(frozen=True)
class _Sheaf:
    """One file: the letters of a stratum and district, whole packets together."""

    label: str
    coded: list[Coded]


@sensitive_variables()
def produce(*, actor: User, run: LetterRun, base_url: str = "", progress: Progress | None = None) -> LetterRun:
    """Make the codes of a released batch and the encrypted PDFs with them. Done already, it changes nothing.

    The pages are set before anything is written, so that voting never waits for them; then hashes and files go in
    together, or nothing does. Raises PermissionDenied, Refused (not released, nothing due, changed meanwhile, wrong
    state), foundation.documents.FontsMissing.
    """
    require(actor, PERMISSION)
    progress = progress or SilentProgress()
    run = LetterRun.objects.select_related("round", "stratum", "unit", "asked_by", "released_by").get(pk=run.pk)
    if run.produced_at:
        return run
    if not run.released_at:
        raise Refused(Missing("not_released", _("Nobody has released this batch yet.")))
    documents.require_fonts()
    rows = _rows(run)
    if not rows:
        raise Refused(Missing("nothing_due", _("Nobody here waits for a code. Nothing would be printed.")))
    coded = [Coded(row, BallotCode.new()) for row in rows]
    made, missing, done, at = [], set[str](), 0, timezone.now()
    with translation.override(settings.LANGUAGE_CODE):
        for sheaf in _sheaves(run, coded):
            document = _set(run, sheaf, base_url, at)
            made.append((sheaf, document.content))
            missing.update(document.missing)
            done += len(sheaf.coded)
            progress.report(done, len(coded), _("Setting letters"))
        return _write(actor, run, coded, made, sorted(missing), progress)


def _rows(run: LetterRun) -> list[Invitation]:
    rows = due(run.round, run.kind, part_of(run), again=run.is_again).select_related("stratum", "unit", "evaluator")
    rows = rows.defer("envelope", "draft", "unit__contact_phone", "evaluator__phone", "evaluator__email")
    return list(rows.order_by("stratum__order", "stratum__code", "district", "unit__code", "evaluator__code", "pk"))


def _sheaves(run: LetterRun, coded: Sequence[Coded]) -> Iterator[_Sheaf]:
    """By stratum and district, at most some ``documents.BATCH`` codes each; a packet is never torn apart.

    The slips of a packet come in an order of their own chance, kept nowhere: neither the n-th line of the list of
    signatures nor the n-th slip leads to an invitation.
    """

    def place(one: Coded) -> tuple[str, str]:
        return str(one.invitation.stratum), one.invitation.district

    for (stratum, district), members in groupby(coded, key=place):
        label = " · ".join(word for word in (stratum, district) if word)
        sheaf: list[Coded] = []
        for _unit, group in groupby(members, key=lambda one: one.invitation.unit_id):
            packet = list(group)
            if run.kind == LetterKind.PACKETS:
                _shuffle(packet)
                if sheaf and len(sheaf) + len(packet) > documents.BATCH:
                    yield _Sheaf(label, sheaf)
                    sheaf = []
                sheaf += packet
                continue
            for one in packet:
                sheaf.append(one)
                if len(sheaf) >= documents.BATCH:
                    yield _Sheaf(label, sheaf)
                    sheaf = []
        if sheaf:
            yield _Sheaf(label, sheaf)


@sensitive_variables()
def _set(run: LetterRun, sheaf: _Sheaf, base_url: str, at: datetime) -> documents.Document:
    if run.kind == LetterKind.PACKETS:
        data = letter_pages.packets(run.round, sheaf.coded, base_url)
        return documents.make_pdf("packets", data, title=_("Packets of ballot codes %s") % run.round.year, at=at)
    data = letter_pages.letters(run.round, sheaf.coded, base_url)
    return documents.make_pdf("letters", data, title=_("Letters with ballot codes %s") % run.round.year, at=at)


@sensitive_variables()
@transaction.atomic
def _write(
    actor: User,
    run: LetterRun,
    coded: list[Coded],
    made: list[tuple[_Sheaf, bytes]],
    missing: list[str],
    progress: Progress,
) -> LetterRun:
    """Hashes, files and the record of the batch; refused if an invitation has changed since its letter was set."""
    locked = lock(run.round)
    if locked.state not in ISSUABLE:
        raise Refused(Missing("wrong_state", _("Codes can only be made after the draw and until the round closes.")))
    row = LetterRun.objects.select_for_update().get(pk=run.pk)
    read = {one.invitation.pk: _hash_of(one.invitation) for one in coded}
    present = {each.pk: _hash_of(each) for each in _rows(run)}
    if row.produced_at or present != read:
        message = _("Ballots came in, or codes were changed, while the letters were being set. Nothing was written.")
        raise Refused(Missing("changed", message, _("Start it once more.")))
    _end_old(locked, [value for value in read.values() if value])
    today = connection.ops.adapt_datefield_value(timezone.localdate())
    columns = [
        "code_hash", "issued_on", "opened_on", "opened_before", "revoked_on", "spoiled_on", "draft",
    ]  # fmt: skip
    rows = [
        (
            one.invitation.pk, one.code.hash, today, None,
            one.invitation.opened_before or one.invitation.opened_on is not None, None, None, None,
        )
        for one in coded
    ]  # fmt: skip
    if set_by_id(Invitation, columns, rows, condition="returned_on IS NULL") != len(rows):
        raise RuntimeError("an invitation was used although its round is locked")
    for number, (sheaf, content) in enumerate(made, start=1):
        _keep(actor, row, sheaf, content, number)
    row.produced_at, row.codes, row.missing = timezone.now(), len(coded), missing
    row.units = len({one.invitation.unit_id for one in coded}) if row.kind == LetterKind.PACKETS else 0
    row.save(update_fields=["produced_at", "codes", "units", "missing"])
    audit.record(
        actor=actor,
        action="letters.produce",
        subject=row,
        label=f"{locked.year} / {row.kind} / {row.pk}",
        year=locked.year,
        after={"count": row.codes, "units": row.units, "files": len(made)},
        reason=row.reason,
    )
    progress.confirm()
    return row


def _hash_of(invitation: Invitation) -> bytes:
    return bytes(invitation.code_hash or b"")


def _end_old(round: Round, hashes: list[bytes]) -> None:
    """The pages of the old codes say that there are new ones."""
    today = timezone.localdate()
    RevokedCode.objects.bulk_create(
        (RevokedCode(hash=value, round=round, revoked_on=today) for value in hashes),
        batch_size=500,
        ignore_conflicts=True,
    )


def _keep(actor: User, run: LetterRun, sheaf: _Sheaf, content: bytes, number: int) -> None:
    name = _("%(kind)s %(year)s-%(run)s part %(number)s (%(count)s).pdf") % {
        "kind": run.get_kind_display(),
        "year": run.round.year,
        "run": run.pk,
        "number": number,
        "count": len(sheaf.coded),
    }
    file = files.store(
        content,
        kind=LETTER_KIND,
        name=name,
        content_type=documents.PDF,
        permission=PERMISSION,
        user=actor,
        year=run.round.year,
        encrypted=True,
        meta={"count": len(sheaf.coded), "audited": True},
    )
    LetterFile.objects.create(run=run, file=file, label=sheaf.label, codes=len(sheaf.coded))
