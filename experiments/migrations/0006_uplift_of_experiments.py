"""Comparisons of uplift learners, and the experiment logs staff uploaded for them."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0005_layers_shared_out"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UpliftUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(help_text="Of the file.")),
                ("rows", models.BigIntegerField()),
                ("columns", models.JSONField(help_text="[{name, kind: number|words, levels, distinct, unknown}]")),
                ("dropped", models.JSONField(default=list, help_text="[[column, why]]: not kept.")),
                ("table", models.BinaryField(help_text="The kept columns as a Parquet file.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UpliftRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=40, unique=True)),
                ("name", models.TextField()),
                ("spec", models.JSONField(help_text="What is compared: see experiments/uplift/specs.py.")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        db_default="queued",
                        default="queued",
                    ),
                ),
                ("problem", models.TextField(blank=True, db_default="", default="")),
                ("result", models.JSONField(help_text="See experiments/uplift/compare.py, Compared.", null=True)),
                (
                    "left_out",
                    models.JSONField(db_default={}, default=dict, help_text="{reason: people} not learned from."),
                ),
                (
                    "is_scored",
                    models.BooleanField(db_default=False, default=False, help_text="Its score is kept of people."),
                ),
                (
                    "scored",
                    models.JSONField(
                        db_default={}, default=dict, help_text="{people, at, cuts: {percent: value}, problem}"
                    ),
                ),
                ("job_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "experiment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uplift_runs",
                        to="experiments.experiment",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="experiments.upliftupload",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("experiment__isnull", True), ("upload__isnull", True), _connector="OR"),
                        name="experiments_uplift_one_origin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_scored", False), ("experiment__isnull", False), _connector="OR"),
                        name="experiments_uplift_scores_our_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True), ("result__isnull", False), _connector="OR"
                        ),
                        name="experiments_uplift_done_has_result",
                    ),
                ],
            },
        ),
    ]
