"""When files that an erasure replaced may be deleted: sooner than others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lake", "0002_waiting_and_vacuum")]

    operations = [
        migrations.AddField(
            model_name="laketable",
            name="rid_after",
            field=models.DateTimeField(help_text="When files that an erasure replaced may be deleted.", null=True),
        ),
    ]
