"""The tracking plan: event types with their versions, a mode a source, what was learned, and counted violations."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class EventType(models.Model):
    """An event the shop means to send, or means not to. Its name is the canonical one, after aliases."""

    class Kind(models.TextChoices):
        TRACK = "track"
        PAGE = "page"
        SCREEN = "screen"
        IDENTIFY = "identify"
        GROUP = "group"

    class Status(models.TextChoices):
        DECLARED = "declared"
        DEPRECATED = "deprecated"
        BLOCKED = "blocked"

    class Origin(models.TextChoices):
        SHIPPED = "shipped"
        STAFF = "staff"
        LEARNED = "learned"

    kind = models.TextField(choices=Kind.choices, default=Kind.TRACK)
    name = models.TextField(help_text="The track name; page, screen, identify and group are named like their kind.")
    description = models.TextField(blank=True, default="")
    owner = models.TextField(blank=True, default="", help_text="Who answers for it: a team or a person of the shop.")
    status = models.TextField(choices=Status.choices, default=Status.DECLARED)
    origin = models.TextField(choices=Origin.choices, default=Origin.STAFF)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="plans_type_once"),
            models.CheckConstraint(
                condition=models.Q(kind="track") | models.Q(name=models.F("kind")), name="plans_type_named_by_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EventTypeVersion(models.Model):
    """What an event's properties are to be, as it stood. Only added: a trigger refuses other changes."""

    event_type = models.ForeignKey(EventType, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    schema = models.JSONField(help_text="JSON Schema, draft 2020-12, of the properties; of identify: the traits.")
    personal = models.JSONField(default=dict, help_text="Property path → what it tells of a person.")
    changelog = models.TextField(blank=True, default="")
    is_shipped = models.BooleanField(default=False)
    is_current = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="None: shipped."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_type", "number"], name="plans_version_once"),
            models.UniqueConstraint(
                fields=["event_type"], condition=models.Q(is_current=True), name="plans_one_current_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type_id} v{self.number}"


class SourceMode(models.Model):
    """What is done with a source's events that break the plan. A source without a row is monitored."""

    class Mode(models.TextChoices):
        OFF = "off"
        MONITOR = "monitor"
        QUARANTINE = "quarantine"

    source_id = models.BigIntegerField(primary_key=True)
    mode = models.TextField(choices=Mode.choices, default=Mode.MONITOR)
    only_declared = models.BooleanField(default=False, help_text="Events that the plan does not know break it.")

    def __str__(self) -> str:
        return f"source {self.source_id}: {self.mode}"


class LearnedEvent(models.Model):
    """An event name as it came from a source, declared or not. `count` is exact; `refused` were never stored."""

    source_id = models.BigIntegerField()
    kind = models.TextField()
    name = models.TextField()
    count = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    sampled = models.BigIntegerField(default=0, help_text="Events whose properties were looked at.")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ignored_at = models.DateTimeField(null=True, help_text="Staff do not want to see it among the undeclared.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_id", "kind", "name"], name="plans_learned_once")]

    def __str__(self) -> str:
        return f"{self.name} of source {self.source_id}"


class LearnedDay(models.Model):
    """How many events of a name a source sent on a day of receipt (UTC)."""

    pk = models.CompositePrimaryKey("event_id", "day")
    event = models.ForeignKey(LearnedEvent, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    count = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.event_id} on {self.day}"


class LearnedProperty(models.Model):
    """A property of a learned event: which types it had how often, and a few values, personal ones masked."""

    event = models.ForeignKey(LearnedEvent, on_delete=models.CASCADE, related_name="properties", db_index=False)
    path = models.TextField()
    seen = models.BigIntegerField(default=0, help_text="Sampled events that had it.")
    types = models.JSONField(default=dict, help_text="JSON type → how often.")
    samples = models.JSONField(default=list, help_text="At most 20 values, texts cut at 60 characters.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "path"], name="plans_learned_property_once")]

    def __str__(self) -> str:
        return self.path


class ViolationCount(models.Model):
    """How often an event broke one rule at one property, a source and day of receipt.

    The row with rule "any" counts the events, whatever is wrong with them: an event may break several rules.
    """

    source_id = models.BigIntegerField()
    day = models.DateField()
    kind = models.TextField()
    name = models.TextField()
    path = models.TextField(blank=True, default="")
    rule = models.TextField()
    sentence = models.TextField(blank=True, default="")
    count = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0, help_text="Of the count: went to quarantine.")
    sample_inbox_id = models.BigIntegerField(help_text="Where the newest such event's bytes are.")
    sample_index = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "day", "kind", "name", "path", "rule"], name="plans_violation_once"
            )
        ]
        indexes = [
            # Serves an event's page and the list: what broke lately.
            models.Index(fields=["kind", "name", "day"], name="plans_violation_event"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.path} {self.rule}"
