"""Model runs: what was trained, on what, how good it was, and which one is live."""

from django.db import models
from django.db.models.functions import Now


class ModelRun(models.Model):
    """One training: parameters, data window, metrics beside popularity, and the artifact's checksum."""

    job_id = models.UUIDField(null=True, editable=False)
    params = models.JSONField(default=dict)
    trained_until = models.DateTimeField(help_text="The newest event it learned from.")
    people = models.IntegerField(default=0)
    products = models.IntegerField(default=0)
    interactions = models.BigIntegerField(default=0)
    metrics = models.JSONField(default=dict, help_text="By strategy and slice: ndcg, recall, hit rate, mrr, coverage.")
    artifact = models.TextField(help_text="File name under VAR_DIR/models.")
    checksum = models.TextField(help_text="SHA-256 of the artifact.")
    is_live = models.BooleanField(default=False)
    verdict = models.TextField(blank=True, default="", help_text="Why it was or was not promoted.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_live"], condition=models.Q(is_live=True), name="recommendations_one_live_model"
            ),
        ]

    def __str__(self) -> str:
        return f"model #{self.pk}"
