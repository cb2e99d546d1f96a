"""The index from which charts sum orders and revenue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("commerce", "0004_commerce_in_the_lake")]

    operations = [
        migrations.AddIndex(
            "Order",
            models.Index(
                fields=["placed_at"],
                include=["status", "currency", "revenue", "refunded"],
                condition=models.Q(placed_at__isnull=False),
                name="commerce_order_figures",
            ),
        ),
    ]
