"""Experiments, the first exposure of each unit, and results. Assignment itself is a pure function."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

PART_OF_LAYER = models.Func(
    template="int8range(layer_id * 1000000 + round(layer_from * 1000000)::bigint,"
    " layer_id * 1000000 + round(layer_to * 1000000)::bigint)",
    output_field=models.TextField(),
)
"""A range of a layer as a range of whole numbers, a million to a layer: two that share people overlap."""


class Experiment(models.Model):
    """A split of units into variants. `salt` fixes the split; changing it is a new experiment.

    `owner` empty: made by staff, with a life of its own (draft → running → stopped). Others are splits that a journey,
    a campaign or a placement's holdout keeps for itself: those always run.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        RUNNING = "running"
        STOPPED = "stopped"
        ARCHIVED = "archived"

    key = models.SlugField(unique=True)
    name = models.TextField()
    salt = models.TextField(editable=False)
    variants = models.JSONField(help_text='Shares by variant, e.g. {"holdout": 0.1, "treated": 0.9}.')
    owner = models.TextField(blank=True, default="", db_default="", help_text="What keeps it: placement, journey, …")
    state = models.TextField(choices=State.choices, default=State.RUNNING, db_default=State.RUNNING)
    hypothesis = models.TextField(blank=True, default="", db_default="")
    control = models.TextField(blank=True, default="", db_default="", help_text="The variant others are compared with.")
    traffic = models.FloatField(default=1.0, db_default=1.0, help_text="Share of those targeted who take part, 0 to 1.")
    audience = models.JSONField(
        null=True, blank=True, help_text="Whom it is about, in the rule language; null: everybody."
    )
    audience_slug = models.TextField(
        blank=True, default="", db_default="", editable=False, help_text="The segment that keeps `audience`."
    )
    labels = models.JSONField(
        default=dict, blank=True, db_default={}, help_text="What each variant is, in words, by its key."
    )
    layer = models.ForeignKey(
        "Layer",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="experiments",
        help_text="Experiments of one layer never share a person.",
    )
    layer_from = models.FloatField(default=0.0, db_default=0.0, help_text="Its place in the layer, 0 to 1.")
    layer_to = models.FloatField(default=1.0, db_default=1.0)
    goals = models.JSONField(
        default=list, blank=True, db_default=[], help_text="See experiments/metrics.py; the first decides."
    )
    guardrails = models.JSONField(default=list, blank=True, db_default=[])
    min_effect = models.FloatField(
        default=0.05, db_default=0.05, help_text="The smallest relative change worth finding."
    )
    alpha = models.FloatField(default=0.05, db_default=0.05)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    winner = models.TextField(blank=True, default="", db_default="")
    decision_note = models.TextField(blank=True, default="", db_default="")
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(traffic__gte=0, traffic__lte=1), name="experiments_traffic_share"),
            models.CheckConstraint(condition=Q(alpha__gt=0, alpha__lt=0.5), name="experiments_alpha"),
            models.CheckConstraint(
                condition=Q(layer_from__gte=0, layer_to__lte=1, layer_to__gt=F("layer_from")),
                name="experiments_layer_range",
            ),
            models.CheckConstraint(
                condition=Q(winner="") | Q(state__in=["stopped", "archived"]), name="experiments_winner_once_stopped"
            ),
            models.CheckConstraint(
                condition=~Q(owner="", state="running") | ~Q(control=""), name="experiments_running_has_control"
            ),
            # Of a plain range, which every server can index: two that run in one layer never share a person.
            ExclusionConstraint(
                name="experiments_layer_shared_out",
                expressions=[(PART_OF_LAYER, RangeOperators.OVERLAPS)],
                condition=Q(owner="", state="running", layer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Layer(models.Model):
    """A split of everybody that several experiments share among themselves: nobody is in two of them."""

    key = models.SlugField(unique=True)
    name = models.TextField()
    salt = models.TextField(editable=False)

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """The first time a unit met an experiment; its variant never changes afterwards."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="exposures", db_index=False)
    unit_hash = models.BinaryField(max_length=16, help_text="Hash of the unit, e.g. an address.")
    variant = models.TextField()
    exposed_at = models.DateTimeField()
    identifier_id = models.BigIntegerField(
        null=True,
        db_index=True,
        help_text="The identifier the unit is made of, where it is known: outcomes are found by it.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "unit_hash"], name="experiments_exposed_once")]

    def __str__(self) -> str:
        return f"{self.experiment_id}: {self.variant}"


class Result(models.Model):
    """What an experiment came to, as it stood at an instant: the body of an `experiments.stats.results`."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="results", db_index=False)
    at = models.DateTimeField()
    segments = models.JSONField(default=list, db_default=[], help_text="Slugs of the segments it was looked at by.")
    body = models.JSONField()
    seconds = models.FloatField(default=0.0, db_default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "at"], name="experiments_result_once")]

    def __str__(self) -> str:
        return f"{self.experiment_id} at {self.at:%Y-%m-%d %H:%M}"


class UpliftUpload(models.Model):
    """An experiment log that staff uploaded: its columns, without those that name single people."""

    name = models.TextField(help_text="Of the file.")
    rows = models.BigIntegerField()
    columns = models.JSONField(help_text="[{name, kind: number|words, levels, distinct, unknown}]")
    dropped = models.JSONField(default=list, help_text="[[column, why]]: not kept.")
    table = models.BinaryField(help_text="The kept columns as a Parquet file.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class UpliftRun(models.Model):
    """One comparison of uplift learners, of an experiment of ours or of an uploaded log. It names nobody.

    `key` is the score's name: `score.uplift-<key>`, where `is_scored`.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    key = models.SlugField(max_length=40, unique=True)
    name = models.TextField()
    experiment = models.ForeignKey(
        Experiment, null=True, blank=True, on_delete=models.CASCADE, related_name="uplift_runs"
    )
    upload = models.ForeignKey(UpliftUpload, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    spec = models.JSONField(help_text="What is compared: see experiments/uplift/specs.py.")
    state = models.TextField(choices=State.choices, default=State.QUEUED, db_default=State.QUEUED)
    problem = models.TextField(blank=True, default="", db_default="")
    result = models.JSONField(null=True, help_text="See experiments/uplift/compare.py, Compared.")
    left_out = models.JSONField(default=dict, db_default={}, help_text="{reason: people} not learned from.")
    is_scored = models.BooleanField(default=False, db_default=False, help_text="Its score is kept of people.")
    scored = models.JSONField(default=dict, db_default={}, help_text="{people, at, cuts: {percent: value}, problem}")
    job_id = models.UUIDField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(experiment__isnull=True) | Q(upload__isnull=True), name="experiments_uplift_one_origin"
            ),
            models.CheckConstraint(
                condition=Q(is_scored=False) | Q(experiment__isnull=False), name="experiments_uplift_scores_our_people"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(result__isnull=False), name="experiments_uplift_done_has_result"
            ),
        ]

    def __str__(self) -> str:
        return self.name
