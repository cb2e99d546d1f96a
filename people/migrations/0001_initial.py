"""Computed traits, and reads by server keys."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ComputedTrait",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.TextField(
                        help_text="What programs call it: small letters, digits and _, for example favorite_category.",
                        unique=True,
                    ),
                ),
                ("label", models.TextField(help_text="What people call it.")),
                (
                    "description",
                    models.TextField(blank=True, default="", help_text="What it says, for whoever meets it."),
                ),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("count", "how many"),
                            ("sum", "sum of a property"),
                            ("average", "average of a property"),
                            ("minimum", "least of a property"),
                            ("maximum", "most of a property"),
                            ("first", "first value of a property, or first time"),
                            ("last", "last value of a property, or last time"),
                            ("most_frequent", "most frequent value of a property"),
                            ("distinct", "how many different values of a property"),
                            ("list", "the last different values of a property"),
                            ("days_since_last", "whole days since the last one"),
                            ("sessions", "sessions: runs of any events with less than 30 minutes between them"),
                        ],
                        default="count",
                    ),
                ),
                (
                    "over",
                    models.TextField(
                        choices=[("events", "events"), ("orders", "orders")],
                        default="events",
                        help_text="Orders are those placed and not cancelled, with revenue, refunded, net_revenue, currency, country.",
                    ),
                ),
                ("event", models.TextField(blank=True, default="", help_text="The name of the events it is about.")),
                (
                    "property",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Which property of them, for example category, or products.category in a list.",
                    ),
                ),
                (
                    "by_currency",
                    models.BooleanField(
                        default=False,
                        help_text="For amounts: one value a currency, since euros and dollars cannot be added.",
                    ),
                ),
                (
                    "filters",
                    models.JSONField(
                        blank=True, default=dict, help_text="Only those whose properties equal these: {property: text}."
                    ),
                ),
                (
                    "window_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Only the last so many days; empty = all time.", null=True
                    ),
                ),
                (
                    "how_many",
                    models.PositiveSmallIntegerField(default=5, help_text="The length of a list of last values."),
                ),
                ("enabled", models.BooleanField(default=True, help_text="Off: it is neither computed nor shown.")),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "^[a-z][a-z0-9_]{0,63}$")),
                        name="people_trait_name_for_programs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "count",
                                    "sum",
                                    "average",
                                    "minimum",
                                    "maximum",
                                    "first",
                                    "last",
                                    "most_frequent",
                                    "distinct",
                                    "list",
                                    "days_since_last",
                                    "sessions",
                                ],
                            )
                        ),
                        name="people_trait_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("window_days", None),
                            models.Q(("window_days__gte", 1), ("window_days__lte", 3650)),
                            _connector="OR",
                        ),
                        name="people_trait_window_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("how_many__gte", 1), ("how_many__lte", 50)),
                        name="people_trait_list_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("over", "orders"),
                            ("kind", "sessions"),
                            models.Q(("event", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="people_trait_names_its_events",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeyReads",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key_id", models.BigIntegerField(help_text="The server key (cdp.access).")),
                ("day", models.DateField()),
                ("reads", models.BigIntegerField(default=0)),
                ("last_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name_plural": "reads by server keys",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("reads__gte", 0)), name="people_reads_counted")
                ],
            },
        ),
    ]
