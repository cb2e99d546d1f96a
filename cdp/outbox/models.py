"""Topic rows and their deliveries: what happened, and which subscriber has yet to act on it."""

from django.db import models
from django.db.models.functions import Now


class TopicRow(models.Model):
    """One published fact. `payload` holds ids only, never personal data."""

    topic = models.TextField()
    payload = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Serves the retention sweep.
        indexes = [models.Index(fields=["created_at"], name="outbox_topicrow_created")]

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"


class Delivery(models.Model):
    """One subscriber's duty towards one topic row; `done_at` is set in the transaction of its effects."""

    class Lane(models.IntegerChoices):
        LIVE = 0
        BULK = 1, "Bulk: imports and replays, which never delay live ones"

    topic_row = models.ForeignKey(TopicRow, on_delete=models.CASCADE, related_name="deliveries")
    consumer = models.TextField()
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.LIVE, db_default=0)
    attempts = models.PositiveSmallIntegerField(db_default=0, default=0)
    available_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(
        null=True, blank=True, help_text="Given up after repeated failures; retry it here."
    )
    last_error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["topic_row", "consumer"], name="outbox_one_delivery_a_consumer"),
        ]
        indexes = [
            # Serves the claim: undone rows of one consumer and lane, oldest first.
            models.Index(
                fields=["consumer", "lane", "id"],
                name="outbox_delivery_open",
                condition=models.Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            # Serves health and the subscriptions page: what was given up.
            models.Index(
                fields=["consumer", "parked_at"],
                name="outbox_delivery_parked",
                condition=models.Q(done_at__isnull=True, parked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} ← #{self.topic_row_id}"
