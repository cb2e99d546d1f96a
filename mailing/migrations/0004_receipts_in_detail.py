"""Receipts say which link and, for some hours, which network; mail that came in is counted."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mailing", "0003_pace_marks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Intake",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "kind",
                    models.TextField(
                        help_text="bounced, delayed, complained, … ; unknown: of no mail of ours; other: no report."
                    ),
                ),
                ("count", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="receipt",
            name="link",
            field=models.PositiveIntegerField(
                blank=True, help_text="Of clicks: which link, the first is 0.", null=True
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="network",
            field=models.BinaryField(
                blank=True,
                help_text="Hash of the network it came from; emptied within hours.",
                max_length=16,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="receipt",
            name="message",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="receipts",
                to="mailing.message",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                condition=models.Q(("kind__in", ["opened", "clicked"]), ("who", "")),
                fields=["at"],
                name="mailing_receipt_unsettled",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                condition=models.Q(("network__isnull", False)), fields=["network", "at"], name="mailing_receipt_network"
            ),
        ),
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.UniqueConstraint(fields=("day", "kind"), name="mailing_intake_once"),
        ),
    ]
