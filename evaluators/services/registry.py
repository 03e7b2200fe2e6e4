"""Changing people one at a time; lists go through evaluators.importing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.models import Department
from evaluators.contact import email_hash, phone_hash, phone_tail_hash
from evaluators.models import CHOSEN_STATUSES, ChangeThrough, Evaluator, EvaluatorStatus, Stratum, Unit
from evaluators.selectors import covers, look_alikes
from evaluators.services import history
from evaluators.services.cleaning import cleaned
from foundation import audit
from foundation.tables.cleaning import clean_text

_CONTACT = ("phone", "email", "phone_hash", "phone_tail_hash", "email_hash")
_TEXTS = ("name", "district", "industry", "weight_class", "proposed_by")


class LooksKnown(Exception):
    """The registry has people who may be this one; ``matches`` as in ``selectors.look_alikes``."""

    def __init__(self, matches: list[tuple[Evaluator, list[str]]]) -> None:
        super().__init__(len(matches))
        self.matches = matches


@transaction.atomic
def save_evaluator(
    *,
    actor: User,
    evaluator: Evaluator | None,
    code: str,
    name: str,
    stratum: Stratum,
    unit: Unit | None = None,
    district: str = "",
    industry: str = "",
    weight_class: str = "",
    employer: Department | None = None,
    proposed_by: str = "",
    phone: str | None = None,
    email: str | None = None,
    accept_look_alikes: bool = False,
) -> Evaluator:
    """Create an active person (``evaluator`` None) or change one, whose code and status stay.

    Texts are cleaned as the import cleans them. ``phone`` and ``email``: None leaves what is stored (whoever may not
    see contact data cannot change it). The audit log hears of contact data only that it changed.

    Raises:
        PermissionDenied: without ``registry.edit``, or with contact data and without ``registry.contact``.
        ValidationError: what the import would call a problem, also somebody of this name with this number.
        LooksKnown: somebody has the same number or address, or the same name in the same unit, and
            ``accept_look_alikes`` is false.
    """
    require(actor, "registry.edit")
    if phone is not None or email is not None:
        require(actor, "registry.contact")
    row = Evaluator.objects.select_for_update().get(pk=evaluator.pk) if evaluator else Evaluator()
    _refuse_merged(row)
    before, identity = (_state(row), _identity(row)) if evaluator else ({}, None)
    followed = history.state_of(row) if evaluator else None
    texts = {
        "name": name,
        "district": district,
        "industry": industry,
        "weight_class": weight_class,
        "proposed_by": proposed_by,
    } | {key: text for key, text in (("phone", phone), ("email", email)) if text is not None}
    values = cleaned(texts if evaluator else {"code": code, **texts})
    if not evaluator:
        row.code = values["code"]
    for key in _TEXTS:
        setattr(row, key, values[key])
    row.stratum, row.unit, row.employer = stratum, unit, employer
    contact = _set_contact(row, values)
    row.full_clean(exclude=_CONTACT)
    if identity != _identity(row):
        _refuse_known(row, accept_look_alikes)
    row.save()
    if followed is not None:
        history.note(actor=actor, row=row, before=followed, through=ChangeThrough.EDIT)
    renamed = bool(before) and before["name"] != row.name
    old, new = audit.changes(_without_name(before), _without_name(_state(row)))
    if contact or renamed:
        new["personal_changed"] = ["name"] * renamed + contact
    if new:
        action = "evaluator.change" if evaluator else "evaluator.create"
        audit.record(actor=actor, action=action, subject=row, before=old or None, after=new)
    return row


def _state(row: Evaluator) -> dict[str, Any]:
    """What is said of a person: codes rather than keys, no contact data."""
    return {key: getattr(row, key) for key in (*_TEXTS, "status")} | {
        "stratum": row.stratum.code,
        "unit": row.unit.code if row.unit else "",
        "employer": row.employer.code if row.employer else "",
    }


def _without_name(state: dict[str, Any]) -> dict[str, Any]:
    """What the audit log may tell, which keeps it for ever: nobody's name."""
    return {key: value for key, value in state.items() if key != "name"}


def _refuse_merged(row: Evaluator) -> None:
    """What has been merged or anonymised stays as it is. Raises ValidationError."""
    if row.status == EvaluatorStatus.MERGED:
        raise ValidationError(_("This entry has been merged into another. Change that one, or undo the merging."))
    if row.anonymised_at is not None:
        raise ValidationError(_("This person has been anonymised; nothing can be changed any more."))


def _identity(row: Evaluator) -> tuple[Any, ...]:
    return row.name, row.unit_id, bytes(row.phone_hash), bytes(row.email_hash)


def _set_contact(row: Evaluator, values: dict[str, str]) -> list[str]:
    """Put cleaned contact data on the row; returns what changed."""
    changed = []
    if "phone" in values and values["phone"] != (row.phone or ""):
        phone = values["phone"]
        row.phone, row.phone_hash, row.phone_tail_hash = phone, phone_hash(phone), phone_tail_hash(phone)
        changed.append("phone")
    if "email" in values and values["email"] != (row.email or ""):
        row.email, row.email_hash = values["email"], email_hash(values["email"])
        changed.append("email")
    return changed


def _refuse_known(row: Evaluator, accept_look_alikes: bool) -> None:
    """The same name and number is the same person; anything less is for the person who types to judge."""
    matches = look_alikes(row)
    for other, same in matches:
        if "phone" in same and other.name == row.name:
            message = _("The register has a person of this name and mobile number already: %(code)s.")
            raise ValidationError({"phone": message % {"code": other.code}})
    if matches and not accept_look_alikes:
        raise LooksKnown(matches)


@transaction.atomic
def set_status(*, actor: User, evaluator: Evaluator, status: str, reason: str) -> Evaluator:
    """Change whether a person can be drawn, with a reason. Raises PermissionDenied, ValidationError."""
    require(actor, "registry.edit")
    if status not in dict(CHOSEN_STATUSES):
        raise ValidationError({"status": _("There is no such status.")})
    reason = clean_text(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    row = Evaluator.objects.select_for_update().get(pk=evaluator.pk)
    _refuse_merged(row)
    if row.status == status:
        raise ValidationError({"status": _("The person has this status already.")})
    followed = history.state_of(row)
    before, row.status = row.status, status
    row.save(update_fields=["status", "updated_at"])
    history.note(actor=actor, row=row, before=followed, through=ChangeThrough.EDIT, reason=reason)
    audit.record(
        actor=actor,
        action="evaluator.status",
        subject=row,
        before={"status": before},
        after={"status": status},
        reason=reason,
    )
    return row


@transaction.atomic
def record_contact_view(*, actor: User, evaluator: Evaluator) -> None:
    """Somebody looks at a person's phone number and e-mail address.

    Raises PermissionDenied unless the actor may see contact data of the person's stratum.
    """
    if not covers(actor, "registry.contact", evaluator):
        raise PermissionDenied("registry.contact")
    audit.record(actor=actor, action="evaluator.contact_seen", subject=evaluator)
