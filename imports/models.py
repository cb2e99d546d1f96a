"""Imports, the rows of them that could not be taken, and the inbox requests they became."""

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from events.models import Source


class Import(models.Model):
    """One file on its way in. What was read so far and what it became is written in one transaction with `position`."""

    class Kind(models.TextChoices):
        PEOPLE = "people"
        EVENTS = "events"
        ORDERS = "orders"
        PRODUCTS = "products"
        SUPPRESSIONS = "suppressions", "Suppressed addresses"

    class State(models.TextChoices):
        DRAFT = "draft", "To be mapped"
        CHECKING = "checking"
        CHECKED = "checked"
        RUNNING = "running", "Importing"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    kind = models.TextField(choices=Kind.choices)
    name = models.TextField(help_text="The file's name as it was uploaded.")
    size = models.BigIntegerField(help_text="Bytes.")
    sha256 = models.TextField()
    path = models.TextField(blank=True, default="", help_text="Below IMPORTS_DIR; empty once deleted.")
    content_at = models.DateTimeField(help_text="When this content was first uploaded: the time of rows without one.")
    format = models.TextField()
    options = models.JSONField(default=dict)
    names = models.JSONField(default=list, help_text="The file's columns.")
    mapping = models.JSONField(default=list, help_text="What each column becomes.")
    signature = models.TextField(help_text="Of kind and columns: a file like it is mapped as this one.")
    preview = models.JSONField(default=dict, help_text="The first rows, and whether their dates are ambiguous.")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    problem = models.TextField(blank=True, default="", help_text="Why it failed.")
    job_id = models.UUIDField(null=True, blank=True, help_text="The job that checks or imports it.")
    report = models.JSONField(default=dict, help_text="What the check found, with samples.")
    about_rows = models.BigIntegerField(default=0, help_text="Rows as counted by line ends.")
    position = models.JSONField(default=dict, help_text="How far the import has come.")
    rows = models.BigIntegerField(default=0, help_text="Rows read by the import.")
    sent = models.BigIntegerField(default=0, help_text="Events handed to the inbox, or products written.")
    duplicates = models.BigIntegerField(default=0, help_text="Rows (of orders: orders) that were imported before.")
    rejected = models.BigIntegerField(default=0, help_text="Rows that could not be taken.")
    stored = models.BigIntegerField(null=True, help_text="Events stored, once processed.")
    refused = models.BigIntegerField(null=True, help_text="Events about erased people, once processed.")
    quarantined = models.BigIntegerField(null=True, help_text="Events set aside in processing.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When the last of its events was processed.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rows__gte=0, sent__gte=0, duplicates__gte=0, rejected__gte=0),
                name="imports_import_counts",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=("products", "suppressions")) | models.Q(source__isnull=False),
                name="imports_events_have_a_source",
            ),
        ]
        indexes = [
            # Serves “as last time”.
            models.Index(fields=["signature", "-created_at"], name="imports_import_signature"),
            # Serves the time of a content's first upload.
            models.Index(fields=["sha256", "kind"], name="imports_import_content"),
            # Serves the list and the retention of files.
            models.Index(fields=["-created_at"], name="imports_import_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


class ImportReject(models.Model):
    """One row that could not be taken. `raw` is a JSON list of its cells, or a JSON text where it has none."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rejects", db_index=False)
    row = models.BigIntegerField(help_text="Its place in the file; the header is row 1.")
    code = models.TextField()
    reason = models.TextField(help_text="How to mend it.")
    raw = models.TextField()

    class Meta:
        verbose_name_plural = "rejected rows"
        constraints = [models.UniqueConstraint(fields=["of", "row"], name="imports_reject_once")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.code}"


class ImportRequest(models.Model):
    """An inbox request that holds events of an import: how what becomes of them in processing is found again."""

    inbox_id = models.BigIntegerField(primary_key=True)
    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="requests")
    items = models.IntegerField()

    def __str__(self) -> str:
        return f"request #{self.inbox_id}"
