"""The log: what was decided for whom by which version and with which probability, what was seen and what came of it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from decisions.models.placements import PlacementVersion


class Decision(models.Model):
    """One answer of one place. Who refuses personalization is nobody here: no identifier, no unit, no features.

    `request_key`: the caller's idempotency key under his own name; the same asked again gets `answer` again.
    """

    id = models.UUIDField(primary_key=True)
    version = models.ForeignKey(PlacementVersion, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    placement = models.TextField(
        blank=True, default="", db_default="", help_text="Of recommendations that stand for themselves: their key."
    )
    request_key = models.BinaryField(max_length=16, null=True)
    identifier_id = models.BigIntegerField(null=True, db_index=True)
    unit_hash = models.BinaryField(max_length=16, null=True)
    decided_by = models.TextField(help_text="table, rule, experiment, bandit or fallback.")
    arm = models.TextField(help_text="Which outcome: the row of a table, a variant, a bandit's arm.")
    reason = models.TextField(help_text="Why, as a code.")
    propensity = models.FloatField(default=1.0, help_text="How likely this arm was, when it was chosen.")
    probabilities = models.JSONField(null=True, help_text="{arm: probability} where chance chose.")
    features = models.JSONField(null=True, help_text="What a bandit or a model was told of the person and the page.")
    state_version = models.BigIntegerField(default=0, help_text="Of a bandit's posterior.")
    answer = models.JSONField(null=True, help_text="What was answered; kept with an idempotency key for a day.")
    decided_at = models.DateTimeField()
    exposed_at = models.DateTimeField(null=True, help_text="When it was first seen.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(propensity__gt=0, propensity__lte=1), name="decisions_propensity_is_a_probability"
            ),
            models.UniqueConstraint(
                fields=["request_key", "version"],
                condition=Q(request_key__isnull=False),
                name="decisions_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=False) ^ ~Q(placement=""), name="decisions_of_one_placement"
            ),
        ]
        indexes = [
            models.Index(fields=["version", "decided_at"], name="decisions_by_time"),
            # Serves retention and the day's figures.
            models.Index(fields=["decided_at"], name="decisions_decided_at"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id or self.placement}: {self.arm}"


class Conversion(models.Model):
    """What came of a decision, once a kind and occasion: a click, an order, whatever the shop tells."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="conversions", db_index=False)
    kind = models.TextField()
    occasion = models.TextField(blank=True, default="", help_text="An order's id, a message's: counted once.")
    value = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    at = models.DateTimeField()
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "kind", "occasion"], name="decisions_converted_once"),
        ]
        indexes = [
            models.Index(fields=["told_at"], name="decisions_conversion_told"),
            # Serves orders that change: their rewards are held against those they had.
            models.Index(fields=["occasion"], condition=Q(kind="order"), name="decisions_conversion_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.decision_id}"
