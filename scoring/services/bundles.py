"""Making bundles of a run: the audit bundle with its ballots, and the public one with counts in their place.

A bundle is only handed out when it recounts to the very figures of its run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.models import Round
from evaluation.refusals import Missing, Refused
from evaluation.selectors import configuration_of
from evaluation.services.moves import lock
from foundation import audit, files
from foundation.jobs import Progress, SilentProgress
from foundation.models import StoredFile
from scoring.core.bundle import Bundle
from scoring.core.bundle_files import BundleError
from scoring.core.bundle_write import bundle_bytes, write_bundle
from scoring.core.model import ScoringError
from scoring.core.privacy import OpenCell, open_cells
from scoring.core.recount import StoredRun, differences
from scoring.core.result_json import results_text
from scoring.inputs import read_input
from scoring.models import Publication, ScoreRun
from scoring.selectors import AUDIT_KIND, PUBLIC_KIND, exclusion_rows, run_to_export, stored_run

ZIP = "application/zip"
#: Who may be given a released bundle: those who see all results, or also those who see some departments' only.
READERS = ("results.view", "results.own")


@dataclass(frozen=True)
class MadeBundle:
    """A bundle that has been recounted: its run, the cells that tell too much, the SHA-256 of its `results.json`."""

    run: ScoreRun
    bundle: Bundle
    cells: list[OpenCell]
    results_sha256: str

    @property
    def is_public(self) -> bool:
        """Whether it holds counts instead of ballots."""
        return self.bundle.ballots is None

    @property
    def name(self) -> str:
        """Its file name; plain letters, so that every computer takes it."""
        kind = "public" if self.is_public else "audit"
        return f"bundle-{self.run.round.year}-run{self.run.number}-{kind}.zip"

    def zipped(self) -> bytes:
        """The zip, never on a disk; with what the run left out by decision."""
        return bundle_bytes(self.bundle, public=self.is_public, exclusions=exclusion_rows(self.run))


def make_bundle(run: ScoreRun, *, public: bool) -> MadeBundle:
    """The bundle of a run, from what the run keeps (and, for the audit bundle, the ballots of the box).

    Raises Refused when the ballots are gone or others than those of the run, or when this version of the program does
    not come to the figures of the run.
    """
    stored = stored_run(run)
    bundle = stored.public_bundle() if public else _with_ballots(run, stored)
    try:
        found = differences(bundle, stored)
        result = bundle.score()
    except BundleError as error:
        raise Refused(Missing("not_recountable", str(error))) from error
    if found:
        message = _("A recount does not give the figures of run %(number)s (%(department)s %(figure)s).") % {
            "number": run.number,
            "department": found[0].code,
            "figure": found[0].figure,
        }
        remedy = _("The rules of this program have changed since. Use the version named in the run's proof.")
        raise Refused(Missing("not_recountable", message, remedy))
    cells = []
    if public and bundle.cells is not None:
        min_cell = configuration_of(run.round).min_cell
        cells = open_cells(bundle.definition, bundle.departments, bundle.cells, min_cell=min_cell)
    return MadeBundle(run, bundle, cells, hashlib.sha256(results_text(result).encode()).hexdigest())


def _with_ballots(run: ScoreRun, stored: StoredRun) -> Bundle:
    """The run's basis with the ballots as they are in the box now."""
    if not run.round.ballots.exists():
        message = _("The ballots of %(year)s are no longer kept, so there is no audit bundle.") % {
            "year": run.round.year
        }
        raise Refused(Missing("ballots_gone", message, _("The public bundle can still be written.")))
    try:
        bundle = stored.basis.with_ballots(read_input(run.round).ballots)
        same = bundle.fingerprint() == run.input_fingerprint
    except (ScoringError, ValueError):
        same = False
    if not same:
        message = _("The ballots are not those that run %(number)s was computed from.") % {"number": run.number}
        raise Refused(Missing("ballots_changed", message, _("Score the round again and take the bundle of that run.")))
    return bundle


def export_bundle(
    *,
    actor: User,
    round: Round,
    target: Path,
    public: bool,
    confirmed: bool = False,
) -> MadeBundle:
    """Write a round's bundle to a folder, or to a zip if `target` ends in `.zip`; whole or not at all.

    `confirmed` says that the cells of a public bundle which tell too much may go out. Raises PermissionDenied, Refused
    (no run, not confirmed: each cell is named; see `make_bundle`), BundleError (the target is in the way).
    """
    require(actor, "round.publish" if public else "bundle.audit")
    made = make_bundle(_run(round), public=public)
    _refuse_unconfirmed(made, confirmed)
    with transaction.atomic():
        _record(actor, "bundle.export", made, {"public": public})
        write_bundle(target, made.bundle, public=public, exclusions=exclusion_rows(made.run))
    return made


def _refuse_unconfirmed(made: MadeBundle, confirmed: bool) -> None:
    """Name every cell that tells too much, unless somebody has confirmed them."""
    if not made.cells or confirmed:
        return
    lead = _("Cells that enter the score and would be hidden elsewhere have to be confirmed:")
    raise Refused([Missing("unconfirmed", lead), *(Missing("open_cell", in_words(cell)) for cell in made.cells)])


def in_words(cell: OpenCell) -> str:
    """One cell that tells too much, by its codes."""
    place = f"{cell.department} {cell.item} {cell.stratum}"
    if cell.unanimous:
        return _("%(place)s: %(valid)s valid answers, all alike;") % {"place": place, "valid": cell.valid}
    return _("%(place)s: only %(valid)s valid answers;") % {"place": place, "valid": cell.valid}


def store_audit_bundle(*, actor: User, round: Round, progress: Progress | None = None) -> StoredFile:
    """Keep the audit bundle as an encrypted file; a bundle that is there already is not kept twice.

    Raises PermissionDenied, Refused (see `make_bundle`).
    """
    require(actor, "bundle.audit")
    progress = progress or SilentProgress()
    progress.report(0, 2, _("Reading and recounting the ballots"))
    made = make_bundle(_run(round), public=False)
    progress.report(1, 2, _("Writing the bundle"))
    content = made.zipped()
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        progress.confirm()
        file = StoredFile.objects.filter(kind=AUDIT_KIND, sha256=digest, erased_at=None).first() or _keep(
            actor, made, content, AUDIT_KIND, "bundle.audit", encrypted=True, audited=True
        )
        _record(actor, "bundle.audit", made, {"sha256": file.sha256})
    return file


def release_public_bundle(*, actor: User, round: Round, readers: str, confirmed: bool) -> StoredFile:
    """Give the public bundle of the published run to `readers` (one of `READERS`); the newest release counts.

    `confirmed` says that the cells which tell too much have been read and may go out. Raises PermissionDenied, Refused
    (not published, not confirmed, see `make_bundle`).
    """
    require(actor, "round.publish")
    if readers not in READERS:
        raise ValueError(f"unknown readers {readers!r}")
    made = make_bundle(published_run(round), public=True)
    _refuse_unconfirmed(made, confirmed)
    content = made.zipped()
    with transaction.atomic():
        lock(round)
        if published_run(round).pk != made.run.pk:
            raise Refused(Missing("changed_meanwhile", _("Another run has been published meanwhile. Start again.")))
        file = _keep(actor, made, content, PUBLIC_KIND, "results.view", readers=readers)
        _record(actor, "bundle.release", made, {"readers": readers, "sha256": file.sha256})
    return file


def erase_released(run: ScoreRun) -> None:
    """Take the released bundles of a run back; within the transaction of its withdrawal."""
    for file in StoredFile.objects.filter(kind=PUBLIC_KIND, erased_at=None, meta__run=str(run.pk)):
        files.erase(file)


def published_run(round: Round) -> ScoreRun:
    """The run that readers see. Raises Refused if there is none."""
    publication = Publication.objects.select_related("run__round").filter(round=round).first()
    if publication is None:
        message = _("The result of %(year)s is not published.") % {"year": round.year}
        raise Refused(Missing("not_published", message))
    return publication.run


def _run(round: Round) -> ScoreRun:
    run = run_to_export(round)
    if run is None:
        raise Refused(Missing("no_run", _("The round has not been scored, so there is nothing to recount.")))
    return run


def _keep(
    actor: User,
    made: MadeBundle,
    content: bytes,
    kind: str,
    permission: str,
    *,
    encrypted: bool = False,
    **meta: object,
) -> StoredFile:
    return files.store(
        content,
        kind=kind,
        name=made.name,
        content_type=ZIP,
        permission=permission,
        user=actor,
        year=made.run.round.year,
        encrypted=encrypted,
        meta={"run": str(made.run.pk), "results_sha256": made.results_sha256, **meta},
    )


def _record(actor: User, action: str, made: MadeBundle, after: dict[str, object]) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=made.run,
        label=f"{made.run.round.year}-{made.run.number}",
        year=made.run.round.year,
        after={"number": made.run.number, "open_cells": len(made.cells), **after},
    )
