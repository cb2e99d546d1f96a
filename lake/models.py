"""What the lake keeps in PostgreSQL: which rows are gone, and where each table's files stand.

The watermark is not here: it stands in the Delta commit whose files it describes.
"""

from django.db import models
from django.db.models.functions import Now

from lake.fields import XidField


class ErasedRow(models.Model):
    """A row that was deleted from a projected table, noted by trigger: hidden at once, then deleted from the files."""

    projection = models.TextField()
    key = models.BigIntegerField(help_text="The row's id; of a profile the upper half of its UUID.")
    key_lo = models.BigIntegerField(null=True, help_text="Of a profile the lower half of its UUID.")
    xid = XidField()
    erased_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Serves queries and the projector: what was deleted since the watermark.
        indexes = [models.Index(fields=["projection", "xid"], name="lake_erasedrow_since")]

    def __str__(self) -> str:
        return f"{self.projection} #{self.key}"


class LakeTable(models.Model):
    """One table of the lake: the folder its files are in, and what was last done with it.

    `generation` names the folder readers use; `building` the one a rebuild is filling. Neither: never projected.
    """

    name = models.TextField(primary_key=True)
    generation = models.TextField(blank=True, default="", db_default="")
    building = models.TextField(blank=True, default="", db_default="")
    built_rows = models.BigIntegerField(default=0, db_default=0, help_text="Rows the rebuild under way has written.")
    built_of = models.BigIntegerField(default=0, db_default=0, help_text="Rows it will write, about.")
    rebuilt_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True, help_text="When rows were first seen waiting for the next flush.")
    flushed_at = models.DateTimeField(null=True)
    flushed_rows = models.BigIntegerField(default=0, db_default=0, help_text="Rows the last flush wrote.")
    compacted_at = models.DateTimeField(null=True)
    rid_after = models.DateTimeField(null=True, help_text="When files that an erasure replaced may be deleted.")
    vacuumed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    verdict = models.TextField(blank=True, default="", db_default="", help_text="What verify last found.")
    problem = models.TextField(blank=True, default="", db_default="", help_text="Why it cannot be projected.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="lake_laketable_names_a_projection"),
        ]

    def __str__(self) -> str:
        return self.name
