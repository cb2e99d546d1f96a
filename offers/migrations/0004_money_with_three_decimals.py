"""Budgets and uses in thousandths: dinars have three decimals."""

from typing import Any

from django.db import migrations, models

MONEY: Any = {"max_digits": 15, "decimal_places": 3}


class Migration(migrations.Migration):
    dependencies = [("offers", "0003_audience_of_a_version")]

    operations = [
        migrations.AlterField("budget", "money_limit", models.DecimalField(blank=True, null=True, **MONEY)),
        migrations.AlterField("budget", "money_used", models.DecimalField(db_default=0, default=0, **MONEY)),
        migrations.AlterField(
            "redemption",
            "money",
            models.DecimalField(default=0, help_text="What it costs of the budget.", **MONEY),
        ),
    ]
