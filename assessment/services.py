"""Every change of an assessment."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.policies import may, require
from assessment.closing import refuse_if_closed
from assessment.marks import LIMITS, NUMBERS, PLACES, WORDS, Marks, words_in
from assessment.models import Assessment
from assessment.selectors import allows, marks_of
from departments.models import Department, DepartmentYear
from foundation import audit


@transaction.atomic
def set_assessment(
    *,
    actor: User,
    department: Department,
    year: int,
    score: Decimal | None,
    bonus: Decimal = Decimal(0),
    deduction: Decimal = Decimal(0),
    veto: str = "",
    problem: str = "",
) -> Assessment:
    """Give a department its score (0–100, None: not yet), bonus, deduction (points, ≥ 0), veto and problem of a year.

    What stands already is not written again; blank marks of a department without a row leave it without one (the
    returned object is then unsaved). Raises PermissionDenied, Refused (the year is published or archived),
    ValidationError (not taking part, out of range, more than four decimals, over-long words).
    """
    place = (
        DepartmentYear.objects.select_related("department", "sector").filter(department=department, year=year).first()
    )
    if not (allows(actor, "assessment.edit", place) if place else may(actor, "assessment.edit")):
        raise PermissionDenied("assessment.edit")
    refuse_if_closed(year, actor)
    if place is None or department.pk not in _locked(year, {department.pk}):
        raise ValidationError(_("%(name)s does not take part in %(year)s.") % {"name": department, "year": year})
    values = {"score": score, "bonus": bonus, "deduction": deduction, "veto": veto, "problem": problem}
    return _store(actor, department, year, _checked(values))[0]


@transaction.atomic
def set_assessments(*, actor: User, year: int, marks: Mapping[int, Marks]) -> int:
    """Give many departments (by id) their marks of a year; returns how many changed.

    Raises PermissionDenied, Refused, ValidationError (one of them does not take part).
    """
    require(actor, "assessment.edit")
    refuse_if_closed(year, actor)
    departments = _locked(year, set(marks))
    if missing := marks.keys() - departments.keys():
        raise ValidationError(
            _("%(count)s departments do not take part in %(year)s.") % {"count": len(missing), "year": year}
        )
    stored = {row.department_id: row for row in Assessment.objects.filter(year=year)}
    changed = 0
    for pk, department in departments.items():
        values = _checked(marks[pk].to_dict())
        changed += _store(actor, department, year, values, stored.get(pk))[1]
    return changed


def _locked(year: int, ids: set[int]) -> dict[int, Department]:
    """The departments, their places in the year locked: nobody else writes their marks meanwhile."""
    places = DepartmentYear.objects.select_for_update(of=("self",)).select_related("department")
    return {row.department_id: row.department for row in places.filter(year=year, department__in=ids).order_by("pk")}


def _checked(values: Mapping[str, object]) -> Marks:
    """The values as marks. Raises ValidationError by field."""
    errors: dict[str, str] = {}
    for name in NUMBERS:
        value = values[name]
        if value is None and name == "score":
            continue
        if not isinstance(value, Decimal) or not value.is_finite():
            errors[name] = _("Enter a number.")
        elif not 0 <= value <= LIMITS[name]:
            errors[name] = _("Enter a number from 0 to %(limit)s.") % {"limit": LIMITS[name]}
        elif value != round(value, PLACES):
            errors[name] = _("Enter %(places)s decimals at most.") % {"places": PLACES}
    if errors:
        raise ValidationError(errors)
    return Marks(**{**values, **{name: words_in(str(values[name])) for name in WORDS}})  # type: ignore[arg-type]


def _store(
    actor: User, department: Department, year: int, marks: Marks, row: Assessment | None = None
) -> tuple[Assessment, bool]:
    """Write the marks and the audit entry where they differ from what stands; says whether they did."""
    row = row or Assessment.objects.filter(department=department, year=year).first()
    before = marks_of(row)
    row = row or Assessment(department=department, year=year)
    if marks == before:
        return row, False
    for name, value in marks.to_dict().items():
        setattr(row, name, value)
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.save()
    old, new = audit.changes(before.to_dict(), marks.to_dict())
    audit.record(
        actor=actor,
        action="assessment.set",
        subject=row,
        label=f"{department.code} {department}",
        year=year,
        before=old,
        after=new,
    )
    return row, True
