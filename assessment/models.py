"""The other half of the score: what the lead units give a department for a year."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from departments.models import Department
from foundation.append_only import AppendOnlyModel
from foundation.fields import EncryptedTextField
from foundation.models import StoredFile


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


class CanvassingState(models.TextChoices):
    """Where the examination of a report stands; the last two are its ends."""

    RECEIVED = "received", _("Received")
    EXAMINING = "examining", _("Under examination")
    PROPOSED = "proposed", _("Decision awaits a second person")
    FOUNDED = "founded", _("Founded")
    UNFOUNDED = "unfounded", _("Unfounded")


CANVASSING_ENDS = (CanvassingState.FOUNDED, CanvassingState.UNFOUNDED)


class CanvassingReport(models.Model):
    """Somebody reports canvassing (拉票). Who, is known only if they say so; no time of day, address or ballot."""

    number = models.CharField(_("case number"), max_length=8, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    year = models.PositiveSmallIntegerField(_("year"), db_index=True)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, related_name="canvassing_reports", verbose_name=_("department")
    )
    happened_on = models.DateField(_("when it happened"), null=True)
    what = EncryptedTextField(pgettext_lazy("canvassing", "what happened"))
    contact = EncryptedTextField(_("contact"), default=b"", blank=True)
    evidence = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    reported_on = models.DateField(_("reported"))
    state = models.CharField(
        _("state"), max_length=10, choices=CanvassingState.choices, default=CanvassingState.RECEIVED, db_index=True
    )

    class Meta:
        ordering = ["-reported_on", "number"]
        verbose_name = _("report of canvassing")
        verbose_name_plural = _("reports of canvassing")

    def __str__(self) -> str:
        return self.number


class CanvassingStepKind(models.TextChoices):
    """One step of an examination."""

    TAKEN_UP = "taken_up", _("Taken up")
    ASSIGNED = "assigned", _("Department named")
    PROPOSED = "proposed", _("Decision proposed")
    SENT_BACK = "sent_back", _("Sent back")
    CONFIRMED = "confirmed", _("Decision confirmed")


class CanvassingStep(AppendOnlyModel):
    """What was done with a report, by whom and why. A confirmation repeats what was proposed, and by whom."""

    report = models.ForeignKey(CanvassingReport, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=CanvassingStepKind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=10, choices=CanvassingState.choices, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    # The words of the veto of the department's year; "" for a decision that leaves the year alone.
    veto = models.CharField(_("veto"), max_length=300, blank=True)
    answer = models.TextField(_("answer to the reporter"), blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("step of an examination")
        verbose_name_plural = _("steps of an examination")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind=CanvassingStepKind.CONFIRMED)
                | models.Q(proposed_by__isnull=False) & ~models.Q(proposed_by=models.F("by")),
                name="canvassing_needs_two_persons",
            ),
            models.UniqueConstraint(
                fields=["report"], condition=models.Q(kind=CanvassingStepKind.CONFIRMED), name="canvassing_decided_once"
            ),
        ]


class CanvassingAttempt(models.Model):
    """Reports and wrong look-ups by minute and address (a keyed hash of the day's); forgotten within hours."""

    kind = models.CharField(max_length=8)
    minute = models.PositiveIntegerField()
    address = models.BinaryField(max_length=32)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["kind", "minute", "address"], name="canvassing_attempts_by_address")
        ]
