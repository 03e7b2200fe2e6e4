"""Letters and packets: what is printed with ballot codes, by whom it was asked for, released, printed and erased.

No code and no order of codes is here: the letters themselves are encrypted files, erased once printed.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from evaluators.models import Stratum, Unit
from foundation.models import StoredFile


class LetterKind(models.TextChoices):
    """For whom is printed."""

    PACKETS = "packets", _("Packets for units")
    LETTERS = "letters", _("Letters to persons")


class LetterState(models.TextChoices):
    """Where a batch of letters stands."""

    ASKED = "asked", _("Waits for a second person")
    RELEASED = "released", _("Released, being produced")
    READY = "ready", _("Ready to print")
    PRINTED = "printed", _("Printed, files erased")
    ERASED = "erased", _("Erased unconfirmed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class LetterRun(models.Model):
    """A batch of packets or letters. One person asks for it, another releases it: the database refuses one alone."""

    round = models.ForeignKey("evaluation.Round", on_delete=models.PROTECT, related_name="letter_runs")
    kind = models.CharField(_("what is printed"), max_length=8, choices=LetterKind.choices)
    # Which part of the round; empty fields do not matter.
    stratum = models.ForeignKey(Stratum, on_delete=models.PROTECT, null=True, related_name="+")
    district = models.CharField(_("district"), max_length=100, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    # Codes that were not used end and are made anew; else only those who have none get one.
    is_again = models.BooleanField(_("produce again"), default=False)
    reason = models.TextField(_("reason"), max_length=500, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    produced_at = models.DateTimeField(null=True)
    codes = models.PositiveIntegerField(_("codes"), default=0)
    units = models.PositiveIntegerField(_("units"), default=0)
    # Characters of names that no font has; printed as 〓, to be written in by hand.
    missing = models.JSONField(default=list)
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    printed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("batch of letters")
        verbose_name_plural = _("batches of letters")
        constraints = [
            models.CheckConstraint(
                condition=Q(released_by=None, released_at=None)
                | (Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("asked_by"))),
                name="letters_need_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(produced_at=None) | Q(released_at__isnull=False), name="letters_released_before_produced"
            ),
            models.CheckConstraint(
                condition=Q(printed_at=None, printed_by=None)
                | Q(
                    printed_at__isnull=False,
                    printed_by__isnull=False,
                    produced_at__isnull=False,
                    erased_at__isnull=False,
                ),
                name="letters_printed_and_erased",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(released_at=None), name="letters_withdrawn_or_released"
            ),
            models.CheckConstraint(condition=Q(is_again=False) | ~Q(reason=""), name="letters_again_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def state(self) -> LetterState:
        """Where it stands, from what has happened to it."""
        if self.withdrawn_at:
            return LetterState.WITHDRAWN
        if self.printed_at:
            return LetterState.PRINTED
        if self.erased_at:
            return LetterState.ERASED
        if self.produced_at:
            return LetterState.READY
        return LetterState.RELEASED if self.released_at else LetterState.ASKED


class LetterFile(models.Model):
    """One PDF of a batch: the letters of one stratum and district, or a part of them."""

    run = models.ForeignKey(LetterRun, on_delete=models.PROTECT, related_name="files")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200)
    codes = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("file of letters")
        verbose_name_plural = _("files of letters")
