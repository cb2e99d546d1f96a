"""The row queues of triggers: work over many people in turns, and people who look around."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("automation", "0005_steps_since_and_next")]

    operations = [
        migrations.CreateModel(
            name="TriggerRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("occasion", models.TextField()),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("back_in_stock", "Back In Stock"),
                            ("price_drop", "Price Drop"),
                            ("date_trait", "Date Trait"),
                            ("schedule", "Schedule"),
                        ]
                    ),
                ),
                (
                    "facts",
                    models.JSONField(default=dict, help_text="What was told: the product and its prices, or the day."),
                ),
                (
                    "cursor",
                    models.TextField(blank=True, default="", help_text="Profile id up to which the present pass went."),
                ),
                ("pass_at", models.DateTimeField(null=True, help_text="The instant the present pass asks about.")),
                ("passed_at", models.DateTimeField(null=True, help_text="That of the pass before.")),
                (
                    "next_at",
                    models.DateTimeField(null=True, help_text="The earliest hour to come that the present pass met."),
                ),
                ("due_at", models.DateTimeField()),
                ("entered", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="trigger_runs",
                        to="automation.journey",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["journey", "occasion"], name="automation_trigger_once"),
                    models.CheckConstraint(
                        condition=models.Q(cursor="") | models.Q(pass_at__isnull=False),
                        name="automation_trigger_in_a_pass",
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["due_at"], name="automation_trigger_due", condition=models.Q(done_at__isnull=True)
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Browsing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier_id", models.BigIntegerField(db_index=True)),
                ("since", models.DateTimeField(help_text="Their first look at a product.")),
                ("viewed_at", models.DateTimeField(help_text="Their last.")),
                (
                    "product_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        help_text="What they looked at, the last one last; ten at most.",
                        size=None,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "journey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="automation.journey",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["journey", "identifier_id"], name="automation_browsing_once"),
                    models.CheckConstraint(
                        condition=models.Q(viewed_at__gte=models.F("since")), name="automation_browsing_spans"
                    ),
                ],
                "indexes": [models.Index(fields=["due_at"], name="automation_browsing_due")],
            },
        ),
    ]
