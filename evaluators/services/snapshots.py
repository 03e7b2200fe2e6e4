"""Snapshots and draws on record, by year: writing them, voiding them, redoing them.

Rounds decide when (evaluation.services); the rules of the draw itself are in the pure package ``evaluators.draw``.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from accounts.policies import require
from evaluators.candidates import PERSON, Collected, Identified
from evaluators.draw import Candidates, DrawResult, Plan, StratumPlan, draw, load_frozen, serialise
from evaluators.draw.chances import CellChance
from evaluators.draw.selection import Progress as DrawProgress
from evaluators.models import Draw, DrawnPlace, DrawnRole, Snapshot, Stratum
from foundation import audit, files
from foundation.database import serialise as one_at_a_time
from foundation.models import StoredFile

CSV = "text/csv; charset=utf-8"
_BATCH = 2_000
_PROGRAM = Path(__file__).resolve().parents[1] / "draw"


@transaction.atomic
def record_snapshot(
    *,
    actor: User,
    year: int,
    snapshot_id: UUID,
    collected: Collected,
    plan: Plan,
    chances: Sequence[CellChance],
    chances_reason: str = "",
) -> Snapshot:
    """Keep the frozen register of a year with its plan and what is published of both before the seed is known.

    Raises PermissionDenied, and IntegrityError while another snapshot of the year stands.
    """
    require(actor, "round.configure")
    one_at_a_time(f"snapshots:{year}")
    last = Snapshot.objects.filter(year=year).aggregate(last=Max("number"))["last"] or 0
    registry = b"".join(collected.registry.canonical())
    snapshot = Snapshot(
        id=snapshot_id,
        year=year,
        number=last + 1,
        registry_file=_store(registry, "draw.registry", "registry.csv", actor, year, permission="round.view"),
        copy_file=_store(registry, "draw.registry_copy", "registry.csv", actor, year, encrypted=True),
        exclusions_file=_store(
            _exclusions_csv(collected), "draw.exclusions", "exclusions.csv", actor, year, encrypted=True
        ),
        snapshot_hash=collected.registry.snapshot_hash,
        plan=plan.as_dict(),
        plan_hash=plan.plan_hash,
        seed_source=plan.seed_source,
        chances=[_chance(row) for row in chances],
        chances_reason=chances_reason,
        exclusion_counts=collected.exclusion_counts,
        frozen_at=timezone.now(),
        frozen_by=actor,
    )
    snapshot.exclusions_hash = snapshot.exclusions_file.sha256 if snapshot.exclusions_file else ""
    snapshot.save(force_insert=True)
    audit.record(
        actor=actor,
        action="snapshot.freeze",
        subject=snapshot,
        label=f"{year}-{snapshot.number}",
        year=year,
        after={
            "snapshot_hash": snapshot.snapshot_hash,
            "plan_hash": snapshot.plan_hash,
            "exclusions_hash": snapshot.exclusions_hash,
            "seed_source": snapshot.seed_source,
            "candidates": collected.sizes,
            "excluded": snapshot.exclusion_counts,
        },
        reason=chances_reason,
    )
    return snapshot


@transaction.atomic
def void_snapshot(*, actor: User, snapshot: Snapshot, reason: str, permission: str) -> None:
    """Take a snapshot, and the draw made from it, out of force. Both stay on record with the reason."""
    require(actor, permission)
    snapshot.voided_at = timezone.now()
    snapshot.void_reason = reason
    snapshot.save(update_fields=["voided_at", "void_reason"])
    audit.record(
        actor=actor,
        action="snapshot.void",
        subject=snapshot,
        label=f"{snapshot.year}-{snapshot.number}",
        year=snapshot.year,
        before={"snapshot_hash": snapshot.snapshot_hash, "drawn": hasattr(snapshot, "draw")},
        reason=reason,
    )


@transaction.atomic
def record_draw(
    *,
    actor: User,
    snapshot: Snapshot,
    public_seed: str,
    witnesses: str,
    result: DrawResult,
    identified: Identified,
) -> tuple[Draw, dict[str, DrawnPlace]]:
    """Keep a finished draw. Returns it with its places by candidate id.

    Somebody drawn whom the registry no longer has gets no place; the result file and the summary name the id.
    Raises PermissionDenied, and IntegrityError if the snapshot was drawn from already.
    """
    require(actor, "round.draw")
    record = Draw.objects.create(
        snapshot=snapshot,
        public_seed=public_seed,
        seed=result.seed,
        witnesses=witnesses,
        summary=_summary(result, identified),
        result_file=_store(result.csv(), "draw.result", "drawn.csv", actor, snapshot.year, permission="round.view"),
        drawn_at=timezone.now(),
        drawn_by=actor,
    )
    strata = dict(Stratum.objects.values_list("code", "pk"))
    places = [
        DrawnPlace(
            draw=record,
            candidate=place.id,
            evaluator_id=known.pk if known.kind == PERSON else None,
            unit_id=known.unit_id,
            stratum_id=strata[place.stratum],
            cell=place.cell,
            role=DrawnRole(place.role),
            order=place.order,
        )
        for place in result.places
        if (known := identified.known.get(place.id)) is not None
    ]
    DrawnPlace.objects.bulk_create(places, batch_size=_BATCH)
    audit.record(
        actor=actor,
        action="draw.make",
        subject=record,
        label=f"{snapshot.year}-{snapshot.number}",
        year=snapshot.year,
        after={
            "snapshot_hash": result.snapshot_hash,
            "plan_hash": result.plan_hash,
            "public_seed": public_seed,
            "seed": result.seed,
            "result_sha256": record.result_file.sha256,
            "strata": record.summary["strata"],
        },
    )
    return record, {place.candidate: place for place in places}


def plan_of(snapshot: Snapshot) -> Plan:
    """The plan as it was frozen."""
    strata = tuple(StratumPlan(**stratum) for stratum in snapshot.plan["strata"])
    return Plan(snapshot.plan["seed_source"], strata)


def candidates_of(snapshot: Snapshot) -> Candidates:
    """The candidates out of the stored file, which must be the one that was published.

    Raises:
        BadInput: ``snapshot_changed``.
        FileGone: the file is missing or damaged.
    """
    return load_frozen(files.read(snapshot.registry_file), snapshot.snapshot_hash)


def redraw(record: Draw, progress: DrawProgress | None = None) -> DrawResult:
    """Do a draw on record once more, from its stored files alone. Raises as `candidates_of` does."""
    return draw(candidates_of(record.snapshot), plan_of(record.snapshot), record.public_seed, progress)


def folder(*, actor: User, snapshot: Snapshot, more: Mapping[str, bytes] | None = None) -> bytes:
    """A zip with what anybody needs to redo the draw: registry.csv, draw.json and, once drawn, drawn.csv; beside them
    the program itself (standard library only) and how to use it.

    ``more``: further files by name. Whoever takes it is written down. Raises PermissionDenied, FileGone.
    """
    require(actor, "round.view")
    record = getattr(snapshot, "draw", None)
    contents = {
        "registry.csv": files.fetch(snapshot.registry_file, user=actor).getvalue(),
        "draw.json": serialise(plan_of(snapshot), record.public_seed if record else None),
    }
    if record is not None:
        contents["drawn.csv"] = files.fetch(record.result_file, user=actor).getvalue()
    contents |= more or {}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
        archive.write(_PROGRAM / "README.txt", "README.txt")
        for source in sorted(_PROGRAM.glob("*.py")):
            archive.write(source, f"draw/{source.name}")
    return packed.getvalue()


def _store(
    content: bytes,
    kind: str,
    name: str,
    actor: User,
    year: int,
    *,
    permission: str = "round.draw",
    encrypted: bool = False,
) -> StoredFile:
    return files.store(
        content,
        kind=kind,
        name=name,
        content_type=CSV,
        permission=permission,
        user=actor,
        year=year,
        encrypted=encrypted,
    )


def _exclusions_csv(collected: Collected) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("code", "stratum", "reason"))
    writer.writerows(sorted([*collected.excluded, *collected.partly]))
    return text.getvalue().encode()


def _chance(row: CellChance) -> dict[str, Any]:
    return {"stratum": row.stratum, "cell": row.cell, "size": row.size, "seats": row.seats, "flag": row.flag}


def _summary(result: DrawResult, identified: Identified) -> Mapping[str, Any]:
    drawn = {place.id for place in result.places}

    def part(ids: Sequence[str]) -> dict[str, Any]:
        return {"count": len(ids), "drawn": sorted(drawn.intersection(ids))}

    return {
        "strata": {code: numbers._asdict() for code, numbers in result.summaries.items()},
        "changed_since_freezing": {
            "vanished": part(identified.vanished),
            "inactive": part(identified.inactive),
            "moved": part(identified.moved),
        },
    }
