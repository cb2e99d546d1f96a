"""The index by which a segment's page counts who left by day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "Membership",
            models.Index(
                fields=["segment", "left_at"],
                condition=models.Q(left_at__isnull=False),
                name="segments_membership_left",
            ),
        ),
    ]
