"""Events by the quarter of an hour in which they happened: what charts read instead of the log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0003_events_in_the_lake")]

    operations = [
        migrations.CreateModel(
            "QuarterHour",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "starts_at", "source_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("source_id", models.BigIntegerField()),
                ("events", models.BigIntegerField(default=0)),
            ],
        ),
    ]
