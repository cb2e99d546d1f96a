"""Computed traits take conditions in the language of segments."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_reads_with_an_id"),
    ]

    operations = [
        migrations.AddField(
            model_name="computedtrait",
            name="where",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Only those that meet all of these, in the language of segments: [{property, is, value}].",
            ),
        ),
    ]
