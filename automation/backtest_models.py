"""Kept back-tests: what a journey would have done over past days, and a line for each thing it would have done."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class BackTest(models.Model):
    """One run of a graph over the last days; its figures are kept, its lines as long as they are."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    journey = models.ForeignKey("automation.Journey", on_delete=models.CASCADE, related_name="back_tests")
    graph = models.JSONField(help_text="What was run, as it was then.")
    source = models.TextField(help_text="draft, or version and its number.")
    days = models.PositiveSmallIntegerField()
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    since = models.DateTimeField()
    until = models.DateTimeField()
    totals = models.JSONField(default=dict, help_text="Figures by step and reason.")
    problem = models.TextField(blank=True, default="")
    job_id = models.UUIDField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "back-test"
        # Serves a journey's list of them.
        indexes = [models.Index(fields=["journey", "-created_at"], name="automation_backtest_recent")]

    def __str__(self) -> str:
        return f"{self.days} days of {self.source}"


class BackTestLine(models.Model):
    """One thing that would have been done for somebody, or was held back and why."""

    run = models.ForeignKey(BackTest, on_delete=models.CASCADE, related_name="lines", db_index=False)
    identifier_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    node = models.TextField(blank=True, default="", help_text="Id of the step; empty: the way as a whole.")
    outcome = models.TextField(help_text="sent, held, skipped, ended, kept_out or done.")
    reason = models.TextField(blank=True, default="")
    until = models.DateTimeField(null=True, help_text="Until when it would have been held back.")

    class Meta:
        verbose_name = "back-test line"
        # Serves the list, by time, and one outcome of it.
        indexes = [
            models.Index(fields=["run", "at", "id"], name="automation_backtest_lines"),
            models.Index(fields=["run", "outcome", "at", "id"], name="automation_backtest_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.at:%Y-%m-%d %H:%M}"
