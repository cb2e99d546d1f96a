"""A withdrawal written because staff separated two people names the separation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_shipped_purposes")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="separation_id",
            field=models.BigIntegerField(
                null=True, help_text="The separation of people by staff that carried a refusal to both sides."
            ),
        ),
    ]
