"""Each product of an order is credited once, orders and nothing else name one; what is kept of a person is found by
the person, impressions too: erasing read the whole table for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0005_feedback_of_orders"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.UniqueConstraint(
                fields=["order_id", "product_id"],
                condition=models.Q(kind=3),
                name="recommendations_feedback_credited_once",
            ),
        ),
        migrations.RemoveIndex(model_name="feedback", name="recommendations_feedback_order"),
        migrations.AddConstraint(
            model_name="feedback",
            constraint=models.CheckConstraint(
                condition=models.Q(kind=3) & ~models.Q(order_id="") | ~models.Q(kind=3) & models.Q(order_id=""),
                name="recommendations_feedback_of_an_order",
            ),
        ),
        migrations.RemoveIndex(model_name="feedback", name="recommendations_feedback_who"),
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                fields=["identifier_id", "at"],
                condition=models.Q(identifier_id__isnull=False),
                name="recommendations_feedback_who",
            ),
        ),
    ]
