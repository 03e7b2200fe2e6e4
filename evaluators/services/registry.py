"""Changing people, units and strata one at a time; lists go through evaluators.importing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.models import Department
from evaluators.contact import email_hash, phone_hash, phone_tail_hash
from evaluators.models import Evaluator, EvaluatorStatus, Stratum, Unit
from foundation import audit
from foundation.tables.cleaning import clean_code, clean_phone, is_email, is_phone

#: Shown in the audit log; contact data only as "changed".
_SHOWN = (
    "name",
    "stratum_id",
    "unit_id",
    "district",
    "industry",
    "weight_class",
    "status",
    "employer_id",
    "proposed_by",
)


@transaction.atomic
def save_evaluator(
    *,
    actor: User,
    evaluator: Evaluator | None,
    code: str,
    name: str,
    stratum: Stratum,
    unit: Unit | None,
    district: str,
    industry: str,
    weight_class: str,
    status: str,
    employer: Department | None,
    proposed_by: str,
    phone: str | None = None,
    email: str | None = None,
) -> Evaluator:
    """Create a person or change one (the code stays).

    ``phone`` and ``email``: None leaves what is stored (whoever may not see contact data cannot change it).
    Raises PermissionDenied, ValidationError (also where somebody of this name has this number already).
    """
    require(actor, "registry.edit")
    if phone is not None or email is not None:
        require(actor, "registry.contact")
    row = Evaluator.objects.select_for_update().get(pk=evaluator.pk) if evaluator else Evaluator(code=clean_code(code))
    before = _facts(row) if evaluator else {}
    row.name, row.stratum, row.unit, row.district, row.industry = name, stratum, unit, district, industry
    row.weight_class, row.status, row.employer, row.proposed_by = weight_class, status, employer, proposed_by
    contact = _set_contact(row, phone, email)
    row.full_clean(exclude=["phone", "email", "phone_hash", "phone_tail_hash", "email_hash"])
    row.save()
    old, new = audit.changes(before, _facts(row))
    if contact:
        new["contact_changed"] = contact
    if new:
        action = "evaluator.change" if evaluator else "evaluator.create"
        audit.record(actor=actor, action=action, subject=row, before=old or None, after=new)
    return row


def _facts(row: Evaluator) -> dict[str, Any]:
    return {key: getattr(row, key) for key in _SHOWN}


def _set_contact(row: Evaluator, phone: str | None, email: str | None) -> list[str]:
    """Put normalised contact data on the row; returns what changed."""
    changed = []
    if phone is not None:
        phone = clean_phone(phone)
        if phone and not is_phone(phone):
            raise ValidationError({"phone": _("This is no mobile number: it has eleven digits, first 1, then 3 to 9.")})
        if phone != row.phone:
            other = Evaluator.objects.filter(phone_hash=phone_hash(phone), name=row.name).exclude(pk=row.pk).first()
            if phone and other is not None:
                raise ValidationError(
                    {
                        "phone": _("The register has a person of this name and mobile number already: %(code)s.")
                        % {"code": other.code}
                    }
                )
            row.phone, row.phone_hash, row.phone_tail_hash = phone, phone_hash(phone), phone_tail_hash(phone)
            changed.append("phone")
    if email is not None:
        email = email.strip()
        if email and not is_email(email):
            raise ValidationError({"email": _("This is no e-mail address.")})
        if email != row.email:
            row.email, row.email_hash = email, email_hash(email)
            changed.append("email")
    return changed


@transaction.atomic
def set_status(*, actor: User, evaluator: Evaluator, status: str, reason: str) -> Evaluator:
    """Change whether a person can be drawn, with a reason. Raises PermissionDenied, ValidationError."""
    require(actor, "registry.edit")
    if status not in EvaluatorStatus.values:
        raise ValidationError({"status": _("There is no such status.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    row = Evaluator.objects.select_for_update().get(pk=evaluator.pk)
    before, row.status = row.status, status
    row.save(update_fields=["status", "updated_at"])
    audit.record(
        actor=actor,
        action="evaluator.status",
        subject=row,
        before={"status": before},
        after={"status": status},
        reason=reason.strip(),
    )
    return row


@transaction.atomic
def record_contact_view(*, actor: User, evaluator: Evaluator) -> None:
    """Somebody looked at a person's phone number and e-mail address. Raises PermissionDenied."""
    require(actor, "registry.contact")
    audit.record(actor=actor, action="evaluator.contact_seen", subject=evaluator)


@transaction.atomic
def save_stratum(
    *, actor: User, stratum: Stratum | None, code: str, name: str, name_en: str, order: int, is_active: bool
) -> Stratum:
    """Create a stratum or change one (the code stays). Raises PermissionDenied, ValidationError."""
    require(actor, "registry.edit")
    row = Stratum.objects.select_for_update().get(pk=stratum.pk) if stratum else Stratum(code=code)
    keys = ("name", "name_en", "order", "is_active")
    before = {key: getattr(row, key) for key in keys} if stratum else {}
    row.name, row.name_en, row.order, row.is_active = name, name_en, order, is_active
    row.full_clean()
    row.save()
    old, new = audit.changes(before, {key: getattr(row, key) for key in keys})
    if new:
        action = "stratum.change" if stratum else "stratum.create"
        audit.record(actor=actor, action=action, subject=row, before=old or None, after=new)
    return row
