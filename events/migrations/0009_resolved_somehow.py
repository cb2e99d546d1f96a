"""What became of a rejected item: resolved means somehow resolved, sent again means once; counts by reason are cheap."""

import django.contrib.postgres.indexes
from django.db import migrations, models

# Items replayed before it was noted how they were resolved.
TELL = "UPDATE events_rejectedevent SET resolution = 'replayed' WHERE resolved_at IS NOT NULL AND resolution = ''"


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0008_depth_of_ingest"),
    ]

    operations = [
        migrations.AddField(
            model_name="rejectedevent",
            name="name",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="The event's name, where it has one."
            ),
        ),
        migrations.AddField(
            model_name="rejectedevent",
            name="note",
            field=models.TextField(blank=True, db_default="", default="", help_text="Why it was dismissed."),
        ),
        migrations.RunSQL(TELL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="rejectedevent",
            index=models.Index(
                condition=models.Q(("resolved_at__isnull", True)),
                fields=["source_id", "stage", "reason", "name"],
                name="events_rejected_groups",
            ),
        ),
        migrations.AddIndex(
            model_name="rejectedevent",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["rejected_at"], name="events_rejected_time"),
        ),
        migrations.AddConstraint(
            model_name="rejectedevent",
            constraint=models.UniqueConstraint(fields=("replayed_as_id",), name="events_replayed_once"),
        ),
        migrations.AddConstraint(
            model_name="rejectedevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("replayed_as_id__isnull", True), ("resolution", ""), ("resolved_at__isnull", True)),
                    models.Q(("resolved_at__isnull", False), models.Q(("resolution", ""), _negated=True)),
                    _connector="OR",
                ),
                name="events_rejected_resolved_somehow",
            ),
        ),
    ]
