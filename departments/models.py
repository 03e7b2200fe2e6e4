"""Who is judged: departments, their group and sector in each year, and what became of them over the years."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

code_validator = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$", _("A code has letters, digits, dots, hyphens and underscores, at most 40.")
)


class DepartmentGroup(models.Model):
    """Departments judged and ranked together (组别)."""

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=60, unique=True)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("department group")
        verbose_name_plural = _("department groups")

    def __str__(self) -> str:
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


class Sector(models.Model):
    """The middle level of the three-level leadership (片): city, sector, department."""

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A department of the city, whatever year. Never deleted: made inactive."""

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[code_validator])
    full_name = models.CharField(_("full name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return self.short_name or self.full_name


class DepartmentYear(models.Model):
    """A department's group and sector in the round of one year; without a row it does not take part."""

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="years", verbose_name=_("department")
    )
    year = models.PositiveSmallIntegerField(_("year"), db_index=True)
    group = models.ForeignKey(DepartmentGroup, on_delete=models.PROTECT, related_name="+", verbose_name=_("group"))
    sector = models.ForeignKey(
        Sector, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("sector")
    )

    class Meta:
        ordering = ["year", "group__order", "department__code"]
        verbose_name = _("department in a year")
        verbose_name_plural = _("departments by year")
        constraints = [models.UniqueConstraint(fields=["department", "year"], name="one_group_per_department_and_year")]


class LineageKind(models.TextChoices):
    """What happened to the predecessor."""

    RENAMED = "renamed", _("Renamed")
    MERGED = "merged", _("Merged into")
    SPLIT = "split", _("Split off from")


class Lineage(models.Model):
    """From ``year`` on ``successor`` carries on the work of ``predecessor``."""

    successor = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="predecessors", verbose_name=_("successor")
    )
    predecessor = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="successors", verbose_name=_("predecessor")
    )
    kind = models.CharField(_("what happened"), max_length=10, choices=LineageKind.choices)
    year = models.PositiveSmallIntegerField(_("from the round of"))

    class Meta:
        ordering = ["year", "successor__code"]
        verbose_name = _("lineage")
        verbose_name_plural = _("lineage")
        constraints = [
            models.UniqueConstraint(fields=["successor", "predecessor", "year"], name="lineage_once"),
            models.CheckConstraint(
                condition=~models.Q(successor=models.F("predecessor")), name="lineage_not_to_itself"
            ),
        ]
