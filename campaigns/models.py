"""Campaigns with whom they are for, the variants of their mail, the winner among these, and one row a recipient."""

from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.contracts import EMAIL_MARKETING

SHARE: Final[Any] = {"max_digits": 4, "decimal_places": 3}


class Campaign(models.Model):
    """One mail to an audience. Only a draft is edited; whom it goes to is frozen when it starts.

    `asked_…`: who wanted it to go out, and how many people were shown to them. `approved_…`: the second person, where
    more people than the policy allows need one. `left_out`: {reason: people of the audience who got no row}.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        APPROVAL = "approval", "Waits for approval"
        SCHEDULED = "scheduled"
        RUNNING = "running"
        PAUSED = "paused"
        DONE = "done"
        CANCELLED = "cancelled"

    class When(models.TextChoices):
        NOW = "now", "As soon as it is started"
        INSTANT = "instant", "At one instant, for all"
        LOCAL = "local", "At a time of day, in each person's own zone"

    class Passed(models.TextChoices):
        TOMORROW = "tomorrow", "get it at that time on the next day"
        NOW = "now", "get it at once"
        SKIP = "skip", "do not get it"

    class Metric(models.TextChoices):
        CLICKS = "clicks", "clicks by people"
        OPENS = "opens", "opens by people"
        REVENUE = "revenue", "revenue"

    EDITABLE = (State.DRAFT.value,)
    STARTED = (State.RUNNING.value, State.PAUSED.value, State.DONE.value)

    name = models.TextField()
    notes = models.TextField(blank=True, default="")
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    purpose = models.ForeignKey(
        "consent.Purpose",
        on_delete=models.PROTECT,
        default=EMAIL_MARKETING,
        related_name="+",
        limit_choices_to={"channel": "email"},
        help_text="What it is sent for: it goes to nobody who does not allow this.",
    )
    is_everybody = models.BooleanField(default=False, help_text="Everybody known, less who is excluded.")
    not_mailed_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Who got marketing mail within so many hours does not get this one."
    )
    when = models.TextField(choices=When.choices, default=When.NOW)
    send_at = models.DateTimeField(null=True, blank=True)
    local_date = models.DateField(null=True, blank=True)
    local_time = models.TimeField(null=True, blank=True)
    passed = models.TextField(choices=Passed.choices, default=Passed.TOMORROW)
    per_minute = models.PositiveIntegerField(null=True, blank=True)
    per_hour = models.PositiveIntegerField(null=True, blank=True)
    test_share = models.DecimalField(
        **SHARE, default=0, help_text="Who gets the variants first; 0: everybody, by the variants' shares."
    )
    test_minutes = models.PositiveIntegerField(default=240, help_text="From the last test mail to the choice.")
    metric = models.TextField(choices=Metric.choices, default=Metric.CLICKS)
    min_lead_percent = models.PositiveSmallIntegerField(default=10, help_text="Of the best over the second best.")
    holdout_share = models.DecimalField(**SHARE, default=0, help_text="Share of addresses that get nothing.")
    window_days = models.PositiveSmallIntegerField(default=7, help_text="Orders count so many days after the mail.")
    seeds = ArrayField(models.TextField(), default=list, blank=True, help_text="Staff who get every variant.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    asked_count = models.PositiveIntegerField(null=True, blank=True, help_text="People who could be mailed then.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_count = models.PositiveIntegerField(null=True, blank=True)
    refused_why = models.TextField(blank=True, default="")
    starts_at = models.DateTimeField(null=True, blank=True, help_text="When its audience is frozen.")
    started_at = models.DateTimeField(null=True, blank=True, help_text="When its audience was frozen.")
    tested_at = models.DateTimeField(null=True, blank=True, help_text="When the test group was through.")
    paused_at = models.DateTimeField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    audience_count = models.PositiveIntegerField(default=0, help_text="People in it when it was frozen.")
    left_out = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        permissions = [("approve_campaign", "Can approve campaigns that others want to send")]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(asked_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                name="campaigns_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "approval", "scheduled", "cancelled"]) | Q(started_at__isnull=False),
                name="campaigns_running_is_frozen",
            ),
            models.CheckConstraint(
                condition=Q(test_share__gte=0, test_share__lte=1, holdout_share__gte=0, holdout_share__lt=1),
                name="campaigns_shares",
            ),
        ]
        # Serves the slice: what is to start and what runs.
        indexes = [
            models.Index(
                fields=["state", "starts_at"],
                name="campaigns_open",
                condition=Q(state__in=["scheduled", "running"]),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def purpose_code(self) -> str:
        """What the gate is asked for."""
        return str(self.purpose_id)

    @property
    def experiment_key(self) -> str:
        """The experiment its holdout belongs to."""
        return f"campaign-{self.pk}"


class AudiencePart(models.Model):
    """A segment or list whose members are in the audience, or are kept out of it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="parts", db_index=False)
    segment = models.ForeignKey("segments.Segment", on_delete=models.PROTECT, related_name="+")
    is_excluded = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "segment"], name="campaigns_part_once")]

    def __str__(self) -> str:
        return f"{'without' if self.is_excluded else 'with'} segment {self.segment_id}"


class Variant(models.Model):
    """One of the mails that are compared, or the only one. What goes out is pinned when somebody asks to send it.

    `sent_template` and `sent_version`: what messages name; a copy with the other subject where there is one.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="variants", db_index=False)
    key = models.CharField(max_length=1, help_text="A, B, C or D.")
    template = models.TextField(help_text="Slug of a mail template.")
    subject = models.TextField(blank=True, default="", help_text="Instead of the template's; Liquid.")
    share = models.DecimalField(**SHARE, default=1)
    version = models.PositiveIntegerField(null=True, blank=True, help_text="Of the template, once asked to send.")
    sent_template = models.TextField(blank=True, default="")
    sent_version = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "key"], name="campaigns_variant_once"),
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="campaigns_variant_share"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.template}"


class Winner(models.Model):
    """Which variant the rest of the audience gets: chosen once, by the rule or by somebody, and never again."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="winners", db_index=False)
    variant = models.CharField(max_length=1)
    is_clear = models.BooleanField(help_text="It led by as much as was asked, or somebody chose it.")
    why = models.TextField()
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign"], name="campaigns_winner_once")]

    def __str__(self) -> str:
        return f"{self.variant}: {self.why}"


class Recipient(models.Model):
    """One address of a frozen audience. Every one of them ends: sent, suppressed, failed, unknown, held out or skipped.

    `due_at` is empty while it waits for the winner. The address itself stands with its identifier alone.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        QUEUED = "queued"
        SENT = "sent"
        SUPPRESSED = "suppressed"
        FAILED = "failed", "Refused for good"
        UNKNOWN = "unknown", "Handed over or not: never resent"
        HELD_OUT = "held_out", "Held out"
        SKIPPED = "skipped"

    OPEN = (State.WAITING.value, State.QUEUED.value)

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    identifier_id = models.BigIntegerField(db_index=True, help_text="Of the address.")
    address_hash = models.BinaryField(max_length=16)
    variant = models.CharField(max_length=1, blank=True, default="")
    in_test = models.BooleanField(default=False)
    state = models.TextField(choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True, default="")
    due_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "address_hash"], name="campaigns_recipient_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "queued"], ended_at__isnull=True)
                | (~Q(state__in=["waiting", "queued"]) & Q(ended_at__isnull=False)),
                name="campaigns_recipient_ended",
            ),
        ]
        indexes = [
            # Serves the slice: who is next.
            models.Index(
                fields=["campaign", "due_at", "id"], name="campaigns_recipient_due", condition=Q(state="waiting")
            ),
            # Serves the running page, results and the end.
            models.Index(fields=["campaign", "state", "variant", "reason"], name="campaigns_recipient_counts"),
            # Serves the throttle.
            models.Index(
                fields=["campaign", "queued_at"],
                name="campaigns_recipient_queued",
                condition=Q(queued_at__isnull=False),
            ),
            # Serves the rate on the running page.
            models.Index(
                fields=["campaign", "ended_at"], name="campaigns_recipient_ends", condition=Q(ended_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: identifier {self.identifier_id} {self.state}"
