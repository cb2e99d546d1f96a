"""An order's credits are found by its id: each time it is folded anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0004_answers_that_sold_something"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="feedback",
            index=models.Index(
                fields=["order_id"],
                condition=models.Q(kind=3),
                name="recommendations_feedback_order",
            ),
        ),
    ]
