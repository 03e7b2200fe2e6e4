"""Who may be drawn: the eligible part of the registry under opaque ids, and the way back from an id to a person.

Nothing here decides: which strata take part, who rests and who is recused comes from the round's configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from evaluators.draw import Registry
from evaluators.draw.commitment import commitment, derive_salt
from evaluators.draw.labels import normalise_label
from evaluators.models import DrawnPlace, Evaluator, EvaluatorStatus, Stratum, Unit
from foundation import crypto
from foundation.jobs import Progress

PERSON, UNIT = "person", "unit"
INACTIVE, RESTING, RECUSED, ELSEWHERE = "inactive", "rotation", "recusal", "stratum_not_in_round"
#: Why somebody is not in a snapshot, in the order of the page.
REASONS = (INACTIVE, RESTING, RECUSED, ELSEWHERE)
#: Why somebody in a snapshot will not judge all that the stratum judges: own group, own department, the unit's list.
PARTLY = PARTLY_GROUP, PARTLY_DEPARTMENT, PARTLY_LIST = "recusal_group", "recusal_department", "recusal_list"
_REPORT_EVERY = 2_000
_NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True)
class StratumRule:
    """What one stratum's plan says about its candidates.

    ``resting`` holds the keys of the people (or units) drawn too recently, ``recused_employers`` the keys of the
    departments whose employees cannot take part at all, ``recused_units`` those of the units that may judge nobody.
    ``partly_recused`` are the keys of departments (by unit: of units) whose people are drawn but leave something out,
    ``partly`` says by which rule.
    """

    code: str
    by_unit: bool = False
    cell_by: tuple[str, ...] = ("district", "industry")
    resting: Set[int] = _NOBODY
    recused_employers: Set[int] = _NOBODY
    recused_units: Set[int] = _NOBODY
    partly_recused: Set[int] = _NOBODY
    partly: str = PARTLY_DEPARTMENT


@dataclass(frozen=True)
class Collected:
    """The registry of a draw, and who is not in it: (registry code, stratum code, reason), sorted.

    ``partly`` are those in it who will not judge everything, in the same form.
    """

    registry: Registry
    excluded: list[tuple[str, str, str]]
    partly: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def sizes(self) -> dict[str, int]:
        """Candidates by stratum."""
        return dict(Counter(self.registry.strata))

    @property
    def exclusion_counts(self) -> dict[str, dict[str, int]]:
        """Stratum code → reason → number left out; reasons of `PARTLY` where there is anybody."""
        counts: dict[str, dict[str, int]] = {}
        for _code, stratum, reason in (*self.excluded, *self.partly):
            row = counts.setdefault(stratum, dict.fromkeys(REASONS, 0))
            row[reason] = row.get(reason, 0) + 1
        return counts


class Known(NamedTuple):
    """Somebody behind an opaque id, as the registry has it now."""

    kind: str
    pk: int
    stratum: str
    is_active: bool
    unit_id: int | None
    district: str
    weight_class: str = ""
    employer_id: int | None = None


@dataclass
class Identified:
    """The people behind the wanted ids, and the ids of a snapshot that the registry no longer bears out."""

    known: dict[str, Known] = field(default_factory=dict)
    vanished: list[str] = field(default_factory=list)
    inactive: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)


def opaque_id(snapshot_id: UUID, kind: str, pk: int) -> str:
    """The id of a candidate in one snapshot: a letter and 96 bits of HMAC, different in every snapshot."""
    return ("p" if kind == PERSON else "u") + _mark(snapshot_id, kind, pk)[:24]


def salt_of(snapshot_id: UUID, candidate: str) -> str:
    """The salt of a candidate's commitment, for that candidate alone."""
    return derive_salt(crypto.keyed_hash(b"salts", purpose="draw.snapshot"), str(snapshot_id), candidate)


def _mark(snapshot_id: UUID, kind: str, pk: int) -> str:
    return crypto.keyed_hash(f"{snapshot_id}:{kind}:{pk}", purpose="draw.candidate").hex()


def _unit_label(snapshot_id: UUID, pk: int | None) -> str:
    """The label of an evaluator unit in a snapshot: as opaque as its people."""
    return "" if pk is None else "unit-" + _mark(snapshot_id, "label", pk)[:16]


def cell_label(cell_by: Sequence[str], place: Mapping[str, str]) -> str:
    """The cell of a candidate: what ``cell_by`` names of its place, joined; "" where there is nothing."""
    parts = [normalise_label(place[key]) for key in cell_by]
    return "|".join(parts) if any(parts) else ""


def collect(snapshot_id: UUID, rules: Sequence[StratumRule], progress: Progress) -> Collected:
    """Read the registry into the rows of a snapshot.

    Args:
        snapshot_id: the snapshot to be; ids, unit labels and salts depend on it.
        rules: the strata that take part.
        progress: told how far the reading is.

    Raises:
        BadInput: a label of the registry breaks the rules of a snapshot (too long once joined).
    """
    by_code = {rule.code: rule for rule in rules}
    rows: list[tuple[str, str, str, str, str]] = []
    excluded: list[tuple[str, str, str]] = []
    partly: list[tuple[str, str, str]] = []
    total = Evaluator.objects.count() + Unit.objects.count()
    done = 0
    for source in (_people(snapshot_id, by_code), _units(snapshot_id, by_code)):
        for row, out in source:
            done += 1
            if row is not None:
                rows.append(row)
            if out is not None:
                (excluded if row is None else partly).append(out)
            if done % _REPORT_EVERY == 0:
                progress.report(done, total, _("Reading the register"))
    return Collected(Registry.from_rows(rows, strata=list(by_code)), sorted(excluded), sorted(partly))


Row = tuple[str, str, str, str, str]
Out = tuple[str, str, str]


def _people(snapshot_id: UUID, rules: Mapping[str, StratumRule]) -> Iterator[tuple[Row | None, Out | None]]:
    fields = (
        "pk", "code", "name", "phone", "stratum_id", "status", "district", "industry", "unit_id", "unit__district",
        "unit__industry", "employer_id",
    )  # fmt: skip
    strata = dict(Stratum.objects.values_list("pk", "code"))
    for values in Evaluator.objects.order_by().values_list(*fields).iterator(chunk_size=5_000):
        (
            pk,
            code,
            name,
            phone,
            stratum_id,
            status,
            district,
            industry,
            unit_id,
            unit_district,
            unit_industry,
            employer,
        ) = values
        stratum = strata[stratum_id]
        rule = rules.get(stratum)
        reason = ""
        if rule is not None and rule.by_unit:
            yield None, None  # the unit is the candidate, not its people
            continue
        if status != EvaluatorStatus.ACTIVE:
            reason = INACTIVE
        elif rule is None:
            reason = ELSEWHERE
        elif pk in rule.resting:
            reason = RESTING
        elif employer in rule.recused_employers:
            reason = RECUSED
        if reason or rule is None:
            yield None, (code, stratum, reason)
            continue
        candidate = opaque_id(snapshot_id, PERSON, pk)
        place = {"district": district or unit_district or "", "industry": industry or unit_industry or ""}
        promise = commitment(salt_of(snapshot_id, candidate), name, phone)
        row = (candidate, stratum, cell_label(rule.cell_by, place), _unit_label(snapshot_id, unit_id), promise)
        yield row, (code, stratum, rule.partly) if employer in rule.partly_recused else None


def _units(snapshot_id: UUID, rules: Mapping[str, StratumRule]) -> Iterator[tuple[Row | None, Out | None]]:
    fields = ("pk", "code", "name", "stratum__code", "is_active", "district", "industry")
    for pk, code, name, stratum, is_active, district, industry in Unit.objects.order_by().values_list(*fields):
        rule = rules.get(stratum)
        if rule is None or not rule.by_unit:
            yield None, None  # not drawn by unit
        elif not is_active or pk in rule.resting:
            yield None, (code, stratum, RESTING if is_active else INACTIVE)
        elif pk in rule.recused_units:
            yield None, (code, stratum, RECUSED)
        else:
            candidate = opaque_id(snapshot_id, UNIT, pk)
            promise = commitment(salt_of(snapshot_id, candidate), name, "")
            cell = cell_label(rule.cell_by, {"district": district, "industry": industry})
            yield (
                (candidate, stratum, cell, "", promise),
                (code, stratum, rule.partly) if pk in rule.partly_recused else None,
            )


def identify(
    snapshot_id: UUID, frozen: Mapping[str, Sequence[str]], wanted: Set[str], progress: Progress
) -> Identified:
    """Find who stands behind the ``wanted`` ids, and compare the whole snapshot with the registry of now.

    Args:
        snapshot_id: the snapshot the ids belong to.
        frozen: its ids by stratum code.
        wanted: the ids to resolve.
        progress: told how far the reading is.
    """
    stratum_of = {candidate: code for code, ids in frozen.items() for candidate in ids}
    total = Evaluator.objects.count() + Unit.objects.count()
    found = Identified()
    met = 0
    for done, now in enumerate(_everybody(), start=1):
        if done % _REPORT_EVERY == 0:
            progress.report(done, total, _("Finding the drawn in the register"))
        candidate = opaque_id(snapshot_id, now.kind, now.pk)
        stratum = stratum_of.get(candidate)
        if stratum is None:
            continue
        met += 1
        if not now.is_active:
            found.inactive.append(candidate)
        elif now.stratum != stratum:
            found.moved.append(candidate)
        if candidate in wanted:
            found.known[candidate] = now
    if met < len(stratum_of):
        present = {opaque_id(snapshot_id, now.kind, now.pk) for now in _everybody()}
        found.vanished = sorted(stratum_of.keys() - present)
    found.inactive.sort()
    found.moved.sort()
    return found


def holder_of(place: DrawnPlace) -> Known:
    """Whoever holds a place of a draw, as the registry has it now."""
    if place.evaluator_id is not None:
        return next(_known_people(Evaluator.objects.filter(pk=place.evaluator_id)))
    return next(_known_units(Unit.objects.filter(places=place)))


def _everybody() -> Iterator[Known]:
    yield from _known_people(Evaluator.objects.all())
    yield from _known_units(Unit.objects.exclude(stratum=None))


def _known_people(rows: QuerySet[Evaluator]) -> Iterator[Known]:
    people: Any = rows.order_by().values_list(
        "pk", "stratum__code", "status", "unit_id", "district", "unit__district", "weight_class", "employer_id"
    )
    for pk, stratum, status, unit_id, district, unit_district, weight_class, employer_id in people.iterator():
        is_active = status == EvaluatorStatus.ACTIVE
        where = district or unit_district or ""
        yield Known(PERSON, pk, stratum, is_active, unit_id, where, weight_class, employer_id)


def _known_units(rows: QuerySet[Unit]) -> Iterator[Known]:
    units: Any = rows.order_by().values_list("pk", "stratum__code", "is_active", "district")
    for pk, stratum, is_active, district in units:
        yield Known(UNIT, pk, stratum, is_active, pk, district)
