"""Conflicts are found by their request: the live view asks every second."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0011_say_when_both_lists_count")]

    operations = [
        migrations.AddIndex("messageconflict", models.Index(fields=["inbox_id"], name="events_conflict_inbox"))
    ]
