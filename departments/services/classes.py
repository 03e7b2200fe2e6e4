"""Groups and sectors. Names may change; their codes, which configurations and grants hold, stay."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import require
from departments.models import DepartmentGroup, DepartmentYear, Sector
from foundation import audit
from foundation.errors import Conflict
from foundation.tables.cleaning import clean_code, clean_text


@transaction.atomic
def save_group(
    *, actor: User, group: DepartmentGroup | None, code: str, name: str, name_en: str = "", order: int = 0
) -> DepartmentGroup:
    """Create a group (``group`` None) or change one, whose code stays. Raises PermissionDenied, ValidationError."""
    require(actor, "departments.edit")
    row = DepartmentGroup.objects.select_for_update().get(pk=group.pk) if group else DepartmentGroup()
    values = {"name": clean_text(name), "name_en": clean_text(name_en), "order": order}
    _save(actor, "group", row, code, values)
    return row


@transaction.atomic
def save_sector(*, actor: User, sector: Sector | None, code: str, name: str, order: int = 0) -> Sector:
    """Create a sector (``sector`` None) or change one, whose code stays. Raises PermissionDenied, ValidationError."""
    require(actor, "departments.edit")
    row = Sector.objects.select_for_update().get(pk=sector.pk) if sector else Sector()
    _save(actor, "sector", row, code, {"name": clean_text(name), "order": order})
    return row


def _save(actor: User, kind: str, row: DepartmentGroup | Sector, code: str, values: dict[str, Any]) -> None:
    is_new = row.pk is None
    before = {} if is_new else {key: getattr(row, key) for key in values}
    if is_new:
        row.code = clean_code(code)
    for key, value in values.items():
        setattr(row, key, value)
    row.full_clean()
    if isinstance(row, DepartmentGroup):
        _refuse_ambiguous(row)
    row.save()
    old, new = audit.changes(before, values)
    if new:
        action = f"{kind}.create" if is_new else f"{kind}.change"
        audit.record(actor=actor, action=action, subject=row, label=row.name, before=old or None, after=new)


def _refuse_ambiguous(row: DepartmentGroup) -> None:
    """A list gives a group by its name, code or English name: none may mean two groups. Raises ValidationError."""
    words = {word.casefold() for word in (row.name, row.code, row.name_en) if word}
    for other in DepartmentGroup.objects.exclude(pk=row.pk):
        if words & {word.casefold() for word in (other.name, other.code, other.name_en) if word}:
            raise ValidationError(
                {"name": _("The group %(name)s goes by the same name or code.") % {"name": other.name}}
            )


@transaction.atomic
def delete_group(*, actor: User, group: DepartmentGroup) -> None:
    """Delete a group that no department was ever in. Raises PermissionDenied, Conflict."""
    _delete(actor, "group", group, DepartmentYear.objects.filter(group=group).exists())


@transaction.atomic
def delete_sector(*, actor: User, sector: Sector) -> None:
    """Delete a sector that no department was ever in. Raises PermissionDenied, Conflict."""
    _delete(actor, "sector", sector, DepartmentYear.objects.filter(sector=sector).exists())


def _delete(actor: User, kind: str, row: DepartmentGroup | Sector, is_used: bool) -> None:
    require(actor, "departments.edit")
    if is_used:
        raise Conflict(
            _("Departments are or were in “%(name)s”; it cannot be deleted.") % {"name": row.name},
            remedy=_("Rename it instead, or move its departments in the years that are not frozen."),
        )
    before = {"code": row.code, "name": row.name}
    audit.record(actor=actor, action=f"{kind}.delete", subject=row, label=row.name, before=before)
    row.delete()
