"""What happens to a cart beside what lies in it: its version, when it was left behind, mailed about, and expired."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("commerce", "0010_variants_by_group")]

    operations = [
        migrations.AlterField(
            "Cart",
            "state",
            models.TextField(
                choices=[("open", "Open"), ("emptied", "Emptied"), ("ordered", "Ordered"), ("expired", "Expired")]
            ),
        ),
        migrations.AddField(
            "Cart",
            "version",
            models.PositiveIntegerField(
                default=1, db_default=1, help_text="Grows whenever what lies in it is stored otherwise than before."
            ),
        ),
        migrations.AddField(
            "Cart",
            "abandoned_at",
            models.DateTimeField(null=True, blank=True, help_text="Since when it counts as left behind."),
        ),
        migrations.AddField(
            "Cart",
            "mailed_at",
            models.DateTimeField(null=True, blank=True, help_text="When a mail about it last went out."),
        ),
        migrations.AddField(
            "Cart",
            "unmailed_reason",
            models.TextField(
                blank=True,
                default="",
                db_default="",
                help_text="Why nobody was written to about it: a code of automation's.",
            ),
        ),
        migrations.AddConstraint(
            "Cart", models.CheckConstraint(condition=models.Q(version__gte=1), name="commerce_cart_version_counts")
        ),
        migrations.AddConstraint(
            "Cart",
            models.CheckConstraint(
                condition=~models.Q(state="expired") | models.Q(abandoned_at__isnull=False),
                name="commerce_cart_expired_was_abandoned",
            ),
        ),
        migrations.AddIndex(
            "Cart",
            models.Index(fields=["last_activity_at"], name="commerce_cart_open", condition=models.Q(state="open")),
        ),
        migrations.AddIndex(
            "Cart",
            models.Index(
                fields=["last_activity_at"],
                name="commerce_cart_in_use",
                condition=models.Q(state="open", abandoned_at__isnull=True),
            ),
        ),
    ]
