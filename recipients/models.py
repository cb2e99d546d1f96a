"""Recipients of personal data and what each was sent: one row a delivery, with its decision."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Recipient(models.Model):
    """Another party that is told by webhook. `purpose`: what must be allowed before anything of a person goes there."""

    class Role(models.TextChoices):
        PROCESSOR = "processor", "Processor: works on our behalf"
        THIRD_PARTY = "third_party", "Third party: uses the data for itself"

    name = models.TextField(unique=True)
    role = models.TextField(choices=Role.choices, default=Role.THIRD_PARTY)
    url = models.TextField(help_text="Where it is told; https outside this machine's own networks.")
    secret = models.TextField(help_text="Signs each delivery (HMAC-SHA256).")
    topics = ArrayField(models.TextField(), default=list, help_text="What it is told of, e.g. segment.entered.")
    segments = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="Ids of the segments it hears of; none: every one.",
    )
    purpose = models.TextField(default="third_party_sharing", help_text="A purpose's code.")
    fields = ArrayField(
        models.TextField(),
        default=list,
        blank=True,
        help_text="Identifier kinds and traits it is given; none: ids only.",
    )
    country = models.TextField(blank=True, default="", help_text="Where it processes, alpha-2.")
    safeguard = models.TextField(blank=True, default="", help_text="What allows a transfer there, e.g. SCC.")
    enabled = models.BooleanField(default=True)
    previous_secret = models.TextField(blank=True, default="", db_default="", help_text="Signs, too, until its end.")
    previous_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, db_default=0, help_text="In a row, of reaching it at all.")
    quiet_until = models.DateTimeField(null=True, blank=True, help_text="Left alone until then, after a failure.")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One thing told to one recipient, or why it was not. At least once; the recipient tells repeats by `key`."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        SUPPRESSED = "suppressed", "Not sent: not allowed"
        FAILED = "failed", "Given up"

    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="deliveries")
    key = models.TextField(help_text="What happened, once: topic and its row.")
    topic = models.TextField()
    profile_id = models.UUIDField(null=True)
    identifier_id = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict, help_text="Ids and codes; personal fields are read when it is sent.")
    state = models.TextField(choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True, default="")
    consent_entry_id = models.BigIntegerField(null=True, help_text="The ledger entry that allowed or forbade it.")
    attempts = models.SmallIntegerField(default=0)
    replays = models.SmallIntegerField(default=0, db_default=0, help_text="How often staff had it sent again.")
    next_at = models.DateTimeField(db_default=Now())
    status = models.SmallIntegerField(null=True, help_text="The HTTP status answered last.")
    made_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="recipients_told_once")]
        indexes = [
            models.Index(
                fields=["recipient", "next_at"],
                name="recipients_delivery_claim",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["identifier_id"], name="recipients_delivery_person"),
            models.Index(fields=["profile_id"], name="recipients_delivery_profile"),
            models.Index(fields=["-made_at"], name="recipients_delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.recipient_id}, {self.state}"


class Attempt(models.Model):
    """One try to hand a delivery over: what was answered and how long it took. The log of the delivery's page."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.SmallIntegerField()
    at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    reason = models.TextField(blank=True, default="")
    took_ms = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"try {self.number} of {self.delivery_id}"


class Disclosure(models.Model):
    """That a recipient was given something of a profile: one row, however often, kept until that person is erased.

    Deliveries end by retention; who must be told of an erasure or a rectification stands here. Written before the
    hand-over, so it may tell of one that did not arrive, never the other way round.
    """

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="disclosures")
    profile_id = models.UUIDField(help_text="As the recipient was told it.")
    fields = ArrayField(models.TextField(), default=list, help_text="Which of its fields were ever sent.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile_id", "recipient"], name="recipients_disclosed_once")]

    def __str__(self) -> str:
        return f"{self.times} to {self.recipient_id}"
