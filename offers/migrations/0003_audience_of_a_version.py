"""A version says which segment holds whom it is for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("offers", "0002_price_list_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="offerversion",
            name="audience_slug",
            field=models.TextField(
                blank=True, default="", help_text="The segment that holds whom it is for; empty: everybody."
            ),
        ),
        migrations.AlterField(
            model_name="offer",
            name="submitted_at",
            field=models.DateTimeField(blank=True, help_text="Since when the draft waits for approval.", null=True),
        ),
    ]
