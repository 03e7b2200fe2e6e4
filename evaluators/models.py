"""Who may judge: the lasting registry of people and units by stratum, and the draws made from it (by year)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from departments.models import Department, code_validator
from foundation.append_only import AppendOnlyModel
from foundation.fields import EncryptedTextField
from foundation.models import StoredFile


class Stratum(models.Model):
    """A kind of evaluator (层面)."""

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=60, unique=True)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("stratum")
        verbose_name_plural = _("strata")

    def __str__(self) -> str:
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


class Unit(models.Model):
    """An evaluator unit (评议人单位): an enterprise, a community, an office."""

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=200)
    district = models.CharField(_("district"), max_length=100, blank=True, db_index=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    stratum = models.ForeignKey(
        Stratum, on_delete=models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("stratum")
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Recusal for units: whoever fills in one of its ballots does not judge these (ballot.md).
    recused = models.ManyToManyField(
        Department, blank=True, related_name="recused_units", verbose_name=_("departments it does not judge")
    )
    # Who gets the packet of a unit drawn as such, and hands its ballots out.
    contact_name = models.CharField(_("contact person"), max_length=50, blank=True)
    contact_phone = EncryptedTextField(_("phone of the contact person"), default=b"", blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("evaluator unit")
        verbose_name_plural = _("evaluator units")

    def __str__(self) -> str:
        return self.name


class EvaluatorStatus(models.TextChoices):
    """Whether a person can be drawn."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    MOVED = "moved", _("Moved away")
    DECEASED = "deceased", _("Deceased")
    REMOVED = "removed", _("Removed")
    MERGED = "merged", _("Merged into another")


#: What staff may choose; a merged person is made by merging and unmade by undoing it.
CHOSEN_STATUSES = tuple(choice for choice in EvaluatorStatus.choices if choice[0] != EvaluatorStatus.MERGED)


class Evaluator(models.Model):
    """A person of the registry. Phone and e-mail are encrypted; keyed hashes find them again."""

    # Unique by a constraint: `unique=True` would add a second index, for beginnings of codes, which nobody looks for.
    code = models.CharField(_("code"), max_length=40, validators=[code_validator])
    name = models.CharField(_("name"), max_length=50)
    stratum = models.ForeignKey(
        Stratum, on_delete=models.PROTECT, related_name="evaluators", db_index=False, verbose_name=_("stratum")
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="evaluators", verbose_name=_("unit")
    )
    district = models.CharField(_("district"), max_length=100, blank=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    phone = EncryptedTextField(_("mobile"), default=b"", blank=True)
    email = EncryptedTextField(_("e-mail"), default=b"", blank=True)
    phone_hash = models.BinaryField(max_length=32, default=b"")
    phone_tail_hash = models.BinaryField(max_length=32, default=b"")
    email_hash = models.BinaryField(max_length=32, default=b"")
    weight_class = models.CharField(_("weight class"), max_length=40, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=EvaluatorStatus.choices, default=EvaluatorStatus.ACTIVE
    )
    employer = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="employed_evaluators",
        verbose_name=_("works for department"),
    )
    proposed_by = models.CharField(_("proposed by"), max_length=200, blank=True)
    # The person who stands for this one since a merge; the row itself stays as it was, so that undoing is exact.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="merged_rows"
    )
    confirmed_year = models.PositiveSmallIntegerField(_("last confirmed in"), null=True, blank=True)
    anonymised_at = models.DateTimeField(_("anonymised"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("evaluator")
        verbose_name_plural = _("evaluators")
        # Few and narrow: each one costs a fifth of the import.
        indexes = [
            # Finds whoever fits stratum, status and district in the order of the codes (selectors.page_of).
            models.Index(fields=["stratum", "status", "district", "code"], name="evaluator_by_group"),
            # So that PostgreSQL finds beginnings of names by it, whatever the collation.
            models.Index(fields=["name"], name="evaluator_by_name", opclasses=["varchar_pattern_ops"]),
            # A whole number is looked for by its tail too: some rows in ten thousand have the same one.
            models.Index(
                fields=["phone_tail_hash"], condition=~models.Q(phone_tail_hash=b""), name="evaluator_by_tail"
            ),
            models.Index(fields=["email_hash"], condition=~models.Q(email_hash=b""), name="evaluator_by_email"),
            models.Index(fields=["employer"], condition=models.Q(employer__isnull=False), name="evaluator_by_employer"),
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="evaluator_by_survivor"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="evaluator_code_once"),
            models.CheckConstraint(
                condition=models.Q(status="merged", merged_into__isnull=False)
                | (~models.Q(status="merged") & models.Q(merged_into=None)),
                name="merged_into_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class EvaluatorCount(models.Model):
    """People by stratum, status and district: rows whose sum is the number, kept by the database itself.

    On PostgreSQL triggers add a row for every change, whoever makes it (``foundation.counting``); SQLite counts anew.
    """

    stratum = models.ForeignKey(
        Stratum, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    status = models.CharField(max_length=10)
    district = models.CharField(max_length=100, blank=True)
    people = models.BigIntegerField()


class ChangeThrough(models.TextChoices):
    """By what a person of the registry was changed."""

    EDIT = "edit", _("Edited")
    IMPORT = "import", _("Import")
    MERGE = "merge", _("Merging")
    CONFIRMATION = "confirmation", _("Confirmation by the unit")
    BULK = "bulk", _("Bulk change")
    UNDO = "undo", _("Undone")


class EvaluatorChange(AppendOnlyModel):
    """One value of a person that changed: stratum, status, unit, weight class or employer, as codes.

    A new person has none: when it came in and how it stands now say the rest (``selectors.as_of``).
    """

    evaluator = models.ForeignKey(Evaluator, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    through = models.CharField(_("through"), max_length=12, choices=ChangeThrough.choices)
    field = models.CharField(max_length=12)
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("change of a person")
        verbose_name_plural = _("changes of people")


class Snapshot(models.Model):
    """The eligible part of the registry, frozen for the draw of a year (draw.md, 1 and 2)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    year = models.PositiveSmallIntegerField(_("year"), db_index=True)
    number = models.PositiveSmallIntegerField(_("number"))
    registry_file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    # Sealed, so that where the register's file is altered the copy tells which rows.
    copy_file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+", null=True)
    exclusions_file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+", null=True)
    snapshot_hash = models.CharField(_("fingerprint of the snapshot"), max_length=64)
    exclusions_hash = models.CharField(_("fingerprint of the exclusions"), max_length=64, blank=True)
    plan = models.JSONField()
    plan_hash = models.CharField(_("fingerprint of the plan"), max_length=64)
    seed_source = models.CharField(_("source of the public seed"), max_length=300)
    chances = models.JSONField(_("seats and chances by cell"), default=list)
    chances_reason = models.TextField(_("why unequal chances were accepted"), blank=True)
    exclusion_counts = models.JSONField(_("left out, by reason"), default=dict)
    frozen_at = models.DateTimeField(_("frozen"))
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    voided_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-year", "-number"]
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="snapshot_number_once"),
            models.UniqueConstraint(
                fields=["year"], condition=models.Q(voided_at=None), name="one_standing_snapshot_per_year"
            ),
        ]


class Draw(models.Model):
    """One draw from a snapshot; the first is binding. A later one needs a new snapshot and says why."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="draw")
    public_seed = models.CharField(_("public seed"), max_length=300)
    seed = models.CharField(max_length=64)
    witnesses = models.TextField(_("witnesses"), blank=True)
    summary = models.JSONField(default=dict)
    result_file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField(_("drawn"))
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-drawn_at"]
        verbose_name = _("draw")
        verbose_name_plural = _("draws")


class DrawnRole(models.TextChoices):
    """Drawn to judge, or in reserve."""

    MAIN = "main", _("Drawn")
    RESERVE = "reserve", _("Reserve")


class DrawnPlace(models.Model):
    """One drawn person or unit."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="places")
    candidate = models.CharField(max_length=64)
    evaluator = models.ForeignKey(Evaluator, on_delete=models.PROTECT, null=True, related_name="places")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="places")
    stratum = models.ForeignKey(Stratum, on_delete=models.PROTECT, related_name="+")
    cell = models.CharField(max_length=210, blank=True)
    role = models.CharField(max_length=8, choices=DrawnRole.choices)
    order = models.PositiveIntegerField()

    class Meta:
        ordering = ["draw", "stratum", "role", "order"]
        verbose_name = _("drawn place")
        verbose_name_plural = _("drawn places")
        constraints = [
            models.UniqueConstraint(fields=["draw", "candidate"], name="candidate_drawn_once"),
            models.CheckConstraint(
                condition=models.Q(evaluator=None, unit__isnull=False) | models.Q(evaluator__isnull=False),
                name="place_has_a_person_or_a_unit",
            ),
        ]


class PairState(models.TextChoices):
    """What somebody said of two entries that look alike."""

    OPEN = "open", _("To be decided")
    LATER = "later", _("Later")
    DIFFERENT = "different", _("Two people")
    MERGED = "merged", _("Merged")


class DuplicatePair(models.Model):
    """Two entries that may be one person: why, and how likely (per cent). What was decided is never suggested again."""

    first = models.ForeignKey(Evaluator, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Evaluator, on_delete=models.CASCADE, related_name="+")
    reasons = models.JSONField(default=list)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"))
    state = models.CharField(_("state"), max_length=10, choices=PairState.choices, default=PairState.OPEN)
    found_at = models.DateTimeField(_("found"))
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-likelihood", "pk"]
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        indexes = [models.Index(fields=["state", "-likelihood", "id"], name="pair_by_likelihood")]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="pair_in_order"),
        ]


class Merge(models.Model):
    """One entry merged into another. ``before`` and ``after`` hold, encrypted, the values that the survivor took over,
    as they were and as they became: what undoing needs."""

    survivor = models.ForeignKey(Evaluator, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Evaluator, on_delete=models.PROTECT, related_name="merged_by")
    status_before = models.CharField(max_length=10)
    taken = models.JSONField(default=list)
    before = EncryptedTextField(default=b"", blank=True)
    after = EncryptedTextField(default=b"", blank=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("merging")
        verbose_name_plural = _("mergings")


class BulkState(models.TextChoices):
    """How far a bulk change is."""

    DRAFT = "draft", _("Not yet done")
    DONE = "done", _("Done")
    UNDONE = "undone", _("Undone")


class BulkChange(models.Model):
    """One status given to many people at once. ``selection`` says who: filters (words sealed), or codes."""

    status = models.CharField(_("new status"), max_length=10, choices=CHOSEN_STATUSES)
    reason = models.CharField(_("reason"), max_length=300)
    selection = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=BulkState.choices, default=BulkState.DRAFT)
    people = models.PositiveIntegerField(_("people"), default=0)
    left_alone = models.PositiveIntegerField(default=0)  # of an undo: changed since, and so left as they are
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")


class BulkItem(models.Model):
    """One person of a bulk change, with the status before."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="items")
    evaluator = models.ForeignKey(Evaluator, on_delete=models.PROTECT, db_index=False, related_name="+")
    before = models.CharField(max_length=10)


class UnitConfirmation(models.Model):
    """A unit's yearly word on its people: the sheet that went out, and what came back."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="confirmations")
    year = models.PositiveSmallIntegerField(_("year"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    people = models.PositiveIntegerField(_("people"), default=0)  # on the sheet
    returned_at = models.DateTimeField(_("returned"), null=True)
    returned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    differences = models.PositiveIntegerField(_("differences"), default=0)
    missing = models.PositiveIntegerField(_("without an answer"), default=0)

    class Meta:
        ordering = ["-year", "unit"]
        verbose_name = _("confirmation by a unit")
        verbose_name_plural = _("confirmations by units")
        indexes = [models.Index(fields=["year", "returned_at"], name="confirmation_by_state")]
        constraints = [models.UniqueConstraint(fields=["unit", "year"], name="one_confirmation_a_year")]

    @property
    def is_confirmed(self) -> bool:
        """True once the unit has answered for all its people."""
        return self.returned_at is not None and not self.missing


class RetentionPolicy(AppendOnlyModel):
    """How long people who are no longer active keep their names. The newest row holds; the others say what did."""

    years = models.PositiveSmallIntegerField(_("years until anonymised"))  # 0: nobody is
    grace_days = models.PositiveSmallIntegerField(_("days between report and anonymising"), default=30)
    reason = models.CharField(_("reason"), max_length=300)
    set_at = models.DateTimeField(auto_now_add=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")


class RetentionNotice(models.Model):
    """Somebody is to be anonymised: since when inactive, announced when, due when."""

    evaluator = models.OneToOneField(Evaluator, on_delete=models.CASCADE, related_name="retention_notice")
    since = models.DateField(_("inactive since"))
    announced_on = models.DateField(_("announced"))
    due_on = models.DateField(_("to be anonymised on"), db_index=True)

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("announced anonymising")
        verbose_name_plural = _("announced anonymisings")


class RetentionHold(models.Model):
    """Somebody's entry must keep its name for now, and why."""

    evaluator = models.ForeignKey(Evaluator, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.UniqueConstraint(fields=["evaluator"], condition=models.Q(lifted_at=None), name="one_hold_at_a_time")
        ]
