"""Where the line of those that wait for a domain ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailing", "0004_receipts_in_detail")]

    operations = [
        migrations.AddField(model_name="pacemark", name="line", field=models.DateTimeField(null=True)),
    ]
