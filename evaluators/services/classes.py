"""Changing strata and units. Names may change; their codes, which plans and lists hold, stay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.models import Department
from evaluators.models import Stratum, Unit
from evaluators.services.cleaning import cleaned
from foundation import audit
from foundation.tables.cleaning import clean_code, clean_text


@transaction.atomic
def save_stratum(
    *,
    actor: User,
    stratum: Stratum | None,
    code: str,
    name: str,
    name_en: str = "",
    order: int = 0,
    is_active: bool = True,
) -> Stratum:
    """Create a stratum or change one, whose code stays. Inactive ones are not offered to new rounds.

    Raises PermissionDenied, ValidationError.
    """
    require(actor, "registry.edit")
    row = Stratum.objects.select_for_update().get(pk=stratum.pk) if stratum else Stratum(code=clean_code(code))
    values = {"name": clean_text(name), "name_en": clean_text(name_en), "order": order, "is_active": is_active}
    before = {key: getattr(row, key) for key in values} if stratum else {}
    _put(row, values)
    words = {word.casefold() for word in (row.name, row.code, row.name_en) if word}
    for other in Stratum.objects.exclude(pk=row.pk):
        # A list gives a stratum by its name, code or English name: none may mean two.
        if words & {word.casefold() for word in (other.name, other.code, other.name_en) if word}:
            raise ValidationError(
                {"name": _("The stratum %(name)s goes by the same name or code.") % {"name": other.name}}
            )
    row.save()
    _record(actor, "stratum", row, before, values)
    return row


@transaction.atomic
def save_unit(
    *,
    actor: User,
    unit: Unit | None,
    code: str,
    name: str,
    district: str = "",
    industry: str = "",
    stratum: Stratum | None = None,
    recused: Iterable[Department] = (),
    is_active: bool = True,
    contact_name: str | None = None,
    contact_phone: str | None = None,
) -> Unit:
    """Create a unit or change one, whose code stays. Inactive ones cannot be drawn; their people still can.

    ``recused`` are the departments that its ballots leave out; contact data that are None stay as they are, others need
    "registry.contact". Raises PermissionDenied, ValidationError.
    """
    require(actor, "registry.edit")
    row = Unit.objects.select_for_update().get(pk=unit.pk) if unit else Unit()
    contact = {"contact_name": contact_name, "contact_phone": contact_phone}
    contact = {key: clean_text(value) for key, value in contact.items() if value is not None}
    if contact:
        require(actor, "registry.contact")
    new_contact = any(value != (getattr(row, key) or "") for key, value in contact.items())
    texts = {"name": name, "district": district, "industry": industry}
    found = cleaned(texts if unit else {"code": code, **texts}, of_unit=True)
    before = _unit_state(row) if unit else {}
    _put(row, {**found, **contact, "stratum": stratum, "is_active": is_active})
    row.save()
    row.recused.set(recused)
    # That contact data changed, never which.
    _record(actor, "unit", row, before, _unit_state(row) | ({"contact": "…"} if new_contact else {}))
    return row


def _unit_state(row: Unit) -> dict[str, Any]:
    return {
        "name": row.name,
        "district": row.district,
        "industry": row.industry,
        "stratum": row.stratum.code if row.stratum else "",
        "recused": sorted(row.recused.values_list("code", flat=True)),
        "is_active": row.is_active,
    }


def _put(row: Stratum | Unit, values: dict[str, Any]) -> None:
    for key, value in values.items():
        setattr(row, key, value)
    row.full_clean()


def _record(actor: User, kind: str, row: Stratum | Unit, before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = audit.changes(before, after)
    if new:
        action = f"{kind}.change" if before else f"{kind}.create"
        audit.record(actor=actor, action=action, subject=row, label=row.name, before=old or None, after=new)
