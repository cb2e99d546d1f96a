"""Who was ever given what of a profile; two secrets while one is changed; peace for who cannot be reached."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recipients", "0001_initial")]

    operations = [
        migrations.AddField(
            "recipient",
            "previous_secret",
            models.TextField(blank=True, default="", db_default="", help_text="Signs, too, until its end."),
        ),
        migrations.AddField("recipient", "previous_until", models.DateTimeField(null=True, blank=True)),
        migrations.AddField(
            "recipient",
            "failures",
            models.PositiveIntegerField(default=0, db_default=0, help_text="In a row, of reaching it at all."),
        ),
        migrations.AddField(
            "recipient",
            "quiet_until",
            models.DateTimeField(null=True, blank=True, help_text="Left alone until then, after a failure."),
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("profile_id", models.UUIDField(help_text="As the recipient was told it.")),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        default=list,
                        help_text="Which of its fields were ever sent.",
                        size=None,
                    ),
                ),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("times", models.BigIntegerField(default=1)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="recipients.recipient",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("profile_id", "recipient"), name="recipients_disclosed_once")
                ],
            },
        ),
    ]
