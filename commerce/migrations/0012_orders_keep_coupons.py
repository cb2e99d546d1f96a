"""Orders keep the coupon and the reservations of offers that they name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("commerce", "0011_carts_have_a_story")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="coupon",
            field=models.TextField(blank=True, default="", db_default="", help_text="Codes, several between commas."),
        ),
        migrations.AddField(
            model_name="order",
            name="coupon_is_trusted",
            field=models.BooleanField(default=False, db_default=False, help_text="A server told of the coupon."),
        ),
        migrations.AddField(
            model_name="order",
            name="redemptions",
            field=models.JSONField(
                default=list,
                db_default=[],
                blank=True,
                help_text="Ids of reservations of offers it redeems.",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="cancel_is_trusted",
            field=models.BooleanField(default=False, db_default=False, help_text="A server said it is cancelled."),
        ),
    ]
