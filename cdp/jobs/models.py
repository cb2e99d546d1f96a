"""Job rows: long work with state, progress, heartbeat and cancel."""

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Job(models.Model):
    """One piece of work of minutes. A worker holds an advisory lock on `kind` while it runs one."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    kind = models.TextField()
    params = models.JSONField(default=dict, blank=True)
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    done = models.BigIntegerField(default=0, help_text="Units finished.")
    total = models.BigIntegerField(null=True, blank=True, help_text="Units in all, where known.")
    note = models.TextField(blank=True, default="", help_text="What it is doing now.")
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveIntegerField(default=0, help_text="Slices begun; the number of the present one.")
    lost = models.PositiveSmallIntegerField(default=0, help_text="How often its worker disappeared.")
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = [
            # Serves the claim and the sweep for lost heartbeats.
            models.Index(
                fields=["kind", "created_at"],
                name="jobs_job_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"
