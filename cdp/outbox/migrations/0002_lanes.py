"""Deliveries of imports and replays get a lane of their own, so that they never delay those of live events."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="delivery",
            name="outbox_delivery_open",
        ),
        migrations.AddField(
            model_name="delivery",
            name="lane",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "Live"), (1, "Bulk: imports and replays, which never delay live ones")],
                db_default=0,
                default=0,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True), ("parked_at__isnull", True)),
                fields=["consumer", "lane", "id"],
                name="outbox_delivery_open",
            ),
        ),
    ]
