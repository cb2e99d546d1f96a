"""Experiments and the first exposure of each unit. Assignment itself is a pure function."""

from django.db import models
from django.db.models.functions import Now


class Experiment(models.Model):
    """A split of units into variants. `salt` fixes the split; changing it is a new experiment."""

    key = models.SlugField(unique=True)
    name = models.TextField()
    salt = models.TextField(editable=False)
    variants = models.JSONField(help_text='Shares by variant, e.g. {"holdout": 0.1, "treated": 0.9}.')
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """The first time a unit met an experiment; its variant never changes afterwards."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="exposures", db_index=False)
    unit_hash = models.BinaryField(max_length=16, help_text="Hash of the unit, e.g. an address.")
    variant = models.TextField()
    exposed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "unit_hash"], name="experiments_exposed_once")]

    def __str__(self) -> str:
        return f"{self.experiment_id}: {self.variant}"
