"""The vote: rounds, invitations (outer envelopes), ballots, opinions and receipts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluation.letter_models import LetterFile, LetterKind, LetterRun, LetterState  # noqa: F401 -- models of the app
from evaluation.states import RoundState
from evaluators.models import Draw, DrawnPlace, Evaluator, Stratum, Unit
from foundation.append_only import AppendOnlyModel


class KeyMode(models.TextChoices):
    """Who can open the box."""

    FILE = "file", _("Key file on the server")
    SHARES = "shares", _("Key holders' sheets")


class Round(models.Model):
    """The evaluation of one year. What decides a number is in ``configuration``, frozen before the draw."""

    year = models.PositiveSmallIntegerField(
        _("year"), unique=True, validators=[MinValueValidator(1990), MaxValueValidator(2200)]
    )
    title = models.CharField(_("title"), max_length=100)
    theme = models.CharField(_("theme of the year"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=RoundState.choices, default=RoundState.DRAFT)
    configuration = models.JSONField(default=dict)
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    grace_minutes = models.PositiveSmallIntegerField(_("grace for forms already open (minutes)"), default=10)
    is_demo = models.BooleanField(default=False, editable=False)
    copied_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Grows with every change of the configuration: a form saved over a newer one is refused.
    version = models.PositiveIntegerField(default=0)

    # Set by freezing, read by everything after it; never by settings or code.
    frozen_at = models.DateTimeField(null=True)
    configuration_fingerprint = models.CharField(_("fingerprint of the configuration"), max_length=64, blank=True)
    ballot_definition = models.JSONField(null=True)
    # Candidates by stratum: persons, or units where drawn by unit (scoring multiplies by their ballots).
    populations = models.JSONField(null=True)
    baselines = models.JSONField(null=True)
    # Departments that are not compared with last year by decision of staff: code → why. Settled by freezing.
    baselines_set_aside = models.JSONField(default=dict)

    key_mode = models.CharField(_("the box opens with"), max_length=8, choices=KeyMode.choices, default=KeyMode.FILE)
    public_key = models.BinaryField(max_length=32, null=True)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)
    receipts_root = models.CharField(_("root of the receipts"), max_length=64, blank=True)
    counting_report = models.JSONField(null=True)

    class Meta:
        ordering = ["-year"]
        verbose_name = _("round")
        verbose_name_plural = _("rounds")

    def __str__(self) -> str:
        return f"{self.year} {self.title}"

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None

    @property
    def last_accepted_at(self) -> datetime | None:
        """The last moment at which a form opened in time is still taken."""
        return self.closes_at + timedelta(minutes=self.grace_minutes) if self.closes_at else None

    def takes_ballots(self, now: datetime | None = None) -> bool:
        """True while a ballot can be started: open, and between its dates."""
        now = now or timezone.now()
        return (
            self.state == RoundState.OPEN
            and (self.opens_at is None or self.opens_at <= now)
            and (self.closes_at is None or now < self.closes_at)
        )


class ReturnedBy(models.TextChoices):
    """The way a ballot came back."""

    ONLINE = "online", _("Online")
    PAPER = "paper", _("On paper")


class Invitation(models.Model):
    """The outer envelope: who was asked, whether they returned, and (sealed) what. Never with a time of day."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="invitations")
    place = models.ForeignKey(DrawnPlace, on_delete=models.PROTECT, related_name="invitations")
    evaluator = models.ForeignKey(Evaluator, on_delete=models.PROTECT, null=True, related_name="invitations")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="invitations")
    stratum = models.ForeignKey(Stratum, on_delete=models.PROTECT, related_name="+")
    district = models.CharField(_("district"), max_length=100, blank=True)
    weight_class = models.CharField(_("weight class"), max_length=40, blank=True)
    # Codes of departments that this person must not judge, fixed at the draw.
    recused = models.JSONField(default=list)

    code_hash = models.BinaryField(max_length=32, null=True, unique=True)
    issued_on = models.DateField(_("code issued"), null=True)
    opened_on = models.DateField(_("opened"), null=True)
    returned_on = models.DateField(_("returned"), null=True)
    returned_by = models.CharField(max_length=8, choices=ReturnedBy.choices, blank=True)
    revoked_on = models.DateField(_("revoked"), null=True)
    # Start was pressed with an earlier code: somebody was reached, whatever became of that code.
    opened_before = models.BooleanField(default=False)
    # Somebody else stands in: the row stays as evidence, and counts as drawn no longer.
    replaced_on = models.DateField(_("replaced"), null=True)
    # A slip that was brought back spoiled: its code has ended; how often, and since when a new one is awaited.
    spoiled = models.PositiveSmallIntegerField(_("spoiled"), default=0)
    spoiled_on = models.DateField(null=True)
    envelope = models.BinaryField(null=True)
    draft = models.BinaryField(null=True)
    token_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        indexes = [models.Index(fields=["round", "stratum"]), models.Index(fields=["round", "returned_on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "evaluator"], condition=models.Q(evaluator__isnull=False), name="one_invitation_each"
            ),
            models.CheckConstraint(
                condition=models.Q(replaced_on=None) | models.Q(revoked_on__isnull=False, returned_on=None),
                name="replaced_before_voting_and_revoked",
            ),
        ]


class Ballot(models.Model):
    """An opened ballot: nobody's. One byte of ``answers`` per department × item, in the frozen order of the round."""

    id = models.BinaryField(primary_key=True, max_length=16)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="ballots")
    stratum = models.ForeignKey(Stratum, on_delete=models.PROTECT, related_name="+")
    weight_class = models.CharField(max_length=40, blank=True)
    answers = models.BinaryField()

    class Meta:
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        indexes = [models.Index(fields=["round", "stratum", "weight_class"], name="ballot_by_stratum")]


class Opinion(models.Model):
    """What somebody wrote about a department: no ballot, stratum, unit, district or time."""

    id = models.BinaryField(primary_key=True, max_length=16)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="opinions")
    department_code = models.CharField(max_length=40)
    text = models.TextField(max_length=2000)

    class Meta:
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        indexes = [models.Index(fields=["round", "department_code"])]


class Receipt(models.Model):
    """The hash of a receipt: proves that a ballot is in the box, never what it says."""

    hash = models.BinaryField(primary_key=True, max_length=32)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="receipts")

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")


class UnopenedEnvelope(models.Model):
    """An envelope that could not be opened: counted and named, without its invitation."""

    id = models.BinaryField(primary_key=True, max_length=16)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="unopened_envelopes")
    stratum = models.ForeignKey(Stratum, on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("unopened envelope")
        verbose_name_plural = _("unopened envelopes")


class RevokedCode(models.Model):
    """The hash of a code that was replaced by another, so that its page can say so. Leads to no invitation."""

    hash = models.BinaryField(primary_key=True, max_length=32)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="revoked_codes")
    revoked_on = models.DateField(_("revoked"))

    class Meta:
        verbose_name = _("revoked code")
        verbose_name_plural = _("revoked codes")


class ReplacementReason(models.TextChoices):
    """Why somebody drawn cannot judge."""

    MOVED = "moved", _("Moved away")
    DIED = "died", _("Died")
    REFUSED = "refused", _("Refused to take part")
    UNREACHABLE = "unreachable", _("Could not be reached")
    OTHER = "other", _("Other reason")


class Replacement(AppendOnlyModel):
    """Somebody asks that the next in reserve stands in for a place; what came of it is the decision (draw.md, 7)."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="replacements")
    place = models.ForeignKey(DrawnPlace, on_delete=models.PROTECT, related_name="replacements")
    reason = models.CharField(_("reason"), max_length=12, choices=ReplacementReason.choices)
    note = models.TextField(_("remark"), max_length=500, blank=True)
    # What the register is to say of the person from the confirmation on; "" leaves it as it is.
    new_status = models.CharField(_("status in the register"), max_length=20, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_on = models.DateField(_("asked for"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("replacement")
        verbose_name_plural = _("replacements")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=ReplacementReason.OTHER) | ~models.Q(note=""),
                name="another_reason_is_told",
            )
        ]


class DecisionKind(models.TextChoices):
    """What became of a replacement that was asked for."""

    CONFIRMED = "confirmed", _("Confirmed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ReplacementDecision(AppendOnlyModel):
    """How a replacement ended. ``number`` counts the confirmed ones of a draw from 1, in the order of the stand-ins.

    ``draw``, ``place`` and ``requested_by`` are those of the replacement, so that the database itself can refuse one
    person alone, a place replaced twice and a reserve used twice.
    """

    replacement = models.OneToOneField(Replacement, on_delete=models.PROTECT, related_name="decision")
    kind = models.CharField(max_length=10, choices=DecisionKind.choices)
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(DrawnPlace, on_delete=models.PROTECT, related_name="decisions")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_on = models.DateField(_("decided"))
    note = models.TextField(_("remark"), max_length=500, blank=True)
    number = models.PositiveIntegerField(null=True)
    stand_in = models.ForeignKey(DrawnPlace, on_delete=models.PROTECT, null=True, related_name="stood_in")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("decision on a replacement")
        verbose_name_plural = _("decisions on replacements")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=DecisionKind.WITHDRAWN) | ~models.Q(decided_by=models.F("requested_by")),
                name="replacement_needs_two_persons",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=DecisionKind.CONFIRMED, number__isnull=False, stand_in__isnull=False)
                | models.Q(kind=DecisionKind.WITHDRAWN, number=None, stand_in=None),
                name="confirmed_has_a_stand_in",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=DecisionKind.CONFIRMED) | ~models.Q(note=""), name="withdrawn_with_a_reason"
            ),
            models.UniqueConstraint(
                fields=["place"], condition=models.Q(kind=DecisionKind.CONFIRMED), name="place_replaced_once"
            ),
            models.UniqueConstraint(fields=["stand_in"], name="reserve_used_once"),
            models.UniqueConstraint(fields=["draw", "number"], name="replacements_of_a_draw_numbered"),
        ]


class CodeAttempt(models.Model):
    """Wrong codes by minute and address (a keyed hash of the day's): slows down guessing, forgotten within the hour."""

    minute = models.PositiveIntegerField()
    address = models.BinaryField(max_length=32)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("wrong code")
        verbose_name_plural = _("wrong codes")
        constraints = [models.UniqueConstraint(fields=["minute", "address"], name="attempts_by_minute_and_address")]


class RoundMove(models.Model):
    """One step of a round from state to state, for its page; the audit log has it too."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="moves")
    verb = models.CharField(max_length=20)
    from_state = models.CharField(max_length=12, choices=RoundState.choices)
    to_state = models.CharField(max_length=12, choices=RoundState.choices)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("step of a round")
        verbose_name_plural = _("steps of rounds")


class PlaceProfile(models.Model):
    """Where a drawn place stood in the register at the draw; read in counts only (representativeness)."""

    place = models.OneToOneField(DrawnPlace, on_delete=models.PROTECT, primary_key=True, related_name="profile")
    district = models.CharField(_("district"), max_length=100, blank=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    unit_size = models.CharField(_("size of the unit"), max_length=10)

    class Meta:
        verbose_name = _("profile of a drawn place")
        verbose_name_plural = _("profiles of drawn places")


class Representation(models.Model):
    """How the drawn compare with the register they were drawn from, computed once after the draw."""

    draw = models.OneToOneField(Draw, on_delete=models.PROTECT, primary_key=True, related_name="representation")
    tables = models.JSONField()
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("representativeness report")
        verbose_name_plural = _("representativeness reports")


class NominationLimits(models.Model):
    """From where on concentrated nominations are pointed out: in this round, and in later ones without their own."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, primary_key=True, related_name="nomination_limits")
    largest_percent = models.PositiveSmallIntegerField(_("largest share of one body (per cent)"))
    fewest_bodies = models.PositiveSmallIntegerField(_("fewest bodies of equal size"))

    class Meta:
        verbose_name = _("limits of nominations")
        verbose_name_plural = _("limits of nominations")


class PlanningBasis(models.Model):
    """What the quotas of a draft are planned on: the register as counted, and how much last year's answers varied."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="planning_basis")
    # Stratum code → "person" and "unit" → evaluation.quotas.population.Population.to_dict().
    register = models.JSONField()
    # evaluation.quota_basis.LastRound.to_dict(), or None where no earlier round is published.
    last_round = models.JSONField(null=True)
    counted_at = models.DateTimeField(_("counted"))
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("basis of planning")
        verbose_name_plural = _("bases of planning")


class TrialDraws(AppendOnlyModel):
    """Many draws with made-up seeds, before the real one: how districts and industries would be represented."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="trial_draws")
    number = models.PositiveSmallIntegerField(_("number"))
    trials = models.PositiveIntegerField(_("trial draws"))
    seed_label = models.CharField(_("label of the trial seeds"), max_length=80)
    # The strata of the configuration as tried, and candidates by stratum.
    strata = models.JSONField()
    sizes = models.JSONField()
    # evaluators.trials.Representation rows.
    rows = models.JSONField()
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["round", "-number"]
        verbose_name = _("trial draws")
        verbose_name_plural = _("trial draws")
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="trial_draws_number_once")]
