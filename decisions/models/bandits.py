"""What bandits learned: counts an hour folded from the log, the state that is played, resets, judged candidates.

Nothing of a person is here: counts of arms, and weights of features.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from decisions.models.placements import DecisionPlacement, PlacementVersion


class BanditHour(models.Model):
    """One arm in one hour of decisions, folded whole from the log, never incremented. `ripe`: exposures whose window is
    over; only those teach."""

    version = models.ForeignKey(PlacementVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    arm = models.TextField()
    hour = models.DateTimeField()
    decided = models.PositiveIntegerField()
    exposed = models.PositiveIntegerField()
    ripe = models.PositiveIntegerField()
    won = models.PositiveIntegerField(help_text="Of the ripe ones.")
    total = models.FloatField(default=0.0, help_text="Sum of what the ripe ones were worth.")
    squares = models.FloatField(default=0.0, help_text="Sum of its squares.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "hour", "arm"], name="decisions_bandit_hour_once"),
            models.CheckConstraint(
                condition=Q(won__lte=F("ripe"), ripe__lte=F("exposed"), exposed__lte=F("decided")),
                name="decisions_bandit_hour_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.arm} at {self.hour:%Y-%m-%d %H:00}"


class BanditState(models.Model):
    """What a version plays by. `number` grows whenever `posterior` changes; decisions name it."""

    version = models.OneToOneField(PlacementVersion, on_delete=models.CASCADE, related_name="bandit_state")
    number = models.BigIntegerField(default=0)
    posterior = models.JSONField(default=dict, help_text="See decisions/bandits/state.py.")
    folded_until = models.DateTimeField(help_text="What was told until then is in it.")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gte=0), name="decisions_bandit_state_number")]

    def __str__(self) -> str:
        return f"{self.version_id}: state {self.number}"


class BanditReset(models.Model):
    """What was seen before `since` counts no more, of an arm or (empty) of all: it drifted, or staff said so."""

    class Cause(models.TextChoices):
        DRIFT = "drift"
        STAFF = "staff"

    placement = models.ForeignKey(DecisionPlacement, on_delete=models.CASCADE, related_name="bandit_resets")
    arm = models.TextField(blank=True, default="", help_text="Empty: every arm.")
    since = models.DateTimeField()
    cause = models.TextField(choices=Cause.choices)
    note = models.TextField(blank=True, default="", help_text="What drifted by how much, or why staff did it.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(since__lte=F("at")), name="decisions_bandit_reset_past"),
            models.UniqueConstraint(fields=["placement", "arm", "since", "cause"], name="decisions_bandit_reset_once"),
        ]

    def __str__(self) -> str:
        return f"{self.placement_id}: {self.arm or 'all'} since {self.since:%Y-%m-%d %H:%M}"


class BanditEvaluation(models.Model):
    """What a candidate would have brought on the log of a version, judged before it is switched on."""

    version = models.ForeignKey(PlacementVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    candidate = models.TextField(help_text="Its name: thompson, linucb, even, proposed or only:<arm>.")
    result = models.JSONField(help_text="See decisions/evaluation.")
    judged_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "candidate"], name="decisions_bandit_judged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.candidate}"
