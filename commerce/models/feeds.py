"""Feeds of the catalog: where each is pulled from and when, what its columns mean, and every run of it."""

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CatalogFeed(models.Model):
    """A file of products, pulled from an address by a schedule, or uploaded by staff."""

    class Format(models.TextChoices):
        AUTO = "auto", "Find out"
        CSV = "csv", "CSV (comma, semicolon, tab or |)"
        JSON = "json", "JSON or JSON lines"
        MERCHANT = "merchant", "Google Merchant XML (RSS or Atom)"

    class Missing(models.TextChoices):
        LEAVE = "leave", "stay as they are"
        OUT_OF_STOCK = "out_of_stock", "go out of stock"
        INACTIVE = "inactive", "are shown no more"

    name = models.TextField(unique=True)
    url = models.TextField(blank=True, default="", help_text="Empty: files are uploaded by staff only.")
    format = models.TextField(choices=Format.choices, default=Format.AUTO)
    mapping = models.JSONField(default=dict, blank=True, help_text="{column of the file: what it becomes}")
    currency = models.CharField(max_length=3, blank=True, default="", help_text="Of prices that tell none.")
    header_name = models.TextField(blank=True, default="")
    header_value = models.TextField(blank=True, default="", help_text="Sent to the address, shown to nobody again.")
    every_minutes = models.PositiveIntegerField(null=True, blank=True)
    at_time = models.TimeField(null=True, blank=True, help_text="Once a day, in the company's time zone.")
    enabled = models.BooleanField(default=True)
    missing = models.TextField(choices=Missing.choices, default=Missing.LEAVE)
    etag = models.TextField(blank=True, default="", help_text="Of the file that was last read whole.")
    last_modified = models.TextField(blank=True, default="")
    digest = models.TextField(blank=True, default="", help_text="SHA-256 of that file and of how it was read.")
    failures = models.PositiveIntegerField(default=0, help_text="Runs that failed since the last good one.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = "feed"
        constraints = [
            models.CheckConstraint(
                condition=Q(every_minutes__isnull=True) | Q(at_time__isnull=True), name="commerce_feed_one_schedule"
            ),
            models.CheckConstraint(
                condition=Q(every_minutes__isnull=True) | Q(every_minutes__gte=5), name="commerce_feed_not_too_often"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FeedRun(models.Model):
    """One reading of a feed. A piece of products and the new `place` are written in one transaction."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Reading"
        DONE = "done"
        UNCHANGED = "unchanged", "Not changed"
        HELD = "held", "Held: asks staff"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (State.QUEUED.value, State.RUNNING.value)

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    feed = models.ForeignKey(CatalogFeed, on_delete=models.CASCADE, related_name="runs")
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    job_id = models.UUIDField(null=True, blank=True)
    path = models.TextField(blank=True, default="", help_text="The file while it is read, below VAR_DIR/feeds.")
    is_upload = models.BooleanField(default=False)
    size = models.BigIntegerField(default=0, help_text="Bytes of the file.")
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="What the address answered.")
    etag = models.TextField(blank=True, default="")
    last_modified = models.TextField(blank=True, default="")
    digest = models.TextField(blank=True, default="")
    place = models.BigIntegerField(default=0, help_text="Items of the file that are worked.")
    created = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    same = models.BigIntegerField(default=0)
    repeated = models.BigIntegerField(default=0, help_text="Items of products that stood in the file before.")
    rejected = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(default=0, help_text="Products of this feed that the file no longer holds.")
    reasons = models.JSONField(default=dict, help_text="{reason: rejected items}")
    samples = models.JSONField(default=list, help_text="The first rejected: [{line, product_id, reason, detail}]")
    error = models.TextField(blank=True, default="", help_text="Why it failed or is held, and how to mend it.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    queued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed"], condition=Q(state__in=["queued", "running"]), name="commerce_feed_one_open_run"
            ),
        ]
        indexes = [
            # Serves a feed's runs, the schedule and the retention.
            models.Index(fields=["feed", "-queued_at"], name="commerce_feedrun_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.feed.name}: {self.get_state_display().lower()}"


class FeedSeen(models.Model):
    """A product that a run has read: what is missing is found by these, which go with the run's end."""

    pk = models.CompositePrimaryKey("run_id", "product_id")
    run = models.ForeignKey(FeedRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    product_id = models.TextField()

    def __str__(self) -> str:
        return self.product_id
