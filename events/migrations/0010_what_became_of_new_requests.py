"""The newest events are summarized as they come: else each look at what became of a request reads all since vacuum."""

import django.contrib.postgres.indexes
from django.db import migrations

INDEX = django.contrib.postgres.indexes.BrinIndex(
    django.contrib.postgres.indexes.OpClass("inbox_id", name="int8_minmax_multi_ops"),
    name="events_event_inbox",
    pages_per_range=16,
    autosummarize=True,
)


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0009_resolved_somehow"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER INDEX events_event_inbox SET (autosummarize = on)",
            "ALTER INDEX events_event_inbox RESET (autosummarize)",
            state_operations=[
                migrations.RemoveIndex(model_name="event", name="events_event_inbox"),
                migrations.AddIndex(model_name="event", index=INDEX),
            ],
        ),
    ]
