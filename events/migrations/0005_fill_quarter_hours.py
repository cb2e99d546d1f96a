"""Counts the events that are stored already, once: one read of the log."""

from django.db import migrations

FILL = """
INSERT INTO events_quarterhour (starts_at, source_id, events)
SELECT date_bin('15 minutes', occurred_at, '2000-01-01 00:00+00'), source_id, count(*) FROM events_event GROUP BY 1, 2
ON CONFLICT (starts_at, source_id) DO UPDATE SET events = excluded.events
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0004_quarter_hours")]

    operations = [migrations.RunSQL(FILL, "DELETE FROM events_quarterhour")]
