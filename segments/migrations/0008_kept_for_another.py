"""Segments that an offer or a placement keeps for itself."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0011_device_denials"),
        ("segments", "0007_dirty_for_some_segments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="used_for",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="What keeps it for itself, e.g. `offer:summer`: such a segment is in no list and is edited there.",
            ),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("used_for", ""), _negated=True),
                fields=("used_for",),
                name="segments_one_for_each_use",
            ),
        ),
    ]
