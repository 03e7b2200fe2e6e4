"""The other half of the score: what the lead units give a department for a year."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from departments.models import Department


class Assessment(models.Model):
    """A department's assessment score, bonus, deduction, veto and prominent problem of one year."""

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="assessments", verbose_name=_("department")
    )
    year = models.PositiveSmallIntegerField(_("year"), db_index=True)
    score = models.DecimalField(
        _("assessment score"),
        max_digits=9,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    bonus = models.DecimalField(
        _("bonus"), max_digits=9, decimal_places=4, default=0, validators=[MinValueValidator(0)]
    )
    deduction = models.DecimalField(
        _("deduction"), max_digits=9, decimal_places=4, default=0, validators=[MinValueValidator(0)]
    )
    veto = models.CharField(_("veto"), max_length=300, blank=True)
    problem = models.CharField(_("prominent problem"), max_length=300, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["year", "department__code"]
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        constraints = [models.UniqueConstraint(fields=["department", "year"], name="one_assessment_per_year")]
