"""People by day, and the index by which a day's events are found to count them."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0005_fill_quarter_hours")]

    operations = [
        migrations.CreateModel(
            "PeopleDay",
            [
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("seen", models.BigIntegerField()),
                ("new", models.BigIntegerField()),
                ("counted_at", models.DateTimeField(help_text="What arrived later is not in it.")),
                (
                    "took_ms",
                    models.IntegerField(
                        help_text="How long counting took: the next count waits a hundred times as long."
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "PeopleDay",
            models.CheckConstraint(
                condition=models.Q(new__gte=0, seen__gte=models.F("new")), name="events_peopleday_new_are_seen"
            ),
        ),
        migrations.AddIndex(
            "Event",
            django.contrib.postgres.indexes.BrinIndex(
                django.contrib.postgres.indexes.OpClass("occurred_at", name="timestamptz_minmax_multi_ops"),
                name="events_event_time",
            ),
        ),
    ]
