"""Which segments a recipient hears of."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recipients", "0003_due_by_recipient"),
    ]

    operations = [
        migrations.AddField(
            model_name="recipient",
            name="segments",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                db_default=[],
                default=list,
                help_text="Ids of the segments it hears of; none: every one.",
                size=None,
            ),
        ),
    ]
