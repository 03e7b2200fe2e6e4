"""Departments themselves: created, renamed, deactivated; never deleted."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.freezes import frozen_reason, hold
from departments.models import Department, DepartmentYear
from departments.years import default_year
from foundation import audit
from foundation.errors import Conflict
from foundation.tables.cleaning import clean_code, clean_text

_SHOWN = ("code", "full_name", "short_name")


def _state(row: Department) -> dict[str, Any]:
    return {key: getattr(row, key) for key in _SHOWN}


def _set_names(row: Department, full_name: str, short_name: str) -> None:
    """Names as the import cleans them. Raises ValidationError."""
    row.full_name, row.short_name = clean_text(full_name), clean_text(short_name)
    row.full_clean()
    other = Department.objects.filter(full_name=row.full_name, is_active=True).exclude(pk=row.pk).first()
    if row.is_active and other is not None:
        raise ValidationError(
            {"full_name": _("There is an active department of this name already: %(code)s.") % {"code": other.code}}
        )


@transaction.atomic
def create_department(*, actor: User, code: str, full_name: str, short_name: str = "") -> Department:
    """Create an active department without a group. Raises PermissionDenied, ValidationError."""
    require(actor, "departments.edit")
    row = Department(code=clean_code(code))
    _set_names(row, full_name, short_name)
    row.save()
    audit.record(actor=actor, action="department.create", subject=row, label=row.full_name, after=_state(row))
    return row


@transaction.atomic
def update_department(*, actor: User, department: Department, full_name: str, short_name: str = "") -> Department:
    """Change the names of a department; its code stays. Raises PermissionDenied, ValidationError."""
    require(actor, "departments.edit")
    row = Department.objects.select_for_update().get(pk=department.pk)
    before = _state(row)
    _set_names(row, full_name, short_name)
    old, new = audit.changes(before, _state(row))
    if new:
        row.save()
        audit.record(actor=actor, action="department.change", subject=row, label=row.full_name, before=old, after=new)
    return row


def years_given_up(department: Department) -> tuple[list[int], list[int]]:
    """What deactivating means for the present and later years: those it leaves, and those that are frozen and stay."""
    years = DepartmentYear.objects.filter(department=department, year__gte=default_year()).order_by("year")
    all_years = list(years.values_list("year", flat=True))
    frozen = [year for year in all_years if frozen_reason(year)]
    return [year for year in all_years if year not in frozen], frozen


@transaction.atomic
def deactivate_department(*, actor: User, department: Department, reason: str) -> Department:
    """Take a department out of the present year, where it is not frozen, and of all later ones.

    Raises PermissionDenied, ValidationError (no reason), Conflict (inactive already).
    """
    require(actor, "departments.edit")
    reason = clean_text(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why.")})
    for year in years_given_up(department)[0]:
        hold(year)  # before the row, in the order of set_year, so that the two cannot wait for each other
    row = Department.objects.select_for_update().get(pk=department.pk)
    if not row.is_active:
        raise Conflict(_("This department is inactive already."))
    leaving = years_given_up(row)[0]  # again: a round may have been frozen while this waited
    DepartmentYear.objects.filter(department=row, year__in=leaving).delete()
    row.is_active = False
    row.save(update_fields=["is_active"])
    audit.record(
        actor=actor,
        action="department.deactivate",
        subject=row,
        label=row.full_name,
        before={"is_active": True},
        after={"is_active": False, "years_left": leaving},
        reason=reason,
    )
    return row


@transaction.atomic
def reactivate_department(*, actor: User, department: Department) -> Department:
    """Let a department take part again, once it is given a group. Raises PermissionDenied, Conflict."""
    require(actor, "departments.edit")
    row = Department.objects.select_for_update().get(pk=department.pk)
    if row.is_active:
        raise Conflict(_("This department is active already."))
    row.is_active = True
    row.save(update_fields=["is_active"])
    audit.record(
        actor=actor,
        action="department.activate",
        subject=row,
        label=row.full_name,
        before={"is_active": False},
        after={"is_active": True},
    )
    return row
