"""What a segment is activated for; those that are there are for none, until staff say so."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0002_membership_left"),
        ("consent", "0006_shipped_purposes_by_regime"),
    ]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="purpose",
            field=models.ForeignKey(
                blank=True,
                help_text="What is done with it. Whoever does not allow this is in it all the same, and is not acted"
                " upon. Empty: nothing is.",
                limit_choices_to=models.Q(("code", "processing"), _negated=True),
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.purpose",
            ),
        ),
    ]
