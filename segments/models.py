"""Segments and their versions, membership intervals, and what is to be evaluated: dirty profiles and due answers.

Beside them what rules ask that is stored nowhere else: who is named on static lists, and what was computed of people.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.timezone import localtime

from consent.contracts import PROCESSING
from lake.fields import XidField


class Segment(models.Model):
    """A named rule. Saving another rule makes a version."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        ARCHIVED = "archived"

    class Kind(models.TextChoices):
        RULE = "rule", "by a rule"
        STATIC = "static", "a list"

    kind = models.TextField(choices=Kind.choices, default=Kind.RULE, db_default=Kind.RULE, editable=False)
    slug = models.SlugField(unique=True)
    name = models.TextField()
    notes = models.TextField(blank=True, default="")
    state = models.TextField(choices=State.choices, default=State.LIVE)
    version = models.PositiveIntegerField(default=1, editable=False)
    definition = models.JSONField(help_text="The rule, in the segment language.")
    purpose = models.ForeignKey(
        "consent.Purpose",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to=~models.Q(code=PROCESSING),
        help_text="What is done with it. Whoever does not allow this is in it all the same, and is not acted upon. "
        "Empty: nothing is.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who answers for it.",
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["rule", "static"]), name="segments_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentVersion(models.Model):
    """A segment's rule as it stood."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "version"], name="segments_version_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} v{self.version}"


class Membership(models.Model):
    """One interval in which a profile was in a segment; open while `left_at` is null."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    profile_id = models.UUIDField()
    version = models.PositiveIntegerField()
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_reason = models.TextField(blank=True, default="", help_text="rule, merged, split, edited, archived or erased.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "profile_id"],
                condition=models.Q(left_at__isnull=True),
                name="segments_one_open_interval",
            ),
        ]
        indexes = [
            models.Index(fields=["profile_id", "segment"], name="segments_membership_profile"),
            models.Index(fields=["segment", "entered_at"], name="segments_membership_entered"),
            # Serves a segment's page: who left by day.
            models.Index(
                fields=["segment", "left_at"],
                condition=models.Q(left_at__isnull=False),
                name="segments_membership_left",
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.profile_id.hex[-6:]} since {localtime(self.entered_at):%-d %b %Y %H:%M}"


class DirtyProfile(models.Model):
    """A profile to evaluate. Deleted after evaluation only if its generation has not moved meanwhile."""

    profile_id = models.UUIDField(primary_key=True)
    generation = models.BigIntegerField(default=1, db_default=1)
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Serves the claim: who has waited longest, first.
        indexes = [models.Index(fields=["marked_at"], name="segments_dirty_oldest")]

    def __str__(self) -> str:
        return f"{self.profile_id} @{self.generation}"


class DueAnswer(models.Model):
    """The first instant at which time alone may change a profile's answer to a segment."""

    pk = models.CompositePrimaryKey("segment_id", "profile_id")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_index=False)
    profile_id = models.UUIDField(db_index=True)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.segment_id} {self.profile_id} at {self.due_at}"


class Listed(models.Model):
    """An identifier on a static list. It hangs on the identifier, so it follows the person through merges and back."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="listed", db_index=False)
    identifier_id = models.BigIntegerField(db_index=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    origin = models.TextField(blank=True, default="", help_text="What put it there, e.g. upload:<job id>.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "identifier_id"], name="segments_listed_once")]

    def __str__(self) -> str:
        return f"identifier {self.identifier_id} on list {self.segment_id}"


class ComputedValues(models.Model):
    """What was computed of a person: computed.*, rfm.* and score.*, as rules ask them. One row a profile."""

    profile_id = models.UUIDField(primary_key=True, db_column="id")  # the lake's trigger knows keys by this name
    values = models.JSONField(default=dict, help_text="{name: number, text, truth or ISO instant}.")
    updated_at = models.DateTimeField(db_default=Now())
    xid = XidField()

    class Meta:
        # Serves the lake: what was computed anew since its watermark.
        indexes = [models.Index(fields=["xid"], name="segments_computed_lake")]

    def __str__(self) -> str:
        return f"{len(self.values)} values of {self.profile_id}"
