"""Blocks of content that places in the shop show, with variants by language and segment."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ContentBlock(models.Model):
    """Something to show. `draft` is what the editor holds; what is shown is `version`, which never changes."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        ARCHIVED = "archived"

    key = models.SlugField(unique=True)
    name = models.TextField()
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    draft = models.JSONField(default=dict, blank=True, help_text="See decisions/content.py.")
    version = models.ForeignKey("ContentVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="live") | Q(version__isnull=False), name="decisions_live_content"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContentVersion(models.Model):
    """Published content: never changed."""

    block = models.ForeignKey(ContentBlock, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block", "number"], name="decisions_content_number")]

    def __str__(self) -> str:
        return f"{self.block_id} v{self.number}"
