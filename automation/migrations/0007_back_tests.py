"""Kept back-tests and their lines."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("automation", "0006_trigger_queues"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BackTest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("graph", models.JSONField(help_text="What was run, as it was then.")),
                ("source", models.TextField(help_text="draft, or version and its number.")),
                ("days", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("totals", models.JSONField(default=dict, help_text="Figures by step and reason.")),
                ("problem", models.TextField(blank=True, default="")),
                ("job_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
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
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="back_tests", to="automation.journey"
                    ),
                ),
            ],
            options={
                "verbose_name": "back-test",
            },
        ),
        migrations.CreateModel(
            name="BackTestLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier_id", models.BigIntegerField(db_index=True)),
                ("at", models.DateTimeField()),
                (
                    "node",
                    models.TextField(blank=True, default="", help_text="Id of the step; empty: the way as a whole."),
                ),
                ("outcome", models.TextField(help_text="sent, held, skipped, ended, kept_out or done.")),
                ("reason", models.TextField(blank=True, default="")),
                ("until", models.DateTimeField(help_text="Until when it would have been held back.", null=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="automation.backtest",
                    ),
                ),
            ],
            options={
                "verbose_name": "back-test line",
            },
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(fields=["journey", "-created_at"], name="automation_backtest_recent"),
        ),
        migrations.AddIndex(
            model_name="backtestline",
            index=models.Index(fields=["run", "at", "id"], name="automation_backtest_lines"),
        ),
        migrations.AddIndex(
            model_name="backtestline",
            index=models.Index(fields=["run", "outcome", "at", "id"], name="automation_backtest_outcome"),
        ),
    ]
