"""Placements and their rules, feedback and what it adds up to, and more of what a training was."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="modelrun",
            name="log",
            field=models.JSONField(blank=True, default=list, help_text="[[seconds since the start, step, note]]."),
        ),
        migrations.AddField(
            model_name="modelrun",
            name="override_reason",
            field=models.TextField(blank=True, default="", help_text="Why staff made it live against the verdict."),
        ),
        migrations.AddField(
            model_name="modelrun",
            name="peak_mb",
            field=models.FloatField(help_text="Greatest memory of the process while training.", null=True),
        ),
        migrations.AddField(
            model_name="modelrun",
            name="promoted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="modelrun",
            name="sampled",
            field=models.FloatField(default=1.0, help_text="Share of people it learned from; below 1 to bound memory."),
        ),
        migrations.AddField(
            model_name="modelrun",
            name="seconds",
            field=models.FloatField(help_text="How long the training took.", null=True),
        ),
        migrations.AddField(
            model_name="modelrun",
            name="size_mb",
            field=models.FloatField(help_text="Of the artifact.", null=True),
        ),
        migrations.CreateModel(
            name="Earning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("placement", models.TextField()),
                ("variant", models.TextField(blank=True, default="")),
                ("model_run", models.IntegerField(default=0)),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                (
                    "answers",
                    models.BigIntegerField(default=0, help_text="Answers of which at least one product was seen."),
                ),
                ("impressions", models.BigIntegerField(default=0)),
                ("clicks", models.BigIntegerField(default=0)),
                ("adds", models.BigIntegerField(default=0)),
                ("orders", models.BigIntegerField(default=0, help_text="Order lines that are due to it.")),
                ("revenue", models.DecimalField(decimal_places=6, default=0, max_digits=18)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "placement", "variant", "model_run", "currency"),
                        name="recommendations_earning_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Feedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recommendation", models.BinaryField(help_text="The nonce in the answer's id.", max_length=12)),
                ("kind", models.SmallIntegerField(choices=[(0, "Impression"), (1, "Click"), (2, "Add"), (3, "Order")])),
                ("product_id", models.TextField()),
                ("order_id", models.TextField(blank=True, default="")),
                ("placement", models.TextField(help_text="Key of the placement, or `api:<strategy>` without one.")),
                ("variant", models.TextField(blank=True, default="")),
                ("model_run", models.IntegerField(default=0, help_text="0: none was live.")),
                ("identifier_id", models.BigIntegerField(help_text="Who it was, where that may be kept.", null=True)),
                (
                    "amount",
                    models.DecimalField(decimal_places=6, help_text="Of an order's lines.", max_digits=18, null=True),
                ),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("served_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("identifier_id__isnull", False), ("kind__in", [1, 2])),
                        fields=["identifier_id", "at"],
                        name="recommendations_feedback_who",
                    ),
                    models.Index(fields=["at"], name="recommendations_feedback_at"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("recommendation", "kind", "product_id", "order_id"),
                        name="recommendations_feedback_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Placement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(help_text="What the API and the script tag name, e.g. home-top.", unique=True),
                ),
                ("name", models.TextField()),
                ("kind", models.TextField(default="custom")),
                (
                    "title",
                    models.TextField(
                        blank=True, default="", help_text="A heading for customers, e.g. “Picked for you”."
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("strategies", models.JSONField(default=list)),
                ("mode", models.TextField(default="blend")),
                ("fallbacks", models.JSONField(default=list)),
                ("n", models.SmallIntegerField(default=8)),
                ("filters", models.JSONField(blank=True, default=dict)),
                ("caps", models.JSONField(blank=True, default=dict)),
                ("boosts", models.JSONField(blank=True, default=list)),
                ("diversity", models.FloatField(default=0.0)),
                ("exploration", models.FloatField(default=0.0)),
                ("holdout", models.FloatField(default=0.0)),
                ("holdout_shows", models.TextField(default="popular")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("n__gte", 1), ("n__lte", 50)), name="recommendations_placement_n"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("diversity__gte", 0),
                            ("diversity__lte", 1),
                            ("exploration__gte", 0),
                            ("exploration__lte", 1),
                            ("holdout__gte", 0),
                            ("holdout__lte", 1),
                        ),
                        name="recommendations_placement_shares",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShownProduct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("product_id", models.TextField()),
                ("impressions", models.BigIntegerField(default=0)),
                ("clicks", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "product_id"), name="recommendations_shown_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="PlacementRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.TextField(choices=[("pin", "Pin"), ("exclude", "Exclude")])),
                (
                    "target",
                    models.TextField(
                        choices=[("product", "Product"), ("category", "Category"), ("brand", "Brand")],
                        default="product",
                    ),
                ),
                ("value", models.TextField(help_text="The product's id, or the name of the category or brand.")),
                (
                    "position",
                    models.SmallIntegerField(default=0, help_text="Of a pin, from 1; 0 = before what was found."),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "segment",
                    models.TextField(blank=True, default="", help_text="Only for members of this segment (its slug)."),
                ),
                ("note", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "placement",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules",
                        to="recommendations.placement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", "pin"), _negated=True), ("target", "product"), _connector="OR"
                        ),
                        name="recommendations_pin_a_product",
                    )
                ],
            },
        ),
    ]
