"""Results of experiments, a row an instant they were computed for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0002_a_life_of_their_own")]

    operations = [
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "segments",
                    models.JSONField(
                        db_default=[], default=list, help_text="Slugs of the segments it was looked at by."
                    ),
                ),
                ("body", models.JSONField()),
                ("seconds", models.FloatField(db_default=0.0, default=0.0)),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="experiments.experiment",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("experiment", "at"), name="experiments_result_once")]
            },
        ),
    ]
