"""Experiments made by staff: a state, targeting, layers, goals; exposures know their identifier."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Layer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True)),
                ("name", models.TextField()),
                ("salt", models.TextField(editable=False)),
            ],
        ),
        migrations.AddField(
            model_name="experiment",
            name="alpha",
            field=models.FloatField(db_default=0.05, default=0.05),
        ),
        migrations.AddField(
            model_name="experiment",
            name="audience",
            field=models.JSONField(
                blank=True, help_text="Whom it is about, in the rule language; null: everybody.", null=True
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="control",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="The variant others are compared with."
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="decision_note",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="experiment",
            name="goals",
            field=models.JSONField(
                blank=True, db_default=[], default=list, help_text="See experiments/metrics.py; the first decides."
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="guardrails",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="experiment",
            name="hypothesis",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="experiment",
            name="layer_from",
            field=models.FloatField(db_default=0.0, default=0.0, help_text="Its place in the layer, 0 to 1."),
        ),
        migrations.AddField(
            model_name="experiment",
            name="layer_to",
            field=models.FloatField(db_default=1.0, default=1.0),
        ),
        migrations.AddField(
            model_name="experiment",
            name="min_effect",
            field=models.FloatField(
                db_default=0.05, default=0.05, help_text="The smallest relative change worth finding."
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="owner",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="What keeps it: placement, journey, …"
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="experiment",
            name="state",
            field=models.TextField(
                choices=[("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped"), ("archived", "Archived")],
                db_default="running",
                default="running",
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="stopped_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="experiment",
            name="traffic",
            field=models.FloatField(
                db_default=1.0, default=1.0, help_text="Share of those targeted who take part, 0 to 1."
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name="experiment",
            name="winner",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="exposure",
            name="identifier_id",
            field=models.BigIntegerField(
                db_index=True,
                help_text="The identifier the unit is made of, where it is known: outcomes are found by it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="layer",
            field=models.ForeignKey(
                blank=True,
                help_text="Experiments of one layer never share a person.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="experiments",
                to="experiments.layer",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("traffic__gte", 0), ("traffic__lte", 1)), name="experiments_traffic_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("alpha__gt", 0), ("alpha__lt", 0.5)), name="experiments_alpha"
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("layer_from__gte", 0), ("layer_to__gt", models.F("layer_from")), ("layer_to__lte", 1)
                ),
                name="experiments_layer_range",
            ),
        ),
    ]
