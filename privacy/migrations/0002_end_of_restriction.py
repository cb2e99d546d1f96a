"""A request may end a restriction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the kind `unrestrict`."""

    dependencies = [("privacy", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="request",
            name="kind",
            field=models.TextField(
                choices=[
                    ("access", "Access and portability"),
                    ("rectify", "Rectification"),
                    ("erase", "Erasure"),
                    ("restrict", "Restriction"),
                    ("unrestrict", "End of a restriction"),
                    ("object", "Objection"),
                    ("opt_out", "Opt out of sale and sharing"),
                ]
            ),
        ),
    ]
