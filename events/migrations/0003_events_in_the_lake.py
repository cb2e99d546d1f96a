"""Events carry the transaction that stored them, and deleted ones are noted: what the lake follows."""

from django.db import migrations, models

import lake.fields


class Migration(migrations.Migration):
    dependencies = [("events", "0002_inbox_storage_and_event_ids"), ("lake", "0001_erased_rows_and_tables")]

    operations = [
        migrations.AddField("event", "xid", lake.fields.XidField(db_default=lake.fields.CurrentXid(), editable=False)),
        migrations.AddIndex("event", models.Index(fields=["xid"], name="events_event_lake")),
        migrations.RunSQL(
            """CREATE TRIGGER events_event_erased AFTER DELETE ON events_event REFERENCING OLD TABLE AS before
            FOR EACH STATEMENT EXECUTE FUNCTION lake_note_erased('events')""",
            "DROP TRIGGER events_event_erased ON events_event",
        ),
    ]
