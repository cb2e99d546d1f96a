"""When rows began to wait for the next flush, and when unneeded files were last deleted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lake", "0001_erased_rows_and_tables")]

    operations = [
        migrations.AddField(
            "laketable",
            "waiting_since",
            models.DateTimeField(help_text="When rows were first seen waiting for the next flush.", null=True),
        ),
        migrations.AddField("laketable", "vacuumed_at", models.DateTimeField(null=True)),
    ]
