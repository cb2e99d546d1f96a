"""Sources, the inbox of raw requests, the deduplication table, the event log and the quarantine."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, OpClass
from django.db import models
from django.db.models.functions import Now

from events.names import CART_EVENTS
from lake.fields import XidField


def new_write_key() -> str:
    """A public key that names a source, e.g. wk_V1StGXR8Z5jdHi6B."""
    return "wk_" + secrets.token_urlsafe(18)


class Source(models.Model):
    """Where events come from. Its write key is public for browsers, so its kind limits what it may assert."""

    class Kind(models.TextChoices):
        BROWSER = "browser"
        SERVER = "server"
        IMPORT = "import"

    name = models.TextField()
    kind = models.TextField(choices=Kind.choices, default=Kind.BROWSER)
    write_key = models.TextField(unique=True, default=new_write_key)
    enabled = models.BooleanField(default=True)
    asserts = ArrayField(
        models.TextField(),
        blank=True,
        default=list,
        help_text="Identifier kinds believed as they are. Both lists empty = the default of the kind of source "
        "(browser: anonymous_id and user_id, with a token email and phone; else all); once this one names a kind, both "
        "count as they stand.",
    )
    with_token = ArrayField(
        models.TextField(),
        blank=True,
        default=list,
        db_default=[],
        help_text="Identifier kinds believed only where a user token vouches for the very value. Empty beside an empty "
        "asserts = the default; empty beside asserts that names a kind = none. Add user_id once the shop hands out "
        "tokens: then nobody can claim to be another.",
    )
    country = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Country (two letters, e.g. DE) of phone numbers that name none, where the event tells no country.",
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Inbox(models.Model):
    """One raw request, written before it is acknowledged, claimed by a token and processed once."""

    class Lane(models.IntegerChoices):
        LIVE = 0
        BULK = 1

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    received_at = models.DateTimeField(db_default=Now())
    lane = models.SmallIntegerField(choices=Lane.choices, default=Lane.LIVE, db_default=0)
    path_type = models.TextField(
        default="batch", db_default="batch", help_text="The endpoint's event type; batch for many."
    )
    body = models.BinaryField(help_text="The request's bytes, decompressed. Erased items are blanked here too.")
    facts = models.JSONField(
        default=dict, db_default={}, help_text="From the request's head: ip, user agent, gpc, AnonymousId."
    )
    items = models.IntegerField(help_text="Events found in it, good or bad.")
    token = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "inbox"
        indexes = [
            # Serves the claim: live before bulk, oldest first.
            models.Index(fields=["lane", "id"], name="events_inbox_open", condition=models.Q(done_at__isnull=True)),
            # Serves replay and retention.
            models.Index(fields=["received_at"], name="events_inbox_received"),
            # Serves the live debugger and a source's replay.
            models.Index(fields=["source", "id"], name="events_inbox_source"),
        ]

    def __str__(self) -> str:
        return f"request #{self.pk}"


class StoredMessage(models.Model):
    """Deduplication, for ever: a message of a source is stored once, with the time it was first stored under."""

    pk = models.CompositePrimaryKey("source_id", "message_hash")
    source_id = models.BigIntegerField()
    message_hash = models.BinaryField(max_length=16)
    occurred_at = models.DateTimeField()
    digest = models.BigIntegerField(null=True, help_text="Of what it said; None where it was stored before digests.")

    def __str__(self) -> str:
        return bytes(self.message_hash).hex()


class MessageConflict(models.Model):
    """A message id that came again with another body: the first was kept, this one was counted as a duplicate."""

    source_id = models.BigIntegerField()
    message_hash = models.BinaryField(max_length=16)
    digest = models.BigIntegerField(help_text="Of what this one said.")
    inbox_id = models.BigIntegerField(help_text="Where its bytes are.")
    index = models.IntegerField()
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_id", "message_hash", "digest"], name="events_conflict_once")
        ]
        # Serves the live view's verdicts.
        indexes = [models.Index(fields=["inbox_id"], name="events_conflict_inbox")]

    def __str__(self) -> str:
        return f"message {bytes(self.message_hash).hex()} of source {self.source_id}"


class Event(models.Model):
    """One event of the log. It hangs on its strongest identifier, fixed when first processed."""

    id = models.BigIntegerField(primary_key=True)
    source_id = models.BigIntegerField()
    inbox_id = models.BigIntegerField()
    index = models.IntegerField()
    message_hash = models.BinaryField(max_length=16)
    type = models.TextField()
    name = models.TextField(help_text="The track name; for other types page, screen, identify, group, alias.")
    identifier_id = models.BigIntegerField()
    server_side = models.BooleanField(help_text="From a server or an import: believed before a browser.")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    flags = ArrayField(models.TextField(), default=list, help_text="clock_repaired, time_absurd, …")
    cart_id = models.TextField(null=True)
    order_id = models.TextField(null=True)
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    xid = XidField()

    class Meta:
        indexes = [
            # Serves timelines, segment evaluation and recent interactions.
            models.Index(fields=["identifier_id", "occurred_at"], name="events_event_person"),
            # Serves the refold of a person's carts, however long the person has looked around.
            models.Index(
                fields=["identifier_id"],
                name="events_event_shopping",
                condition=models.Q(name__in=sorted(CART_EVENTS | {"Order Completed"})),
            ),
            # Serves the count of a day's people: the log is nearly in the order of time, so ranges of blocks do.
            BrinIndex(OpClass("occurred_at", name="timestamptz_minmax_multi_ops"), name="events_event_time"),
            models.Index(fields=["cart_id"], name="events_event_cart", condition=models.Q(cart_id__isnull=False)),
            models.Index(fields=["order_id"], name="events_event_order", condition=models.Q(order_id__isnull=False)),
            # Serves what became of a request (debugger, replay): requests are worked nearly in their order.
            BrinIndex(
                OpClass("inbox_id", name="int8_minmax_multi_ops"),
                name="events_event_inbox",
                pages_per_range=16,
                autosummarize=True,
            ),
            # Serves the lake: events stored since its watermark.
            models.Index(fields=["xid"], name="events_event_lake"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class RejectedEvent(models.Model):
    """An item that could not be stored: its bytes, the stage and the reason. Never dropped, replayable."""

    class Resolution(models.TextChoices):
        REPLAYED = "replayed"
        DISMISSED = "dismissed"

    source_id = models.BigIntegerField()
    inbox_id = models.BigIntegerField()
    index = models.IntegerField()
    stage = models.TextField(help_text="parse, validate, plan, identity or poison.")
    reason = models.TextField()
    detail = models.TextField(blank=True, default="")
    raw = models.BinaryField()
    received_at = models.DateTimeField()
    rejected_at = models.DateTimeField(db_default=Now())
    edited = models.BinaryField(null=True, help_text="The bytes as staff mended them; what is replayed.")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.TextField(
        choices=Resolution.choices, blank=True, default="", db_default="", help_text="What became of it."
    )
    resolved_by_id = models.BigIntegerField(null=True, help_text="Member of staff; None for a job or a command.")
    replayed_as_id = models.BigIntegerField(null=True, help_text="The inbox row it was sent again as.")
    name = models.TextField(blank=True, default="", db_default="", help_text="The event's name, where it has one.")
    note = models.TextField(blank=True, default="", db_default="", help_text="Why it was dismissed.")

    class Meta:
        verbose_name_plural = "quarantine"
        constraints = [
            models.UniqueConstraint(fields=["inbox_id", "index"], name="events_rejected_once"),
            # An item is sent again once, and what comes back of it is found by this.
            models.UniqueConstraint(fields=["replayed_as_id"], name="events_replayed_once"),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True, resolution="", replayed_as_id__isnull=True)
                | (models.Q(resolved_at__isnull=False) & ~models.Q(resolution="")),
                name="events_rejected_resolved_somehow",
            ),
        ]
        indexes = [
            models.Index(fields=["source_id", "-rejected_at"], name="events_rejected_source"),
            # Serves the list of what is open, newest first.
            models.Index(fields=["-id"], name="events_rejected_open", condition=models.Q(resolved_at__isnull=True)),
            # Serves the counts of what is open, by reason.
            models.Index(
                fields=["source_id", "stage", "reason", "name"],
                name="events_rejected_groups",
                condition=models.Q(resolved_at__isnull=True),
            ),
            # Serves the alarm on what was rejected lately.
            BrinIndex(fields=["rejected_at"], name="events_rejected_time"),
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.reason}"


class SourceDay(models.Model):
    """Counters a source and day: received = accepted + duplicates + rejected + refused."""

    pk = models.CompositePrimaryKey("source_id", "day")
    source_id = models.BigIntegerField()
    day = models.DateField()
    received = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    conflicts = models.BigIntegerField(default=0, db_default=0, help_text="Of the duplicates: with another body.")
    violations = models.BigIntegerField(default=0, db_default=0, help_text="Of the accepted: against the plan.")
    bots = models.BigIntegerField(default=0, db_default=0, help_text="Of the accepted: sent by a bot.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    received=models.F("accepted") + models.F("duplicates") + models.F("rejected") + models.F("refused")
                ),
                name="events_sourceday_adds_up",
            )
        ]

    def __str__(self) -> str:
        return f"source {self.source_id} on {self.day}"


class QuarterHour(models.Model):
    """How many events happened in each quarter of an hour, a source: what charts read instead of the log.

    By the events' own time, so that late ones count where they belong. Quarters, since every zone's days begin on one.
    """

    pk = models.CompositePrimaryKey("starts_at", "source_id")
    starts_at = models.DateTimeField()
    source_id = models.BigIntegerField()
    events = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"source {self.source_id} at {self.starts_at}"


class PeopleDay(models.Model):
    """How many people did something on a day of the company's zone, and how many of them for the first time."""

    day = models.DateField(primary_key=True)
    seen = models.BigIntegerField()
    new = models.BigIntegerField()
    counted_at = models.DateTimeField(help_text="What arrived later is not in it.")
    took_ms = models.IntegerField(help_text="How long counting took: the next count waits a hundred times as long.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(new__gte=0, seen__gte=models.F("new")), name="events_peopleday_new_are_seen"
            )
        ]

    def __str__(self) -> str:
        return f"people of {self.day}"
