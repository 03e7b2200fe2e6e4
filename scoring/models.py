"""The result: immutable runs, what is published of them, and rates imported from before this system."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from evaluation.models import Round
from evaluators.models import Stratum
from foundation.append_only import AppendOnlyModel


class ScoreRun(AppendOnlyModel):
    """One computation of a round's result. Never changed: a new run stands beside it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="score_runs")
    number = models.PositiveIntegerField(_("number"))
    input_fingerprint = models.CharField(_("fingerprint of the input"), max_length=64)
    configuration_fingerprint = models.CharField(_("fingerprint of the configuration"), max_length=64)
    code_version = models.CharField(_("version of the program"), max_length=40)
    # The count cube as scoring.core.cube writes it, zlib compressed, and the codes along its axes.
    cube = models.BinaryField()
    axes = models.JSONField()
    # What it was computed from besides the ballots (scoring.core.basis): rules, departments, baselines, assessment.
    basis = models.JSONField()
    # What a recount's results.json says, to the letter.
    result = models.JSONField()
    # By department code and stratum, small cells already taken out (scoring.breakdown): what may be shown.
    breakdown = models.JSONField()
    summary = models.JSONField()
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-round__year", "-number"]
        verbose_name = _("score run")
        verbose_name_plural = _("score runs")
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="run_number_once")]


class DepartmentScore(AppendOnlyModel):
    """One department's figures in a run, rounded as published; what dashboards sort, filter and compare by."""

    run = models.ForeignKey(ScoreRun, on_delete=models.PROTECT, related_name="scores")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="scores")
    group_code = models.CharField(max_length=40, db_index=True)
    sector_code = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12)
    satisfaction = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    dissatisfaction = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    base = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    adjustment = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    public = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    assessment = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    bonus = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    deduction = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    total = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    group_rank = models.PositiveIntegerField(null=True)
    overall_rank = models.PositiveIntegerField(null=True)
    movement = models.IntegerField(null=True)
    baseline = models.CharField(max_length=8, blank=True)
    # Answers that count, over all strata (of the item with the fewest): the weight of a predecessor's rates.
    valid_ballots = models.PositiveIntegerField(default=0)
    se_satisfaction = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    se_dissatisfaction = models.DecimalField(max_digits=12, decimal_places=6, null=True)

    class Meta:
        ordering = ["run", "group_code", "group_rank"]
        verbose_name = _("score of a department")
        verbose_name_plural = _("scores of departments")
        constraints = [models.UniqueConstraint(fields=["run", "department"], name="department_scored_once")]


class Publication(models.Model):
    """The run that a round's readers see; portal reads only this."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="publication")
    run = models.ForeignKey(ScoreRun, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("published"), auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")


class Baseline(models.Model):
    """A department's published rates of a year from before this system (imported)."""

    year = models.PositiveSmallIntegerField(_("year"), db_index=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="baselines")
    satisfaction = models.DecimalField(_("satisfaction rate"), max_digits=12, decimal_places=6, null=True)
    dissatisfaction = models.DecimalField(_("dissatisfaction rate"), max_digits=12, decimal_places=6, null=True)
    group_rank = models.PositiveIntegerField(_("rank in group"), null=True)
    overall_rank = models.PositiveIntegerField(_("overall rank"), null=True)
    se_satisfaction = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    se_dissatisfaction = models.DecimalField(max_digits=12, decimal_places=6, default=0)

    class Meta:
        ordering = ["year", "department__code"]
        verbose_name = _("imported rates")
        verbose_name_plural = _("imported rates")
        constraints = [models.UniqueConstraint(fields=["year", "department"], name="one_baseline_per_year")]


class WhatIfUnlock(models.Model):
    """Leave to try other rules on a round that is not published: one person asks, another gives it, for a time."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="what_if_unlocks")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("asked"), auto_now_add=True)
    reason = models.TextField(_("reason"))
    unlocked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    unlocked_at = models.DateTimeField(_("unlocked"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("unlock of trials")
        verbose_name_plural = _("unlocks of trials")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(unlocked_by=None) | ~models.Q(unlocked_by=models.F("requested_by")),
                name="unlock_by_another_person",
            ),
            models.CheckConstraint(
                condition=models.Q(unlocked_by=None, unlocked_at=None, expires_at=None)
                | models.Q(unlocked_by__isnull=False, unlocked_at__isnull=False, expires_at__isnull=False),
                name="unlock_whole_or_not",
            ),
        ]


class WhatIfTrial(AppendOnlyModel):
    """One trial of other rules beside a run: what was changed, never what came out. Counted in the report."""

    run = models.ForeignKey(ScoreRun, on_delete=models.PROTECT, related_name="trials")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    before_publication = models.BooleanField()
    unlock = models.ForeignKey(WhatIfUnlock, on_delete=models.PROTECT, null=True, related_name="trials")

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("trial of other rules")
        verbose_name_plural = _("trials of other rules")


class Finding(models.TextChoices):
    """A sign that a ballot was not filled in with care (scoring.core.quality.FINDINGS)."""

    BLANK = "blank", _("All blank")
    ABSTAIN = "abstain", _("Nothing but “don't know”")
    STRAIGHT = "straight", _("The same answer throughout")
    IDENTICAL = "identical", _("Identical ballots in bulk")


class QualityReport(AppendOnlyModel):
    """What the ballots of a round showed when it was made; what would give answers away is not even in it.

    `run` is the run that was scored from the very same input; without one nothing could be compared.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="quality_reports")
    run = models.ForeignKey(ScoreRun, on_delete=models.PROTECT, null=True, related_name="quality_reports")
    input_fingerprint = models.CharField(_("fingerprint of the input"), max_length=64)
    code_version = models.CharField(_("version of the program"), max_length=40)
    content = models.JSONField()
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("report on data quality")
        verbose_name_plural = _("reports on data quality")


class ExclusionDecision(AppendOnlyModel):
    """Leave the ballots of a stratum that show a sign out of the score, or take them in again. The last one holds."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="exclusion_decisions")
    stratum = models.ForeignKey(Stratum, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(_("finding"), max_length=12, choices=Finding.choices)
    # False: the ballots count again.
    excludes = models.BooleanField()
    # The ballots it concerned that day, those already left out for another sign not counted.
    count = models.PositiveIntegerField(_("ballots"))
    reason = models.TextField(_("reason"))
    decided_at = models.DateTimeField(_("decided"), auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("decision on excluding ballots")
        verbose_name_plural = _("decisions on excluding ballots")
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="exclusion_has_reason"),
            models.CheckConstraint(condition=models.Q(finding__in=Finding.values), name="exclusion_of_known_finding"),
        ]


class SensitivityReport(AppendOnlyModel):
    """How far each stratum's weight could move in a run before the first or last of a group changed; made once."""

    run = models.OneToOneField(ScoreRun, on_delete=models.PROTECT, related_name="sensitivity")
    # scoring.core.sensitivity.as_json
    rows = models.JSONField()
    code_version = models.CharField(_("version of the program"), max_length=40)
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-made_at"]
        verbose_name = _("report on weights")
        verbose_name_plural = _("reports on weights")
