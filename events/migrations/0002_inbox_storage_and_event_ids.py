"""The inbox keeps bodies uncompressed (pglz would cost more than it saves), and events get their ids in contiguous blocks."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE events_inbox ALTER COLUMN body SET STORAGE EXTERNAL",
                # Every row is updated twice and then rests: dead rows are cleared early, or claims would wade through them.
                "ALTER TABLE events_inbox SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)",
                "CREATE SEQUENCE events_event_block AS bigint",
            ],
            [
                "DROP SEQUENCE events_event_block",
                "ALTER TABLE events_inbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)",
                "ALTER TABLE events_inbox ALTER COLUMN body SET STORAGE EXTENDED",
            ],
        ),
    ]
