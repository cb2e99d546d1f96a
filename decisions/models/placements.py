"""Places in the shop that are decided: by a table, a rule, an experiment or a bandit."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class DecisionPlacement(models.Model):
    """A named place. `draft` is what the editor holds; what decides is `version`, which never changes."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        PAUSED = "paused", "answers its fallback"
        ARCHIVED = "archived"

    key = models.SlugField(unique=True, help_text="What the API and the script tag name, e.g. home-hero.")
    name = models.TextField()
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    draft = models.JSONField(default=dict, blank=True, help_text="See decisions/definition.py.")
    version = models.ForeignKey("PlacementVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["live", "paused"]) | Q(version__isnull=False), name="decisions_live_placement"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlacementVersion(models.Model):
    """A published definition: never changed. Decisions name the version they were made by."""

    placement = models.ForeignKey(DecisionPlacement, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["placement", "number"], name="decisions_placement_number")]

    def __str__(self) -> str:
        return f"{self.placement_id} v{self.number}"
