"""Who was merged or split is computed anew in every trait, others only in those that rules ask."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0001_audiences_from_the_lake"),
    ]

    operations = [
        migrations.AddField(
            model_name="staleprofile",
            name="is_whole",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Merged or split: every trait is computed anew, not only watched ones.",
            ),
        ),
    ]
