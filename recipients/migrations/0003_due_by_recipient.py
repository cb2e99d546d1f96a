"""Serves the claim: what each recipient is due, so that a long queue of one delays nobody else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recipients", "0002_disclosures_rotation_and_quiet")]

    operations = [
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["recipient", "next_at"],
                name="recipients_delivery_claim",
                condition=models.Q(state="waiting"),
            ),
        ),
        migrations.RemoveIndex("delivery", "recipients_delivery_due"),
    ]
