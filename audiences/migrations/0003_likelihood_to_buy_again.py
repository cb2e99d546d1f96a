"""Each refresh keeps how well the likelihood to buy again was measured."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audiences", "0002_whole_people_are_computed_anew"),
    ]

    operations = [
        migrations.AddField(
            model_name="rfmrun",
            name="repeat",
            field=models.JSONField(
                db_default={},
                default=dict,
                help_text="The likelihood to buy again: its state, AUC beside the recency rule's, weights, people.",
            ),
        ),
    ]
