"""Segments and their versions, membership intervals, and what is to be evaluated: dirty profiles and due answers.

Beside them what rules ask that is stored nowhere else: who is named on static lists, and what was computed of people.
"""

import uuid_utils.compat
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.timezone import localtime

from consent.contracts import PROCESSING
from lake.fields import XidField


class Segments(models.QuerySet["Segment"]):
    """Segments, and which of them people work with."""

    def named(self) -> "Segments":
        """Without those that an offer or a placement keeps for itself."""
        return self.filter(used_for="")


class Segment(models.Model):
    """A named rule. Saving another rule makes a version."""

    objects = Segments.as_manager()

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
    used_for = models.TextField(
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="What keeps it for itself, e.g. `offer:summer`: such a segment is in no list and is edited there.",
    )
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
            models.UniqueConstraint(
                fields=["used_for"], condition=~models.Q(used_for=""), name="segments_one_for_each_use"
            ),
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
    segment_ids = ArrayField(models.BigIntegerField(), null=True, help_text="For which segments; null: for every one.")
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


class ListFill(models.Model):
    """People put on a static list at once: from a file, a segment or a rule. What was read and what it became is
    written in one transaction with `position`; who it put there carries its origin, so that it can be taken back."""

    class Way(models.TextChoices):
        UPLOAD = "upload", "from a file"
        SEGMENT = "segment", "from a segment"
        RULE = "rule", "from a rule"

    class State(models.TextChoices):
        DRAFT = "draft", "To be looked at"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        UNDONE = "undone", "Taken back"

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="fills")
    way = models.TextField(choices=Way.choices)
    name = models.TextField(help_text="The file's name, or where the people are from.")
    source = models.JSONField(default=dict, help_text="How the file is read; the segment and instant; the rule.")
    path = models.TextField(blank=True, default="", help_text="Below SEGMENT_FILES_DIR; empty once deleted.")
    preview = models.JSONField(default=dict, help_text="The file's first rows, until it is read.")
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    problem = models.TextField(blank=True, default="", help_text="Why it failed.")
    job_id = models.UUIDField(null=True, blank=True, help_text="The job that does it.")
    about = models.BigIntegerField(default=0, help_text="Rows or people, about.")
    position = models.JSONField(default=dict, help_text="How far it has come.")
    rows = models.BigIntegerField(default=0, help_text="Rows or people read.")
    added = models.BigIntegerField(default=0, help_text="Put on the list by it.")
    already = models.BigIntegerField(default=0, help_text="On the list before, or named twice.")
    unmatched = models.BigIntegerField(default=0, help_text="Rows that name nobody we know.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rows=models.F("added") + models.F("already") + models.F("unmatched")),
                name="segments_fill_counts_every_row",
            ),
        ]
        indexes = [
            # Serves a list's page: its fills, the latest first.
            models.Index(fields=["segment", "-created_at"], name="segments_fill_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"


class ListReject(models.Model):
    """A row of an uploaded list that names nobody we know. `raw`: its cells as JSON; of an erased person nothing."""

    fill = models.ForeignKey(ListFill, on_delete=models.CASCADE, related_name="rejects", db_index=False)
    row = models.BigIntegerField(help_text="Its place in the file; the header is row 1.")
    code = models.TextField()
    reason = models.TextField()
    raw = models.TextField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fill", "row"], name="segments_reject_once")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.code}"


class MemberExport(models.Model):
    """A file of a segment's members, of whom each allows `purpose`; deleted at `expires_at`, and when somebody in it
    is erased."""

    class State(models.TextChoices):
        RUNNING = "running", "Being written"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        DELETED = "deleted"

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="exports")
    columns = models.JSONField(default=list, help_text="In their order; profile_id is the first.")
    purpose = models.TextField(help_text="Who does not allow it is left out.")
    path = models.TextField(blank=True, default="", help_text="Below SEGMENT_FILES_DIR; empty once deleted.")
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    problem = models.TextField(blank=True, default="", help_text="Why it failed, or was deleted early.")
    job_id = models.UUIDField(null=True, blank=True)
    rows = models.BigIntegerField(default=0, help_text="People in the file.")
    left_out = models.JSONField(default=dict, help_text="People left out, by the gate's reason.")
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    downloads = models.PositiveIntegerField(default=0)
    key_id = models.BigIntegerField(null=True, blank=True, help_text="The server key that asked for it.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When the file is deleted.")

    class Meta:
        permissions = [("export_members", "Can export the members of segments as files")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="done", expires_at__isnull=False) & ~models.Q(path="")
                | ~models.Q(state="done"),
                name="segments_export_that_is_done_expires",
            ),
        ]
        indexes = [
            # Serves a segment's page: its exports, the latest first.
            models.Index(fields=["segment", "-created_at"], name="segments_export_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} of segment {self.segment_id} ({self.state})"


class AuditRun(models.Model):
    """One comparison of what is stored with what the lake answers. Counts alone: nobody is named."""

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    job_id = models.UUIDField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it runs, or was cancelled.")
    segments = models.PositiveIntegerField(default=0, help_text="Segments compared.")
    people = models.BigIntegerField(default=0, help_text="Profiles there were: each compared for every segment.")
    wrong = models.BigIntegerField(default=0, help_text="Memberships and due answers that were not as the rule says.")
    unsettled = models.BigIntegerField(default=0, help_text="Differences still on their way when it stopped waiting.")
    seconds = models.FloatField(default=0)
    details = models.JSONField(default=list, help_text="Of each segment: id, slug, counts, seconds, what went wrong.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(wrong__gte=0, unsettled__gte=0), name="segments_audit_counts"),
        ]
        indexes = [
            # Serves the audit's page: the runs, the latest first.
            models.Index(fields=["-started_at"], name="segments_audit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.wrong} wrong in {self.segments} segments"
