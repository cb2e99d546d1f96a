"""Reads by server keys get an id of their own, so that the admin can list them."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.DeleteModel("KeyReads"),
        migrations.CreateModel(
            name="KeyReads",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_id", models.BigIntegerField(help_text="The server key (cdp.access).")),
                ("day", models.DateField()),
                ("reads", models.BigIntegerField(default=0)),
                ("last_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name_plural": "reads by server keys",
                "constraints": [
                    models.UniqueConstraint(fields=["key_id", "day"], name="people_reads_once"),
                    models.CheckConstraint(condition=models.Q(("reads__gte", 0)), name="people_reads_counted"),
                ],
            },
        ),
    ]
