"""Of how many answers something was clicked or added: what shares of answers are compared by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0002_placements_and_feedback"),
    ]

    operations = [
        migrations.AddField(
            model_name="earning",
            name="clicked",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="Of the answers: at least one product was clicked."
            ),
        ),
        migrations.AddField(
            model_name="earning",
            name="added",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="Of the answers: at least one product was put into the cart."
            ),
        ),
    ]
