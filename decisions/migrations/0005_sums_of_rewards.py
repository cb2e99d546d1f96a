"""What the rewarded exposures of an hour were worth is called their total."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_orders_reward")]

    operations = [
        migrations.RenameField("BanditHour", "value", "total"),
        migrations.AlterField(
            "BanditHour",
            "total",
            models.FloatField(default=0.0, help_text="Sum of what the ripe ones were worth."),
        ),
        migrations.AlterField("BanditHour", "squares", models.FloatField(default=0.0, help_text="Sum of its squares.")),
    ]
