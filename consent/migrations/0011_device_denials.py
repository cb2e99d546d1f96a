"""The latest denial that each device sent along, beside the ledger, which has a line a change."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0010_open_tracking_asks_the_owner")]

    operations = [
        migrations.CreateModel(
            name="DeviceDenial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier_id", models.BigIntegerField()),
                ("method", models.TextField(help_text="context, gpc or tcf.")),
                ("denied_at", models.DateTimeField()),
                ("source_id", models.BigIntegerField(null=True)),
                ("proof_id", models.BigIntegerField(null=True)),
                (
                    "purpose",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="consent.purpose",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["identifier_id", "purpose", "method"], name="consent_device_denial_once"
                    )
                ],
            },
        ),
    ]
