"""Changing a draft round's rules section by section, with optimistic locking, and its dates until it closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from evaluation.definition import RoundConfiguration
from evaluation.models import Round
from evaluation.refusals import Missing, Refused, Stale
from evaluation.sections import PAGES
from evaluation.services.moves import lock
from evaluation.services.rounds import TYPED
from evaluation.states import RoundState
from foundation import audit
from foundation.models import AuditEntry

#: States in which the dates can still be moved, with a reason once frozen.
RESCHEDULABLE = (RoundState.DRAFT, RoundState.CONFIGURED, RoundState.DRAWN, RoundState.OPEN)

#: What an edit of a draft may have changed.
_EDITED = (
    "title",
    "theme",
    "opens_at",
    "closes_at",
    "grace_minutes",
    "configuration",
    "baselines_set_aside",
    "version",
)


@transaction.atomic
def configure(
    *,
    actor: User,
    round: Round,
    section: str,
    changes: Mapping[str, Any],
    version: int,
) -> Round:
    """Replace one section of a draft's configuration.

    Args:
        section: key of ``evaluation.sections.PAGES``; only its own keys may change.
        changes: top-level keys of ``RoundConfiguration.to_dict()`` with their new values.
        version: ``Round.version`` as the form was shown.

    Raises:
        PermissionDenied, Refused (frozen), Stale (somebody saved in between), ValueError (a key of another section).
    """
    foreign = set(changes) - set(PAGES[section].keys)
    if foreign:
        raise ValueError(f"section {section} does not hold {', '.join(sorted(foreign))}")
    locked = lock_for_editing(actor, round, version)
    before = RoundConfiguration.from_dict(locked.configuration).to_dict()
    after = RoundConfiguration.from_dict({**before, **changes}).to_dict()
    keep(actor, locked, section, flat(before), flat(after), configuration=after)
    round.refresh_from_db()
    return round


@transaction.atomic
def edit_basics(
    *,
    actor: User,
    round: Round,
    version: int,
    title: str,
    theme: str,
    opens_at: datetime | None,
    closes_at: datetime | None,
    grace_minutes: int,
) -> Round:
    """Change a draft's title, theme, dates and grace. Raises as `configure`, and ValidationError for bad values."""
    locked = lock_for_editing(actor, round, version)
    before = _basics(locked)
    locked.title, locked.theme = title, theme
    locked.opens_at, locked.closes_at, locked.grace_minutes = opens_at, closes_at, grace_minutes
    locked.full_clean(exclude={field.name for field in Round._meta.fields} - set(TYPED))
    _check_order(opens_at, closes_at)
    configuration = RoundConfiguration.from_dict(locked.configuration).to_dict()
    configuration["ballot"]["grace_minutes"] = grace_minutes
    keep(actor, locked, "basics", before, _basics(locked), configuration=configuration)
    round.refresh_from_db()
    return round


@transaction.atomic
def reschedule(
    *,
    actor: User,
    round: Round,
    opens_at: datetime,
    closes_at: datetime,
    reason: str,
) -> Round:
    """Move the dates of a frozen round that has not closed; once it is open only its end, and only into the future.

    Raises PermissionDenied, Refused (closed already, no reason), ValidationError (dates out of order or past).
    """
    require(actor, "round.run")
    locked = lock(round)
    if locked.state not in RESCHEDULABLE:
        raise Refused(Missing("too_late", _("The dates are settled: the round has closed.")))
    if not reason.strip():
        raise Refused(Missing("reason_missing", _("Say why.")))
    if locked.state == RoundState.OPEN and opens_at != locked.opens_at:
        raise ValidationError({"opens_at": _("The round is open already.")})
    if closes_at <= timezone.now():
        raise ValidationError({"closes_at": _("The closing time has passed already.")})
    _check_order(opens_at, closes_at)
    before = _basics(locked)
    locked.opens_at, locked.closes_at = opens_at, closes_at
    locked.version += 1
    locked.save(update_fields=["opens_at", "closes_at", "version"])
    old, new = audit.changes(before, _basics(locked))
    audit.record(
        actor=actor,
        action="round.reschedule",
        subject=locked,
        year=locked.year,
        before=old,
        after={**new, "version": locked.version},
        reason=reason.strip(),
    )
    round.refresh_from_db()
    return round


@dataclass(frozen=True)
class Edit:
    """What somebody else saved meanwhile: who, when, which page, old and new by path."""

    who: str
    at: datetime
    section: str
    changes: Sequence[tuple[str, Any, Any]]


def edits_since(round: Round, version: int) -> list[Edit]:
    """The changes that took the round past ``version``, oldest first, from the audit log."""
    entries = AuditEntry.objects.filter(
        subject_type=Round._meta.label_lower,
        subject_id=str(round.pk),
        action__in=["round.configure", "round.reschedule"],
        after__version__gt=version,
    ).order_by("id")
    edits = []
    for entry in entries:
        before, after = entry.before or {}, dict(entry.after or {})
        section = str(after.pop("section", "basics"))
        after.pop("version", None)
        paths = sorted(before.keys() | after.keys())
        rows = [(path, before.get(path), after.get(path)) for path in paths]
        edits.append(Edit(entry.actor_name, entry.at, section, rows))
    return edits


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Nested data as ``{path: value}``; rows of a list go by their code, so that moving a row changes little."""
    if isinstance(value, Mapping):
        items = [(str(key), entry) for key, entry in value.items()]
    elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        codes = [str(row.get("code", "")) for row in value]
        unique = len(set(codes)) == len(codes) and all("code" in row for row in value)
        items = [(codes[at] or "·" if unique else str(at), row) for at, row in enumerate(value)]
    else:
        return {path: value}
    found: dict[str, Any] = {}
    for key, entry in items:
        found |= flat(entry, f"{path}.{key}" if path else key)
    return found


def lock_for_editing(actor: User, round: Round, version: int) -> Round:
    """The draft, locked for an edit of the version that was shown. Raises PermissionDenied, Refused, Stale."""
    require(actor, "round.configure")
    locked = lock(round)
    if locked.state != RoundState.DRAFT:
        message = _("The configuration is frozen. To change it, the round must go back to draft.")
        raise Refused(Missing("frozen", message, "", "evaluation:round-detail", (round.year,), _("The round")))
    if locked.version != version:
        message = _("Somebody else has changed this round since you opened the form.")
        raise Stale(Missing("stale", message, _("Look at what changed, then save again.")), locked.version)
    return locked


def keep(
    actor: User,
    locked: Round,
    section: str,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    configuration: dict[str, Any] | None = None,
) -> None:
    """Save an edited round with the next version; nothing is written where nothing changed.

    `before` and `after` by path, for the log; `configuration` is the whole of it where it is what changed.
    """
    old, new = audit.changes(before, after)
    if not new and not old:
        return
    if configuration is not None:
        locked.configuration = configuration
    locked.version += 1
    locked.save(update_fields=_EDITED)
    audit.record(
        actor=actor,
        action="round.configure",
        subject=locked,
        year=locked.year,
        before=old,
        after={**new, "section": section, "version": locked.version},
    )


def _basics(round: Round) -> dict[str, Any]:
    return {
        "title": round.title,
        "theme": round.theme,
        "opens_at": _shown(round.opens_at),
        "closes_at": _shown(round.closes_at),
        "grace_minutes": round.grace_minutes,
    }


def _shown(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat(timespec="minutes") if moment else None


def _check_order(opens_at: datetime | None, closes_at: datetime | None) -> None:
    if opens_at and closes_at and opens_at >= closes_at:
        raise ValidationError({"closes_at": _("The round must open before it closes.")})
