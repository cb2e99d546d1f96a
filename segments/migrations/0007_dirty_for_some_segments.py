"""A dirty profile says for which segments: only rules that look at what changed are asked."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0006_audit_runs")]

    operations = [
        migrations.AddField(
            model_name="dirtyprofile",
            name="segment_ids",
            field=ArrayField(models.BigIntegerField(), null=True, help_text="For which segments; null: for every one."),
        ),
    ]
