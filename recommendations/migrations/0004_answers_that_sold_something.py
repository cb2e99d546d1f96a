"""Of how many answers something was bought."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0003_answers_that_did_something"),
    ]

    operations = [
        migrations.AddField(
            model_name="earning",
            name="ordered",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="Of the answers: at least one product was bought."
            ),
        ),
    ]
