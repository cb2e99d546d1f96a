"""The row queues of triggers: work over many people in turns, and people who look around and have not left yet."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class TriggerRun(models.Model):
    """One occasion of a journey that concerns many people: a product, a day, a turn of a schedule.

    It is worked a batch of people at a time (`cursor`), in passes: `pass_at` is the instant the present one asks about,
    `passed_at` that of the one before. A pass that meets people whose hour has not come is followed by another.
    """

    class Kind(models.TextChoices):
        BACK_IN_STOCK = "back_in_stock"
        PRICE_DROP = "price_drop"
        DATE_TRAIT = "date_trait"
        SCHEDULE = "schedule"

    journey = models.ForeignKey("automation.Journey", on_delete=models.CASCADE, related_name="trigger_runs")
    occasion = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    facts = models.JSONField(default=dict, help_text="What was told: the product and its prices, or the day.")
    cursor = models.TextField(blank=True, default="", help_text="Profile id up to which the present pass went.")
    pass_at = models.DateTimeField(null=True, help_text="The instant the present pass asks about.")
    passed_at = models.DateTimeField(null=True, help_text="That of the pass before.")
    next_at = models.DateTimeField(null=True, help_text="The earliest hour to come that the present pass met.")
    due_at = models.DateTimeField()
    entered = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "occasion"], name="automation_trigger_once"),
            models.CheckConstraint(
                condition=models.Q(cursor="") | models.Q(pass_at__isnull=False), name="automation_trigger_in_a_pass"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="automation_trigger_due", condition=models.Q(done_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.occasion


class Browsing(models.Model):
    """Somebody who looked at products and may still: due once they have been away for long enough."""

    journey = models.ForeignKey("automation.Journey", on_delete=models.CASCADE, related_name="+", db_index=False)
    identifier_id = models.BigIntegerField(db_index=True)
    since = models.DateTimeField(help_text="Their first look at a product.")
    viewed_at = models.DateTimeField(help_text="Their last.")
    product_ids = ArrayField(models.TextField(), help_text="What they looked at, the last one last; ten at most.")
    due_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "identifier_id"], name="automation_browsing_once"),
            models.CheckConstraint(
                condition=models.Q(viewed_at__gte=models.F("since")), name="automation_browsing_spans"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="automation_browsing_due")]

    def __str__(self) -> str:
        return f"identifier {self.identifier_id} since {self.since:%Y-%m-%d %H:%M}"
