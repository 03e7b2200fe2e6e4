"""Writing many units and people at once: what the import and the demo city go through. Call inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from evaluators.contact import ContactHasher
from evaluators.models import Evaluator, EvaluatorStatus, Unit
from foundation.database import bulk_write
from foundation.fields import EncryptedTextField


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to add; ``stratum_id`` is a primary key."""

    code: str
    name: str
    district: str = ""
    industry: str = ""
    stratum_id: int | None = None
    contact_name: str = ""
    contact_phone: str = ""


class NewEvaluator(NamedTuple):
    """A person to add, cleaned: phone eleven digits or empty, keys resolved."""

    code: str
    name: str
    stratum_id: int
    unit_id: int | None = None
    district: str = ""
    industry: str = ""
    phone: str = ""
    email: str = ""
    weight_class: str = ""
    status: str = EvaluatorStatus.ACTIVE.value
    employer_id: int | None = None
    proposed_by: str = ""


def add_units(units: Iterable[NewUnit]) -> Mapping[str, int]:
    """Add units; returns the primary key of each code."""
    phone_field = Unit._meta.get_field("contact_phone")
    assert isinstance(phone_field, EncryptedTextField)  # noqa: S101 -- for the type checker
    seal = phone_field.encrypter()
    rows = [
        (
            unit.code, unit.name, unit.district, unit.industry, unit.stratum_id, True, unit.contact_name,
            seal(unit.contact_phone),
        )
        for unit in units
    ]  # fmt: skip
    columns = (
        "code", "name", "district", "industry", "stratum_id", "is_active", "contact_name", "contact_phone",
    )  # fmt: skip
    bulk_write(Unit, columns, rows)
    added = {row[0] for row in rows}
    return {code: pk for code, pk in Unit.objects.values_list("code", "pk") if code in added}


_COLUMNS = (
    "code", "name", "stratum_id", "unit_id", "district", "industry", "phone", "email", "phone_hash", "phone_tail_hash",
    "email_hash", "weight_class", "status", "employer_id", "proposed_by", "created_at", "updated_at",
)  # fmt: skip


def add_evaluators(people: Iterable[NewEvaluator]) -> int:
    """Add people, contact data encrypted and hashed; returns how many."""
    now = str(connection.ops.adapt_datetimefield_value(timezone.now()))
    phone_field, email_field = (Evaluator._meta.get_field(name) for name in ("phone", "email"))
    assert isinstance(phone_field, EncryptedTextField)  # noqa: S101 -- for the type checker
    assert isinstance(email_field, EncryptedTextField)  # noqa: S101
    seal_phone, seal_email, hashed = phone_field.encrypter(), email_field.encrypter(), ContactHasher()
    return bulk_write(
        Evaluator,
        _COLUMNS,
        (
            (
                person.code, person.name, person.stratum_id, person.unit_id, person.district, person.industry,
                seal_phone(person.phone), seal_email(person.email),
                hashed.phone(person.phone), hashed.phone_tail(person.phone), hashed.email(person.email),
                person.weight_class, person.status, person.employer_id, person.proposed_by, now, now,
            )
            for person in people
        ),
    )  # fmt: skip
