"""The index by which the variants of a product are found."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("commerce", "0009_price_and_stock_history")]

    operations = [
        migrations.AddIndex(
            "Product",
            models.Index(fields=["group_id"], condition=~Q(group_id=""), name="commerce_product_group"),
        ),
    ]
