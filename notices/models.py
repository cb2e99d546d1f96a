"""Order mails: which stages are written about, and every stage an order reached with what came of it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notices.contracts import STAGES


class Notice(models.Model):
    """The mail about one stage of an order. One row a stage."""

    stage = models.TextField(unique=True, choices=[(one.code, one.label) for one in STAGES.values()], editable=False)
    enabled = models.BooleanField(default=False, help_text="Off: the shop's own system writes these mails.")
    template = models.TextField(help_text="Slug of a transactional mail template.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "order mail"
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(self.get_stage_display())


class Reached(models.Model):
    """A stage that an order reached while its mail was on. It ends in a message, or in the reason why there is none."""

    class State(models.TextChoices):
        WAITING = "waiting"
        QUEUED = "queued", "Mail made"
        ENDED = "ended", "No mail"

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="reached", db_index=False)
    key = models.TextField(help_text="What happened, once: the order, and which shipment or refund.")
    order_id = models.TextField()
    identifier_id = models.BigIntegerField(db_index=True)
    facts = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    state = models.TextField(choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True, default="")
    message_id = models.BigIntegerField(null=True, blank=True)
    next_at = models.DateTimeField(db_default=Now())
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "order stage"
        constraints = [models.UniqueConstraint(fields=["notice", "key"], name="notices_reached_once")]
        indexes = [models.Index(fields=["next_at"], name="notices_reached_due", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"Order {self.order_id}: {self.notice.get_stage_display().lower()}"
