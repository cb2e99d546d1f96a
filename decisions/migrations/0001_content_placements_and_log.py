"""Content, placements that are decided, the log of decisions and what came of them."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContentBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True)),
                ("name", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("archived", "Archived")], default="draft"
                    ),
                ),
                ("draft", models.JSONField(blank=True, default=dict, help_text="See decisions/content.py.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("request_key", models.BinaryField(max_length=16, null=True)),
                ("identifier_id", models.BigIntegerField(db_index=True, null=True)),
                ("unit_hash", models.BinaryField(max_length=16, null=True)),
                ("decided_by", models.TextField(help_text="table, rule, experiment, bandit or fallback.")),
                ("arm", models.TextField(help_text="Which outcome: the row of a table, a variant, a bandit's arm.")),
                ("reason", models.TextField(help_text="Why, as a code.")),
                (
                    "propensity",
                    models.FloatField(default=1.0, help_text="How likely this arm was, when it was chosen."),
                ),
                ("probabilities", models.JSONField(help_text="{arm: probability} where chance chose.", null=True)),
                (
                    "features",
                    models.JSONField(
                        help_text="What a bandit or a model was told of the person and the page.", null=True
                    ),
                ),
                ("state_version", models.BigIntegerField(default=0, help_text="Of a bandit's posterior.")),
                (
                    "answer",
                    models.JSONField(help_text="What was answered; kept with an idempotency key for a day.", null=True),
                ),
                ("decided_at", models.DateTimeField()),
                ("exposed_at", models.DateTimeField(help_text="When it was first seen.", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DecisionPlacement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(help_text="What the API and the script tag name, e.g. home-hero.", unique=True),
                ),
                ("name", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("draft", "Draft"),
                            ("live", "Live"),
                            ("paused", "answers its fallback"),
                            ("archived", "Archived"),
                        ],
                        default="draft",
                    ),
                ),
                ("draft", models.JSONField(blank=True, default=dict, help_text="See decisions/definition.py.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "block",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="decisions.contentblock",
                    ),
                ),
                (
                    "published_by",
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
        migrations.AddField(
            model_name="contentblock",
            name="version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="decisions.contentversion",
            ),
        ),
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField()),
                (
                    "occasion",
                    models.TextField(blank=True, default="", help_text="An order's id, a message's: counted once."),
                ),
                ("value", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("at", models.DateTimeField()),
                ("told_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "decision",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversions",
                        to="decisions.decision",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PlacementVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("definition", models.JSONField()),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "placement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="decisions.decisionplacement",
                    ),
                ),
                (
                    "published_by",
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
        migrations.AddField(
            model_name="decisionplacement",
            name="version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="decisions.placementversion",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="decisions.placementversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="contentversion",
            constraint=models.UniqueConstraint(fields=("block", "number"), name="decisions_content_number"),
        ),
        migrations.AddConstraint(
            model_name="contentblock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "live"), _negated=True), ("version__isnull", False), _connector="OR"
                ),
                name="decisions_live_content",
            ),
        ),
        migrations.AddIndex(
            model_name="conversion",
            index=models.Index(fields=["told_at"], name="decisions_conversion_told"),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.UniqueConstraint(
                fields=("decision", "kind", "occasion"), name="decisions_converted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="placementversion",
            constraint=models.UniqueConstraint(fields=("placement", "number"), name="decisions_placement_number"),
        ),
        migrations.AddConstraint(
            model_name="decisionplacement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["live", "paused"]), _negated=True),
                    ("version__isnull", False),
                    _connector="OR",
                ),
                name="decisions_live_placement",
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["version", "decided_at"], name="decisions_by_time"),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["decided_at"], name="decisions_decided_at"),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("propensity__gt", 0), ("propensity__lte", 1)),
                name="decisions_propensity_is_a_probability",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("request_key__isnull", False)),
                fields=("request_key", "version"),
                name="decisions_asked_once",
            ),
        ),
    ]
